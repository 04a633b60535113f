import CommandLineTable
import Datasets
import Evaluation
import Runtime

/// `vaerun evaluate`
enum EvaluateCommand {
  static let command = Command(
    "evaluate", summary: "prints the objective's terms and the reconstruction error on a data set",
    details: [
      "The terms are means over the images, in nats where they are likelihoods; the reconstruction error is the mean "
        + "square difference per pixel with the posterior's mean as code."
    ],
    positionals: [CommonOptions.model],
    options: CommonOptions.trained + CommonOptions.images + [
      CommonOptions.beta, CommonOptions.hyper, CommonOptions.seed, CommonOptions.json,
    ],
    examples: [
      Example("vaerun evaluate", "the newest run of the newest model, on the test images"),
      Example("vaerun evaluate --run runs/convvae-001 --split train", "a run on its training images"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let dataset = try CommonOptions.load(invocation, of: trained)
    let evaluation = try ModelEvaluation(
      trained.instance, on: dataset, inputs: try trained.inputs(invocation))
    if invocation[CommonOptions.json] {
      return try Terminal.say(json: Report(evaluation, model: trained, dataset: dataset))
    }
    Terminal.say("model    \(trained.manifest.name), weights \(trained.weights)")
    Terminal.say(
      "data     \(dataset.name), \(Terminal.count(evaluation.images, "\(dataset.split.rawValue) image"))")
    let width = max(20, evaluation.terms.map(\.name.count).max() ?? 0)
    func row(_ name: String, _ value: String) {
      Terminal.say(name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + value)
    }
    for term in evaluation.terms { row(term.name, Terminal.number(term.mean)) }
    if let error = evaluation.reconstructionError { row("reconstruction MSE", Terminal.number(error)) }
    if let active = evaluation.activeUnits { row("active latents", "\(active) of \(evaluation.latents)") }
  }

  /// What `--json` prints.
  private struct Report: Encodable {
    let model: String
    let weights: String
    let data: String
    let split: String
    let images: Int
    /// Means over the images.
    let terms: [String: Double]
    let reconstructionError: Double?
    let activeLatents: Int?
    let latents: Int

    init(_ evaluation: ModelEvaluation, model: TrainedModel, dataset: Dataset) {
      self.model = model.manifest.name
      weights = model.weights
      data = dataset.name
      split = dataset.split.rawValue
      images = evaluation.images
      terms = Dictionary(evaluation.terms.map { ($0.name, $0.mean) }, uniquingKeysWith: { first, _ in first })
      reconstructionError = evaluation.reconstructionError
      activeLatents = evaluation.activeUnits
      latents = evaluation.latents
    }
  }
}
