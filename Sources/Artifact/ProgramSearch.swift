import Foundation

/// Programs of the machine that this package calls.
public enum ProgramSearch {
  /// The linkers that will do, in the order in which they are tried.
  public static let linkers = ["ld.lld", "ld", "lld"]

  /// The path of a program on the PATH or, where that is told to be short, in the usual folders.
  public static func find(_ name: String, path: String? = ProcessInfo.processInfo.environment["PATH"])
    -> String?
  {
    let folders = (path ?? "").split(separator: ":").map(String.init) + ["/usr/bin", "/usr/local/bin"]
    return folders.map { $0 + "/" + name }.first { file in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) && !isFolder.boolValue
        && FileManager.default.isExecutableFile(atPath: file)
    }
  }

  /// What a program prints when it is run with these arguments, standard output and error together.
  /// - Returns: nil where it cannot be run or fails.
  public static func output(of program: String, _ arguments: [String]) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }
}
