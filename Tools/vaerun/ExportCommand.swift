import Artifact
import CommandLineTable
import Runtime

/// `vaerun export`
enum ExportCommand {
  private static let output = Option(
    "output", short: "o", .folder, help: "the folder to write", default: "export/MODEL")

  static let command = Command(
    "export", summary: "writes a trained model for programs that are to use it",
    details: [
      "The folder gets the library with its C header (MODEL.so, MODEL.h) and manifest (MODEL.json), and the weights twice: "
        + "MODEL.weights has the bytes that the library takes as its memory of weights, MODEL_WEIGHTS_BYTES of the header, "
        + "so that a C program reads them with one fread; MODEL.safetensors has them by name in PyTorch's layouts. "
        + "Neither has the optimizer's state."
    ],
    positionals: [CommonOptions.model],
    options: [CommonOptions.run, CommonOptions.weights, CommonOptions.best, output, CommonOptions.quiet],
    examples: [
      Example("vaerun export", "the newest run of the newest model, into export/MODEL"),
      Example("vaerun export --run runs/convvae-001 --best -o convvae", "the best epoch of a run"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let name = trained.manifest.name
    let folder = invocation[output] ?? "export/\(name)"
    try makeFolder(folder)
    let stem = "\(folder)/\(name)"
    var written = try trained.instance.model.copy(to: folder).map { "\(folder)/\($0)" }
    try trained.instance.saveWeights(to: stem + ".safetensors")
    try trained.instance.writeWeightMemory(to: stem + ".weights")
    written += [stem + ".weights", stem + ".safetensors"]
    for path in written { Terminal.tell(invocation, path) }
  }
}
