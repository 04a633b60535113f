import Artifact
import CommandLineTable
import Foundation
import IR
import Inspection
import Lowering
import Passes

/// `vaec compile`: a model to native code, or with `--emit` to one of the forms on the way there.
enum CompileCommand {
  /// What `--emit` may ask for, in the order in which the compiler makes it.
  enum Form: String, CaseIterable {
    case ast, ir, schedule, plan, llvm, asm, obj
  }

  private static let output = Option(
    "output", short: "o", .file("PATH"), help: "the folder to write; with --emit the file",
    default: "build/NAME; with --emit standard output")
  private static let emit = Option(
    "emit", .choice(Form.allCases.map(\.rawValue)),
    help:
      "writes one form alone: the syntax tree, the program after the passes, the kernels in order, the memory "
      + "plan, LLVM's program, assembly, an object file")
  private static let dumpIR = Option(
    "dump-ir", .folder, help: "writes the program after every pass to numbered files in this folder")

  static let command = Command(
    "compile", summary: "compiles a model to native code", positionals: [VaecCommands.model],
    options: [
      output, emit, VaecCommands.entry, VaecCommands.set, VaecCommands.optimizer, VaecCommands.cpu,
      VaecCommands.precision, ScheduleOption.tune, ScheduleOption.option, dumpIR, VaecCommands.quiet,
    ]
      + WatchOptions.all,
    examples: [
      Example("vaec compile Models/convvae.vdl --set hidden=200", "with another value of a config declaration"),
      Example(
        "vaec compile Models/convvae.vdl --optimizer 'sgd(momentum:0.9)'", "with another optimizer"),
      Example(
        "vaec compile Models/convvae.vdl --cpu x86-64-v3 -o build/portable", "for any processor with AVX2"),
      Example(
        "vaec compile Models/convvae.vdl --precision bf16", "faster where the processor has AVX512-BF16"),
      Example("vaec compile Models/convvae.vdl --emit asm --entry encode", "one entry's assembly"),
      Example("vaec compile Models/convvae.vdl --tune=60", "with what is fastest on this machine"),
      Example(
        "vaec compile Models/convvae.vdl --schedule build/convvae -o build/again",
        "with the tiles and tasks that a compiled model has"),
    ])

  /// What has no say before a model's tree is there, or tells of what comes behind it.
  private static let withoutTree: [any CommandOption] =
    [VaecCommands.entry, VaecCommands.set, VaecCommands.cpu, VaecCommands.precision, dumpIR]
    + WatchOptions.all.filter { $0.name != VaecCommands.noLint.name }

  static func run(_ invocation: Invocation) throws {
    let start = ContinuousClock.now
    let form = invocation[emit].flatMap(Form.init)
    try ScheduleOption.check(invocation, emits: form)
    if form == .ast, let option = Self.withoutTree.first(where: { invocation.isGiven($0) }) {
      throw UsageError(
        "--\(option.name) changes nothing of the syntax tree, which --emit ast writes",
        "leave it out, or emit ir")
    }
    if form == nil, invocation.isGiven(VaecCommands.entry) {
      throw UsageError(
        "--entry is for --emit: a compiled model has all entries", "leave it out, or write --emit")
    }
    let compilation = try Compilation(invocation)
    defer { compilation.report() }
    if form == .ast { return try TextOutput.write(try compilation.input.tree().dump, to: invocation[output]) }
    let dumps = try invocation[dumpIR].map { try DumpFolder($0) }
    let module = try compilation.module(observe: { try dumps?.write($0) })
      .limited(to: invocation[VaecCommands.entry])
    if let form { return try write(form, of: module, compilation, invocation) }
    let folder = invocation[output] ?? "build/\(module.name)"
    // Before minutes are spent on what cannot be kept.
    try checkFolder(folder, files: ["so", "vir", "h", "json"].map { "\(module.name).\($0)" })
    let (result, cpu) = try TemporaryFolder.forAll {
      try compile(module, to: folder, compilation, invocation)
    }
    let seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000
    let parameters = module.parameters.reduce(0) { $0 + $1.type.count }
    VaecCommands.tell(
      invocation,
      "\(module.name): \(parameters) parameters, \(module.entries.count) entries, for \(cpu), "
        + "\(String(format: "%.2f", seconds)) s")
    VaecCommands.tell(invocation, "wrote \(folder)/\(result.manifest.library), .h, .json and .vir")
    if let dumps { VaecCommands.tell(invocation, "wrote \(dumps.count) dumps to \(dumps.folder)/") }
    VaecCommands.tell(invocation, "next: vaerun train \(folder)")
  }

  /// Writes the compiled model.
  /// - Returns: it, and the processor that it is for.
  private static func compile(
    _ module: Module, to folder: String, _ compilation: Compilation, _ invocation: Invocation
  ) throws -> (ModelCompiler.Output, cpu: String) {
    var compiler = try compilation.compiler()
    try compilation.lowering(module) { try ScheduleOption.apply(invocation, to: &compiler, for: module) }
    if let seconds = invocation[ScheduleOption.tune] {
      let tuning = try compilation.lowering(module) { try ScheduleOption.measure(compiler, module, seconds) }
      compiler.chosenSchedules = tuning.schedules
      for note in tuning.notes { VaecCommands.writeError("vaec: note: \(note)\n") }
      VaecCommands.tell(invocation, tuning.text)
    }
    let result = try compilation.lowering(module) {
      try compiler.lower(
        module, source: compilation.input.source.bytes, options: VaecCommands.modelOptions(invocation),
        used: compilation.input.files.used)
    }
    try compilation.lowering(module) { try compiler.write(result, to: folder) }
    return (result, compiler.target.machine.cpu)
  }

  private static func write(
    _ form: Form, of module: Module, _ compilation: Compilation, _ invocation: Invocation
  ) throws {
    let path = invocation[output]
    if form == .obj, path == nil, isatty(STDOUT_FILENO) != 0 { throw CommandError.objectToTerminal }
    var compiler = try compilation.compiler()
    if form != .ir {
      try compilation.lowering(module) { try ScheduleOption.apply(invocation, to: &compiler, for: module) }
    }
    func lowered() throws -> ModelCompiler.Output {
      try compiler.lower(
        module, source: compilation.input.source.bytes, used: compilation.input.files.used)
    }
    let data: Data = try compilation.lowering(module) {
      switch form {
      case .ast: Data()
      case .ir: Data(module.text.utf8)
      case .schedule: Data(try compiler.plan(module).scheduleText.utf8)
      case .plan: Data(try compiler.plan(module).memoryText.utf8)
      case .llvm: Data(try compiler.text(try lowered()).utf8)
      case .asm: Data(try compiler.assembly(try lowered()).utf8)
      case .obj: Data(try compiler.object(try lowered()))
      }
    }
    try TextOutput.write(data, to: path)
  }
}

/// A folder that takes the numbered dumps.
final class DumpFolder {
  let folder: String
  private(set) var count = 0

  init(_ folder: String) throws {
    self.folder = folder
    try makeFolder(folder)
  }

  func write(_ phase: Phase) throws {
    try AtomicFile.write(Data(phase.module.text.utf8), to: "\(folder)/\(phase.fileName)")
    count += 1
  }
}
