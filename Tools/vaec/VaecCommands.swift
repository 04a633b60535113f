import CommandLineTable
import Diagnostics
import Foundation
import IR
import Lowering
import Passes

/// The commands of `vaec`: one table, from which parsing and help derive, and what each does.
enum VaecCommands {
  static let table = CommandTable(
    program: "vaec", version: ModelCompiler.version.split(separator: " ").last.map(String.init) ?? "",
    summary: "compiles autoencoders from a text language to native code",
    commands: [compile, ir, passes, ops],
    examples: [
      Example(
        "vaec compile Models/convvae.vdl", "makes build/convvae/ with shared object, header and manifest"),
      Example("vaec ir Models/convvae.vdl --after fuse-convolution", "shows the program after a pass"),
    ])

  static let model = Positional("FILE", help: "the model's text, a .vdl file", isRequired: true)
  static let set = RepeatedOption(
    "set", .named, help: "replaces the value of a config declaration of the model")
  static let cpu = Option(
    "cpu", .choice(TargetSelection.names), help: "the processor to make code for", value: "host")

  private static let output = Option(
    "output", short: "o", .text("DIR"), help: "the folder to write", default: "build/NAME")
  private static let dumpIR = Option(
    "dump-ir", .text("DIR"), help: "writes the program after every pass to numbered files in this folder")
  private static let after = Option(
    "after", .text("PASS"), help: "stops after this pass; 'elaborate' shows the program before the first",
    default: "the last")
  private static let entry = Option("entry", .text("NAME"), help: "shows this entry alone", default: "all")

  private static let compile = Command(
    "compile", summary: "compiles a model to native code", positionals: [model],
    options: [output, set, cpu, dumpIR],
    examples: [
      Example("vaec compile Models/convvae.vdl --set hidden=200", "with another value of a config declaration"),
      Example(
        "vaec compile Models/convvae.vdl --cpu x86-64-v3 -o build/portable", "for any processor with AVX2"),
    ])
  private static let ir = Command(
    "ir", summary: "shows a model's program as text", positionals: [model], options: [after, entry, set, cpu],
    examples: [
      Example("vaec ir Models/convvae.vdl --after differentiate --entry train_step", "one entry after one pass")
    ])
  private static let passes = Command(
    "passes", summary: "lists the compiler's passes in the order in which they run")
  private static let ops = Command("ops", summary: "lists the operations of the program text")

  static func run(_ invocation: Invocation) throws {
    switch invocation.command.name {
    case "compile": try runCompile(invocation)
    case "ir": try runIR(invocation)
    case "passes": printPasses()
    default: printOps()
    }
  }

  /// Prints an error to standard error and gives the exit status that belongs to it.
  static func report(_ error: any Error) -> ExitStatus {
    if let located = error as? LocatedError {
      writeError(located.text)
      return .mistake
    }
    let (line, status) = table.report(error)
    writeError(line)
    let isOurs = error is Passes.InternalError || error is LoweringError
    return isOurs ? .bug : status
  }

  private static func writeError(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  // MARK: Commands

  private static func runCompile(_ invocation: Invocation) throws {
    let start = ContinuousClock.now
    let input = try ModelInput(invocation)
    let target = try input.target()
    let dumps = try invocation[dumpIR].map { try DumpFolder($0) }
    let module = try input.lowered(observe: { try dumps?.write($0) })
    let compiler = try ModelCompiler(target: target)
    let output = try compiler.lower(module, text: module.text, source: input.source.bytes)
    let folder = invocation[self.output] ?? "build/\(module.name)"
    try compiler.write(output, to: folder)
    let seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000
    let parameters = module.parameters.reduce(0) { $0 + $1.type.count }
    print(
      "\(module.name): \(parameters) parameters, \(module.entries.count) entries, for \(target.cpu), "
        + "\(String(format: "%.2f", seconds)) s")
    print("wrote \(folder)/\(output.manifest.library), .h and .json")
    if let dumps { print("wrote \(dumps.count) dumps to \(dumps.folder)/") }
    print("next: vaerun train \(folder)")
  }

  private static func runIR(_ invocation: Invocation) throws {
    let input = try ModelInput(invocation)
    var module = try input.lowered(stopAfter: invocation[after])
    if let name = invocation[entry] {
      guard let found = module.entry(name) else {
        throw CommandError.unknownEntry(name, known: module.entries.map(\.name))
      }
      module.entries = [found]
    }
    print(module.text, terminator: "")
  }

  private static func printPasses() {
    let width = Pass.registry.map(\.name.count).max() ?? 0
    print(
      "elaborate".padding(toLength: width + 2, withPad: " ", startingAt: 0)
        + "Turns the model's text into entries; shapes are not known yet.")
    for pass in Pass.registry {
      print(pass.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + pass.summary)
    }
    print("\norder: " + (["elaborate"] + Pipeline.standard.passes.map(\.name)).joined(separator: ", "))
  }

  private static func printOps() {
    let definitions = OpTable.standard.definitions.sorted { $0.name < $1.name }
    let width = definitions.map(\.name.count).max() ?? 0
    for op in definitions {
      print(op.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + op.summary)
    }
  }
}
