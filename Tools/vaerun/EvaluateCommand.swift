import CommandLineTable
import Datasets
import Diagnostics
import Evaluation
import Foundation
import Runtime

/// `vaerun evaluate`
enum EvaluateCommand {
  private static let samples = Option(
    "samples", .integer(1...1_000_000),
    help: "estimate log p(x) by importance sampling with so many draws for each image")

  static let command = Command(
    "evaluate",
    summary:
      "prints the objective's terms, the reconstruction error or accuracy, and the latents on a data set",
    details: [
      "The terms are means over the images, in nats where they are likelihoods; the reconstruction error is the mean "
        + "square difference per pixel with the posterior's mean as code. docs/evaluation.md says how each figure is made.",
      "With --samples the logarithm of each image's likelihood is estimated by draws from the posterior. The work grows "
        + "with images times draws; --limit takes the first images.",
    ],
    positionals: [CommonOptions.model],
    options: CommonOptions.forTrained(
      [samples], results: [CommonOptions.beta, CommonOptions.hyper, CommonOptions.seed, CommonOptions.json]),
    examples: [
      Example("vaerun evaluate", "the newest run of the newest model, on the test images"),
      Example("vaerun evaluate --run runs/convvae-001 --split train", "a run on its training images"),
      Example(
        "vaerun evaluate --samples 5000 --limit 1000",
        "the likelihood of the first 1000 test images, with 5000 draws each"
      ),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let inputs = try trained.inputs(invocation)
    let samples = invocation[samples]
    guard samples == nil || trained.instance.canScore else {
      throw UsageError(
        "\(trained.manifest.name) has no likelihood to estimate: its decoder does not draw the images, or a latent has no prior",
        "leave --samples out")
    }
    let dataset = try CommonOptions.load(invocation, of: trained)
    let evaluation = try ModelEvaluation(trained.instance, on: dataset, inputs: inputs)
    let likelihood = try samples.map {
      try estimate($0, trained.instance, dataset, inputs, isQuiet: invocation[CommonOptions.json])
    }
    if invocation[CommonOptions.json] {
      return try Terminal.say(
        json: EvaluationReport(evaluation, likelihood, model: trained, dataset: dataset))
    }
    Terminal.say("model    \(trained.manifest.name), weights \(trained.weights)")
    Terminal.say(
      "data     \(dataset.name), \(Terminal.count(evaluation.images, "\(dataset.split.rawValue) image"))")
    say(evaluation, likelihood)
  }

  private static func estimate(
    _ samples: Int, _ instance: ModelInstance, _ dataset: Dataset, _ inputs: EntryInputs, isQuiet: Bool
  ) throws -> LikelihoodEstimate {
    let begin = Date()
    var shown = begin
    let isLive = Terminal.isLive && !isQuiet
    let estimate = try LikelihoodEstimate(instance, on: dataset, samples: samples, inputs: inputs) { share in
      guard isLive, -shown.timeIntervalSinceNow > 0.5 else { return }
      shown = Date()
      let seconds = -begin.timeIntervalSinceNow
      Terminal.overwrite(
        "log p(x): \(Int(share * 100)) % of \(Terminal.count(dataset.count, "image")) with \(samples) draws, "
          + "\(Terminal.duration(seconds / share - seconds)) left")
    }
    if isLive { Terminal.clearLine() }
    return estimate
  }

  private static func say(_ evaluation: ModelEvaluation, _ likelihood: LikelihoodEstimate?) {
    let width = max(20, evaluation.terms.map(\.name.count).max() ?? 0)
    func row(_ name: String, _ value: String) {
      Terminal.say(name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + value)
    }
    for term in evaluation.terms { row(term.name, Terminal.number(term.mean)) }
    if let likelihood {
      let error = likelihood.standardError.map { ", standard error \(Terminal.number($0))" } ?? ""
      row(
        "log p(x)",
        "\(Terminal.number(likelihood.mean))  (\(Terminal.count(likelihood.samples, "draw"))\(error))")
    }
    if let quality = evaluation.reconstruction {
      row("reconstruction MSE", Terminal.number(quality.meanSquaredError))
      row("reconstruction PSNR", Terminal.number(quality.peakSignalToNoise) + " dB")
      if let similarity = quality.structuralSimilarity {
        row("reconstruction SSIM", Terminal.number(similarity))
      }
    }
    if let matrix = evaluation.classification { row("accuracy", ConfusionReport.share(matrix.accuracy)) }
    guard !evaluation.units.isEmpty else { return }
    row("active latents", "\(evaluation.units.count { $0.isActive }) of \(evaluation.units.count)")
    guard evaluation.units.contains(where: { $0.divergence != nil }) else { return }
    row(
      "latents over 0.01 nat",
      "\(evaluation.units.count { $0.isInformative ?? false }) of \(evaluation.units.count)")
    Terminal.say("\n" + table(evaluation.units).dropLast())
  }

  /// How many elements of the latents the table shows.
  private static let rowLimit = 20

  private static func table(_ units: [LatentUnit]) -> String {
    let sorted = units.sorted { ($0.divergence ?? 0) > ($1.divergence ?? 0) }
    var table = TextTable([("latent", .left), ("KL", .right), ("variance of mean", .right), ("", .left)])
    for unit in sorted.prefix(rowLimit) {
      table.add(
        unit.name, unit.divergence.map(Terminal.number) ?? "", Terminal.number(unit.variance),
        unit.isActive ? "" : "inactive")
    }
    let rest = sorted.dropFirst(rowLimit)
    if !rest.isEmpty {
      table.add(
        "\(rest.count) more", Terminal.number(rest.reduce(0) { $0 + ($1.divergence ?? 0) }), "",
        "\(rest.count { !$0.isActive }) inactive")
    }
    return table.text
  }
}

/// What `vaerun evaluate --json` prints.
private struct EvaluationReport: Encodable {
  struct Likelihood: Encodable {
    /// The mean over the images of the estimates of log p(x), in nats.
    let mean: Double
    let standardError: Double?
    /// Draws for each image.
    let samples: Int
    /// The estimate of each image.
    let images: [Double]
  }

  struct Unit: Encodable {
    let name: String
    let kl: Double?
    let variance: Double
    let isActive: Bool
  }

  let model: String
  let weights: String
  let data: String
  let split: String
  let images: Int
  /// Means over the images.
  let terms: [String: Double]
  let logLikelihood: Likelihood?
  let reconstructionError: Double?
  let reconstructionPSNR: Double?
  let reconstructionSSIM: Double?
  /// The share of the images whose class has the largest probability.
  let accuracy: Double?
  /// [class][taken for], images.
  let confusion: [[Int]]?
  let activeLatents: Int?
  let latents: Int
  let units: [Unit]

  init(_ evaluation: ModelEvaluation, _ likelihood: LikelihoodEstimate?, model: TrainedModel, dataset: Dataset)
  {
    self.model = model.manifest.name
    weights = model.weights
    data = dataset.name
    split = dataset.split.rawValue
    images = evaluation.images
    terms = Dictionary(evaluation.terms.map { ($0.name, $0.mean) }, uniquingKeysWith: { first, _ in first })
    logLikelihood = likelihood.map {
      Likelihood(
        mean: $0.mean, standardError: $0.standardError, samples: $0.samples, images: $0.logLikelihoods)
    }
    reconstructionError = evaluation.reconstruction?.meanSquaredError
    reconstructionPSNR = evaluation.reconstruction?.peakSignalToNoise
    reconstructionSSIM = evaluation.reconstruction?.structuralSimilarity
    accuracy = evaluation.classification?.accuracy
    confusion = evaluation.classification?.counts
    activeLatents = evaluation.units.isEmpty ? nil : evaluation.units.count { $0.isActive }
    latents = model.manifest.latents.reduce(0) { $0 + $1.count }
    units = evaluation.units.map {
      Unit(name: $0.name, kl: $0.divergence, variance: $0.variance, isActive: $0.isActive)
    }
  }
}
