import Artifact
import CommandLineTable
import Foundation

/// `vaec` and `vaerun`, which lie beside this program.
struct Programs: Sendable {
  let folder: String

  init() throws {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    folder = own.deletingLastPathComponent().path
    for name in ["vaec", "vaerun"] where !FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
      throw UsageError("\(name) is not beside this program", "build the package, or run Tools/experiments")
    }
  }

  /// How a command ended.
  struct Outcome {
    let output: Data
    let status: Int32
  }

  /// Runs a command whose output is wanted; its messages go to the standard error.
  func output(_ command: [String], quietly: Bool = false) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(folder)/\(command[0])")
    process.arguments = Array(command.dropFirst())
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    if quietly { process.standardError = FileHandle.nullDevice }
    try process.run()
    Children.add(process.processIdentifier)
    defer { Children.remove(process.processIdentifier) }
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Outcome(output: output, status: status)
  }

  /// Runs a command that has to succeed.
  /// - Returns: what it printed.
  @discardableResult
  func run(_ command: [String]) throws -> Data {
    let outcome = try output(command)
    guard outcome.status == 0 else { throw CommandFailure(command: command, status: outcome.status) }
    return outcome.output
  }

  /// Whether the data set is found.
  func has(_ data: ExperimentData) -> Bool {
    (try? output(["vaerun", "data", "info", data.rawValue], quietly: true))?.status == 0
  }
}

/// A command that ended with an error, about which it has said everything itself.
struct CommandFailure: Error, CustomStringConvertible {
  let command: [String]
  let status: Int32

  var description: String {
    let what = shellLine(command)
    return status == 130 || status < 0
      ? "stopped at '\(what)': the same command goes on from there"
      : "'\(what)' failed with the status \(status)"
  }
}

/// A command as a shell takes it.
func shellLine(_ command: [String]) -> String {
  command.map { word in
    let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,+%".contains($0) }
    return isPlain ? word : "'\(word)'"
  }.joined(separator: " ")
}
