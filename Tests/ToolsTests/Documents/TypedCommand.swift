import Foundation

/// A command as a person types it into a shell, in a folder that is their home too.
struct TypedCommand {
  private let command: String
  private let folder: String

  init(_ command: String, in folder: String) {
    self.command = command
    self.folder = folder
  }

  private var environment: [String: String] {
    let tools = URL(fileURLWithPath: ProgramRun.path(of: "vaec")).deletingLastPathComponent().path
    return ["PATH": tools + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
  }

  /// Runs it, and says in what its output or its status is not what is shown; nil where all is. Where an error is shown, the
  /// command has to fail.
  func problem(shown: [String]?) throws -> String? {
    if let shown, let key = shown.firstIndex(of: "^C") {
      return try interrupted(before: Array(shown[..<key]), after: Array(shown[(key + 1)...]))
    }
    let run = try ProgramRun(
      "/bin/bash", ["-c", "{ \(command)\n} 2>&1"], in: folder, environment: environment)
    let fails = shown?.contains { $0.contains("error: ") } == true
    if (run.status != 0) != fails { return "status \(run.status):\n\(run.output)" }
    return shown.flatMap { ShownOutput($0).difference(from: run.output) }
  }

  /// Sends SIGINT when what stands before the key is printed.
  private func interrupted(before: [String], after: [String]) throws -> String? {
    let path = folder + "/.typed"
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "exec \(command) >\(path) 2>&1"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .merging(["HOME": folder]) { $1 }
    try process.run()
    func printed() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
    let deadline = Date(timeIntervalSinceNow: 60)
    while process.isRunning, Date() < deadline, !ShownOutput(before).isPrefix(of: try printed()) {
      Thread.sleep(forTimeInterval: 0.02)
    }
    let isThere = ShownOutput(before).isPrefix(of: try printed())
    if process.isRunning { kill(process.processIdentifier, isThere ? SIGINT : SIGKILL) }
    process.waitUntilExit()
    if !isThere { return "before ^C was printed:\n\(try printed())" }
    if process.terminationStatus != 130 { return "status \(process.terminationStatus) after ^C" }
    return ShownOutput(before + after).difference(from: try printed())
  }
}
