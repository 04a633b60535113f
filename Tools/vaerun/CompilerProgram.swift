import Foundation

/// The compiler that is installed beside this program.
enum CompilerProgram {
  /// Where it has to be.
  static var path: String {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return program.deletingLastPathComponent().appendingPathComponent("vaec").path
  }

  /// Runs it, its messages on this program's own streams; true where it succeeded.
  /// - Parameters:
  ///   - quietly: prints its errors alone.
  ///   - errors: takes the errors instead.
  /// - Throws: where it cannot be run at all.
  static func run(_ arguments: [String], quietly: Bool = false, errors: FileHandle? = nil) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if quietly { process.standardOutput = FileHandle.nullDevice }
    if let errors { process.standardError = errors }
    try process.run()
    process.waitUntilExit()
    return process.terminationReason == .exit && process.terminationStatus == 0
  }
}
