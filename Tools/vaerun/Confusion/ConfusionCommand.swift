import CommandLineTable
import Datasets
import Evaluation
import Reporting
import Runtime
import Statistics

/// `vaerun confusion`
enum ConfusionCommand {
  static let command = Command(
    "confusion", summary: "draws which classes a model whose decoder makes classes takes for which",
    details: [
      "For models with 'y ~ categorical(...)' in the decoder. An image is taken for the class of the largest probability. The "
        + "picture has shares of each class, a class a row; the same is printed for up to 20 classes. --json has the counts. How well "
        + "classes can be read from the codes of any other model is told by 'vaerun probe'."
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained(
      [], results: [CommonOptions.output, CommonOptions.json, CommonOptions.quiet]),
    examples: [
      Example("vaerun confusion", "the newest run of the newest model on the test images"),
      Example("vaerun confusion runs/classifier-001 --split train --json", "counts for a script"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    guard trained.instance.classCount != nil else {
      throw UsageError(
        "the decoder of \(trained.manifest.name) makes no class", "'vaerun probe' reads classes from codes")
    }
    let dataset = try CommonOptions.load(invocation, of: trained)
    guard let matrix = try trained.instance.confusion(of: dataset, inputs: try trained.inputs(invocation))
    else {
      return
    }
    let report = ConfusionReport(matrix, names: dataset.classNames)
    let path = invocation[CommonOptions.output] ?? trained.place("\(ConfusionReport.fileName).png")
    try report.figure.writePNG(to: path)
    if invocation[CommonOptions.json] {
      let counts = ConfusionReport.Counts(matrix)
      return try Terminal.say(
        json: Report(
          model: trained.manifest.name, weights: trained.weights, data: dataset.name,
          split: dataset.split.rawValue, classes: report.names, accuracy: counts.accuracy,
          confusion: counts.confusion))
    }
    Terminal.tell(invocation, "model    \(trained.manifest.name), weights \(trained.weights)")
    Terminal.tell(
      invocation,
      "data     \(dataset.name), \(Terminal.count(dataset.count, "\(dataset.split.rawValue) image"))")
    Terminal.tell(invocation, "accuracy \(report.accuracy)")
    if report.isPrintable { Terminal.tell(invocation, "\n" + report.text(title: "taken for")) }
    Terminal.tell(invocation, path)
  }

  private struct Report: Encodable {
    let model: String
    let weights: String
    let data: String
    let split: String
    let classes: [String]
    let accuracy: Double
    /// [class][taken for], images.
    let confusion: [[Int]]
  }
}
