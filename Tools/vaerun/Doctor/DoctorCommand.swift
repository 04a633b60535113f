import CommandLineTable
import Foundation

/// `vaerun doctor`: what this machine has and lacks for vaec and vaerun.
enum DoctorCommand {
  static let command = Command(
    "doctor", summary: "checks what this machine has for compiling and training",
    details: [
      "Each line says 'ok', 'missing' or 'absent', what was found or where it was looked for, and for what is not there how to "
        + "get it. Missing is what compiling or training needs; absent is what only some commands would use.",
      "Ends with status 1 where something is missing, with 0 otherwise. It changes nothing.",
    ],
    options: [DataOptions.folder, CommonOptions.json],
    examples: [
      Example("vaerun doctor", "before the first model, or where something does not work"),
      Example("vaerun doctor --json", "for a report of an error"),
    ])

  static func run(_ invocation: Invocation) throws -> ExitStatus {
    let findings =
      MachineChecks.all + LibraryChecks.all + ProgramChecks.all
      + PlaceChecks.all(dataFolder: invocation[DataOptions.folder])
    if invocation[CommonOptions.json] {
      try Terminal.say(json: findings)
    } else {
      let width = findings.map(\.name.count).max() ?? 0
      for finding in findings {
        let name = finding.name.padding(toLength: width + 2, withPad: " ", startingAt: 0)
        Terminal.say(
          finding.state.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0) + name + finding.text)
      }
    }
    return findings.contains { $0.state == .missing } ? .mistake : .success
  }
}

/// One thing that was looked for.
struct Finding: Encodable {
  enum State: String, Encodable {
    case ok
    /// Compiling or training needs it.
    case missing
    /// Only some commands would use it.
    case absent
  }

  let name: String
  let state: State
  /// What was found, or where it was looked for.
  let found: String
  /// What to do where it is not there.
  let remedy: String?

  var text: String { printable(found + (remedy.map { ": \($0)" } ?? "")) }

  static func ok(_ name: String, _ found: String) -> Finding {
    Finding(name: name, state: .ok, found: found, remedy: nil)
  }

  static func missing(_ name: String, _ found: String, remedy: String) -> Finding {
    Finding(name: name, state: .missing, found: found, remedy: remedy)
  }

  static func absent(_ name: String, _ found: String, remedy: String) -> Finding {
    Finding(name: name, state: .absent, found: found, remedy: remedy)
  }
}
