import Artifact
import CommandLineTable
import Lowering

/// `vaec peak`: the library that measures the machine.
enum PeakCommand {
  private static let output = Option(
    "output", short: "o", .text("FILE"), help: "the file to write", value: "build/peak.so")

  static let command = Command(
    "peak", summary: "writes a library that measures the machine's peak",
    details: [
      "'vaerun bench' calls it: loops of multiply-adds in registers and of a stream through memory, which the speed of "
        + "models is held against."
    ],
    options: [output, VaecCommands.cpu],
    examples: [Example("vaec peak -o peak.so", "for this machine")])

  static func run(_ invocation: Invocation) throws {
    let cpu = invocation[VaecCommands.cpu] ?? "host"
    guard let target = TargetSelection.target(cpu) else { throw CommandError.unknownTarget(cpu) }
    try TemporaryFolder.forAll {
      try MachineProbe.write(for: target, to: invocation[output] ?? "build/peak.so")
    }
  }
}
