import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import IR
import LLVM
import Lowering
import Passes

/// The commands of `vaec`: one table, from which parsing and help derive, and what each does.
package enum VaecCommands {
  package static let table = CommandTable(
    program: "vaec", version: PackageVersion.current,
    summary: "compiles autoencoders from a text language to native code",
    commands: [
      NewCommand.command, CheckCommand.command, FormatCommand.command,
      CompileCommand.command, SummaryCommand.command, IRCommand.command, OptCommand.command,
      PlanCommand.command, PeakCommand.command, passes, ops,
    ],
    examples: [
      Example(
        "vaec compile Models/convvae.vdl", "makes build/convvae/ with shared object, header and manifest"),
      Example("vaec ir Models/convvae.vdl --after fuse-convolution", "shows the program after a pass"),
    ],
    environment: [
      EnvironmentVariable("PATH", "where the linker (ld.lld or ld) and Graphviz's dot are looked for"),
      EnvironmentVariable("TMPDIR", "where the object file lies until it is linked"),
      EnvironmentVariable("VAEC_CACHE_DIR", "what --tune has measured is kept there, in place of the next"),
      EnvironmentVariable("XDG_CACHE_HOME", "the folder for caches; vaec's is vaec/ in it, or ~/.cache/vaec"),
    ],
    components: ["LLVM \(LLVMLibrary.version)"])

  static let model = Positional(
    "FILE", help: "the model's text, a .vdl file, or its program, a .vir file", isRequired: true,
    completion: .files(["vdl", "vir"]))
  static let set = RepeatedOption(
    "set", .named, help: "replaces the value of a config declaration of the model")
  static let optimizer = Option(
    "optimizer", .text("CALL", expected: "an optimizer such as sgd(momentum: 0.9)"),
    help: "takes the place of the model's optimizer, whose rate and decay stay where it gives none",
    default: "the model's")
  static let cpu = Option(
    "cpu", .choice(TargetSelection.names), help: "the processor to make code for", value: "host")

  static let precision = Option(
    "precision", .choice(Precision.allCases.map(\.rawValue)),
    help: "what training's products multiply; they add, and weights change, in float32 with either",
    value: Precision.float32.rawValue)

  static func precision(_ invocation: Invocation) -> Precision {
    invocation[precision].flatMap(Precision.init) ?? .float32
  }

  static let noLint = Flag("no-lint", help: "leaves out the warnings about what is likely a mistake")

  static let quiet = Flag("quiet", short: "q", help: "prints nothing but errors")

  /// The entries that models may have, for shells to offer.
  static let entryNames = [
    "train_step", "gradients", "evaluate", "evaluate_given", "encode", "decode", "sample", "reconstruct",
    "posterior", "score",
  ]
  static let entry = Option(
    "entry", .text("NAME", completion: .words(entryNames)), help: "treats this entry alone", default: "all")
  /// A pass, `elaborate`, or the dump of one of them.
  static let phase = ValueForm.text(
    "PASS", completion: .words(["elaborate"] + Pass.registry.map(\.name)))

  private static let passes = Command(
    "passes", summary: "lists the compiler's passes in the order in which they run")
  private static let ops = Command("ops", summary: "lists the operations of the program text")

  static func run(_ invocation: Invocation) throws {
    switch invocation.command.name {
    case "new": try NewCommand.run(invocation)
    case "check": try CheckCommand.run(invocation)
    case "format": try FormatCommand.run(invocation)
    case "compile": try CompileCommand.run(invocation)
    case "summary": try SummaryCommand.run(invocation)
    case "ir": try IRCommand.run(invocation)
    case "opt": try OptCommand.run(invocation)
    case "plan": try PlanCommand.run(invocation)
    case "peak": try PeakCommand.run(invocation)
    case "passes": printPasses()
    default: printOps()
    }
  }

  /// What changes a compiled model beside its text, each as it was written.
  static func modelOptions(_ invocation: Invocation) -> [String] {
    let names = [set.name, optimizer.name, cpu.name, precision.name]
    return invocation.written.filter { names.contains($0.option) }
      .map { "--\($0.option) \(shellWord($0.text ?? ""))" }
  }

  /// A text as one types it into a shell.
  private static func shellWord(_ text: String) -> String {
    text.contains(#/[^\w=.,:%+\/@-]/#) ? "'\(text.replacing("'", with: "'\\''"))'" : text
  }

  /// Says what a command has done, unless it is to be quiet.
  static func tell(_ invocation: Invocation, _ text: String) {
    if !invocation[quiet] { print(text) }
  }

  /// Prints an error to standard error and gives the exit status that belongs to it.
  static func report(_ error: any Error) -> ExitStatus {
    if let located = error as? LocatedError {
      if !located.text.isEmpty { writeError(located.text + "\n") }
      return .mistake
    }
    let (line, status) = table.report(error)
    writeError(line + "\n")
    let isOurs = error is ReproducedError || error is Passes.InternalError || error is LoweringError
    return isOurs ? .bug : status
  }

  /// What cannot be told cannot be helped: the exit status tells it all the same.
  static func writeError(_ text: String) { _ = StandardFiles.write(Data(text.utf8), to: STDERR_FILENO) }

  private static func printPasses() {
    let width = Pass.registry.map(\.name.count).max() ?? 0
    print(
      "elaborate".padding(toLength: width + 2, withPad: " ", startingAt: 0)
        + "Turns the model's text into entries; shapes are not known yet.")
    for pass in Pass.registry {
      print(pass.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + pass.summary)
    }
    print(
      "\norder: " + (["elaborate"] + Pipeline.standard(.bf16).passes.map(\.name)).joined(separator: ", ")
        + "; narrow-products with --precision bf16 alone")
  }

  private static func printOps() {
    let definitions = OpTable.standard.definitions.sorted { $0.name < $1.name }
    let width = definitions.map(\.name.count).max() ?? 0
    for op in definitions {
      print(op.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + op.summary)
    }
  }
}
