import CommandLineTable
import IR
import Inspection
import Lowering
import Passes

/// `vaec plan`: where everything lies in memory.
enum PlanCommand {
  private static let output = Option(
    "output", short: "o", .file(), help: "the file to write", default: "standard output")

  static let command = Command(
    "plan", summary: "shows where a model's values lie in memory and how long",
    positionals: [VaecCommands.model],
    options: [
      VaecCommands.entry, output, VaecCommands.set, VaecCommands.cpu, VaecCommands.precision,
      VaecCommands.noLint,
    ],
    examples: [Example("vaec plan Models/convvae.vdl --entry train_step", "the arena of a training step")])

  static func run(_ invocation: Invocation) throws {
    let compilation = try Compilation(invocation)
    let module = try compilation.module().limited(to: invocation[VaecCommands.entry])
    let compiler = try compilation.compiler()
    let plan = try compilation.lowering(module) { try compiler.plan(module) }
    try TextOutput.write(plan.memoryText, to: invocation[output])
  }
}

/// `vaec summary`: layers, shapes, parameters, FLOPs and memory.
enum SummaryCommand {
  static let command = Command(
    "summary", summary: "shows a model's layers, shapes, parameters, FLOPs and memory",
    positionals: [VaecCommands.model], options: [VaecCommands.set, VaecCommands.cpu, VaecCommands.noLint],
    examples: [Example("vaec summary Models/convvae.vdl --set hidden=200", "with another value of a config")])

  static func run(_ invocation: Invocation) throws {
    let compilation = try Compilation(invocation)
    var beforeLayouts: Module?
    let module = try compilation.module { phase in
      if phase.name != "assign-layouts" { beforeLayouts = phase.module }
    }
    let compiler = try compilation.compiler()
    let plan = try compilation.lowering(module) { try compiler.plan(module) }
    let memory = ModelSummary.Memory(
      weightsBytes: plan.weightsBytes, stateBytes: plan.stateBytes, blockImages: plan.target.blockImages,
      arenas: Dictionary(
        plan.entries.map { ($0.entry.name, ($0.memory.arena.sharedBytes, $0.memory.arena.blockBytes)) },
        uniquingKeysWith: { first, _ in first }))
    try TextOutput.write(ModelSummary(beforeLayouts ?? module).text(memory: memory), to: nil)
  }
}
