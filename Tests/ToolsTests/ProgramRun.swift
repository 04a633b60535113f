import Foundation
import Testing

/// A program that was run to its end.
struct ProgramRun {
  let status: Int32
  let output: String
  let errors: String

  /// No program may run longer, in seconds; then it is killed.
  static let longest = 300.0

  /// Runs a program in a folder. What it writes goes through files, so that no pipe can fill up.
  /// - Parameter columns: gives it a terminal of this width as its standard output
  init(
    _ path: String, _ arguments: [String], in folder: String, environment given: [String: String] = [:],
    columns: UInt16? = nil
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    // What a user may have set must not decide what a test sees: data sets come from nowhere but the command line.
    let own = ["VAEC_DATA_DIR", "VAEC_CACHE_DIR", "XDG_CACHE_HOME", "OMP_NUM_THREADS", "OMP_THREAD_LIMIT"]
    process.environment = ProcessInfo.processInfo.environment.filter { !own.contains($0.key) }
      .merging(["HOME": folder], uniquingKeysWith: { _, new in new })
      .merging(given, uniquingKeysWith: { _, new in new })
    let stem = folder + "/.\(UUID().uuidString)"
    let files = [stem + ".out", stem + ".err"]
    for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
    defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
    let terminal = try columns.map { try PseudoTerminal(columns: $0) }
    process.standardOutput = try terminal?.programEnd() ?? FileHandle(forWritingAtPath: files[0])
    process.standardError = FileHandle(forWritingAtPath: files[1])
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Only the number: a canceled item lives until its time, and with the process it would hold two open files.
    let child = process.processIdentifier
    let killer = DispatchWorkItem { kill(child, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.longest, execute: killer)
    defer { killer.cancel() }
    let shown = terminal?.readToEnd()
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    output = try shown ?? String(contentsOfFile: files[0], encoding: .utf8)
    errors = try String(contentsOfFile: files[1], encoding: .utf8)
  }

  /// Where one of the package's own programs is.
  static func path(of name: String) -> String {
    let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    return beside.appendingPathComponent(name).path
  }

  /// Runs one of the package's own programs, which are built beside the tests.
  static func tool(
    _ name: String, _ line: String, in folder: String, environment: [String: String] = [:],
    columns: UInt16? = nil
  ) throws -> ProgramRun {
    let path = path(of: name)
    try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is not built")
    return try ProgramRun(
      path, line.split(separator: " ").map(String.init), in: folder, environment: environment, columns: columns)
  }
}

/// Gives `body` a fresh folder and removes it afterwards.
func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}
