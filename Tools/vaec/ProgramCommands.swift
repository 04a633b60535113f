import CommandLineTable
import IR
import Inspection
import Passes

/// `vaec ir`: the program of a model after a pass.
enum IRCommand {
  private static let after = Option(
    "after", VaecCommands.phase,
    help:
      "stops after this pass, or the dump of this name ('05-simplify'); 'elaborate' is the program before the first",
    default: "the last")
  private static let format = Option(
    "format", .choice(["text", "dot"]), help: "the program's text, or a graph for Graphviz",
    default: "dot for a FILE.dot, .svg or .png, else text")
  private static let output = Option(
    "output", short: "o", .file(),
    help: "the file to write; a graph is drawn where it ends in .svg or .png",
    default: "standard output")

  static let command = Command(
    "ir", summary: "shows a model's program as text or graph", positionals: [VaecCommands.model],
    options: [
      after, VaecCommands.entry, format, output, VaecCommands.set, VaecCommands.optimizer, VaecCommands.cpu,
      VaecCommands.precision,
    ] + WatchOptions.all,
    examples: [
      Example(
        "vaec ir Models/convvae.vdl --after differentiate --entry train_step", "one entry after one pass"),
      Example("vaec ir Models/convvae.vdl --entry encode -o encode.svg", "draws one entry"),
      Example("vaec ir Models/convvae.vdl --print-changed -o /dev/null", "what each pass changes"),
    ])

  static func run(_ invocation: Invocation) throws {
    let compilation = try Compilation(invocation)
    defer { compilation.report() }
    let module = try compilation.module(stopAfter: invocation[after]).limited(
      to: invocation[VaecCommands.entry])
    let path = invocation[output]
    if invocation[format] == "dot" || (invocation[format] == nil && path.map(GraphOutput.isGraph) == true) {
      return try GraphOutput.write(module, to: path)
    }
    try TextOutput.write(module.text, to: path)
  }
}

/// `vaec opt`: passes on a program's text.
enum OptCommand {
  private static let passes = Option(
    "passes", .text("A,B,...", expected: "names of passes", completion: .list(Pass.registry.map(\.name))),
    help: "the passes to run, in this order", default: "those of the compiler")
  private static let startAfter = Option(
    "start-after", VaecCommands.phase,
    help: "begins behind this pass or dump ('05-simplify'), the one that the program is the result of",
    default: "runs all")
  private static let stopAfter = Option(
    "stop-after", VaecCommands.phase, help: "stops after this pass or dump", default: "runs all")
  private static let blockImages = Option(
    "block-images", .integer(1...maximumLanes),
    help: "images in a block of the layout that assign-layouts gives",
    default: "two vectors of the processor")
  private static let output = Option(
    "output", short: "o", .file(), help: "the file to write", default: "standard output")

  static let command = Command(
    "opt", summary: "runs passes on a program's text and shows the result",
    details: [
      "FILE is what 'vaec ir' prints or 'vaec compile --dump-ir' writes; it is verified before the first pass and after "
        + "every one. A model (.vdl) may be given in its place."
    ],
    positionals: [VaecCommands.model],
    options: [
      passes, startAfter, stopAfter, VaecCommands.entry, blockImages, output, VaecCommands.set,
      VaecCommands.cpu, VaecCommands.precision,
    ] + WatchOptions.all,
    examples: [
      Example("vaec opt dumps/05-simplify.vir --passes fuse-dense,simplify", "two passes"),
      Example(
        "vaec opt dumps/05-simplify.vir --start-after 05-simplify --stop-after fuse-dense",
        "a part of the pipeline"),
    ])

  static func run(_ invocation: Invocation) throws {
    let names = invocation[passes]?.split(separator: ",").map { $0.filter { $0 != " " } }
    if names != nil, invocation.isGiven(VaecCommands.precision) {
      throw UsageError(
        "--precision chooses among the compiler's passes, and --passes names them",
        "write narrow-products there")
    }
    let all = try names.map { try Pipeline(names: $0) } ?? .standard(VaecCommands.precision(invocation))
    let pipeline = try all.part(
      after: invocation[startAfter], through: invocation[stopAfter], input: names == nil ? "elaborate" : "input"
    )
    let compilation = try Compilation(invocation)
    defer { compilation.report() }
    let module = try compilation.module(pipeline, blockImages: invocation[blockImages])
      .limited(to: invocation[VaecCommands.entry])
    try TextOutput.write(module.text, to: invocation[output])
  }
}
