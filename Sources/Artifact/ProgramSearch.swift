import Dispatch
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

  /// Runs a program to its end.
  ///
  /// - Returns: its exit status and what it printed, standard output and error together.
  /// - Throws: where it cannot be run.
  public static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    // `waitUntilExit` looks for the end every 50 ms only.
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    ended.wait()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
