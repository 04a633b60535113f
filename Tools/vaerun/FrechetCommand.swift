import Artifact
import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Runtime
import Statistics

/// `vaerun frechet`
enum FrechetCommand {
  private static let features = Option(
    "features", .folder,
    help: "the run whose encoder gives the features: of another model, trained on the same data")
  private static let count = Option(
    "count", .integer(2...100_000), help: "samples from the prior", value: 10_000)

  static let command = Command(
    "frechet", summary: "measures how far a model's samples are from images, on the features of another model",
    details: [
      "The features of an image are its code in the encoder of the model that --features names. The distance is that of the two "
        + "Gaussians with the features' means and covariances (Dowson and Landau 1982; Heusel et al. 2017). It is told for "
        + "samples from the prior, for reconstructions, and for the training images, all against the images of the data set: the "
        + "last says how near other images of the same kind come. Figures can only be compared under the same features, the same "
        + "images and the same number of samples, and with none that were made with other features."
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained([features, count], results: [CommonOptions.seed, CommonOptions.json]),
    examples: [
      Example(
        "vaerun frechet runs/convvae-001 --features runs/densevae-001",
        "samples of one model, features of another")
    ])

  private struct Report: Encodable {
    let model: String
    let weights: String
    let features: String
    let featureCount: Int
    let data: String
    let split: String
    let images: Int
    let samples: Int
    /// Of each against the images; nil where there is none.
    let prior: Double?
    let reconstructions: Double?
    let trainingImages: Double?
  }

  static func run(_ invocation: Invocation) throws {
    guard let path = invocation[features] else {
      throw UsageError(
        "--features is missing", "name the run whose encoder gives the features, such as runs/densevae-001")
    }
    let trained = try TrainedModel(invocation)
    let reader = try FeatureReader(run: path, threads: CommonOptions.threadCount(invocation))
    let dataset = try CommonOptions.load(invocation, of: trained)
    let inputs = try trained.inputs(invocation)
    let images = try reader.features(of: dataset)
    func distance(_ source: any ImageSource) throws -> Double {
      try frechetDistance(try reader.features(of: source), images)
    }
    let pictures = ModelPictures(instance: trained.instance)
    let count = invocation[count] ?? 10_000
    let prior = try pictures.hasPrior ? distance(pictures.samples(count: count, seed: inputs.seed)) : nil
    let again =
      try trained.manifest.entry("reconstruct") == nil
      ? nil : distance(pictures.reconstructed(dataset, inputs: inputs))
    let isTest = dataset.split == .test
    let training =
      try isTest ? distance(try CommonOptions.load(invocation, of: trained, split: .train, usual: count)) : nil
    let report = Report(
      model: trained.manifest.name, weights: trained.weights, features: path, featureCount: reader.size,
      data: dataset.name, split: dataset.split.rawValue, images: dataset.count, samples: count, prior: prior,
      reconstructions: again, trainingImages: training)
    if invocation[CommonOptions.json] { return try Terminal.say(json: report) }
    Terminal.say("model                \(report.model), weights \(report.weights)")
    Terminal.say("features             \(Terminal.count(reader.size, "number")) of the encoder of \(path)")
    Terminal.say(
      "data                 \(report.data), \(Terminal.count(report.images, "\(report.split) image"))")
    Terminal.say("Frechet distance to these images of")
    if let prior { Terminal.say("  prior samples      \(Terminal.number(prior))") }
    if let again { Terminal.say("  reconstructions    \(Terminal.number(again))") }
    if let training { Terminal.say("  training images    \(Terminal.number(training))") }
  }
}

/// The encoder of a trained model, as a measure of images.
private struct FeatureReader {
  private let pictures: ModelPictures
  var size: Int { pictures.latentSize }

  init(run path: String, threads: Int) throws {
    let run = try RunFolder(existing: path)
    let hasCopy = (try? CompiledModel.manifestPath(in: run.compiledModel)) != nil
    let model = try CompiledModel(folder: hasCopy ? run.compiledModel : try run.readConfiguration().modelFolder)
    let instance = try ModelInstance(model, threads: threads)
    try instance.load(from: run.last)
    pictures = ModelPictures(instance: instance)
  }

  func features(of source: any ImageSource) throws -> Matrix {
    try pictures.points(try pictures.codes(of: source, inputs: EntryInputs()))
  }
}

extension ModelPictures {
  /// Images decoded from codes drawn from the prior, in the 256 levels that encoders take.
  func samples(count: Int, seed: UInt64) throws -> ImageArray {
    let floats =
      try instance.sample(count: count, seed: seed, labels: labels(count, for: "sample"))[
        try imageResult(of: "sample")] ?? []
    return try imageArray(floats)
  }

  /// What the model makes of images, in the 256 levels that encoders take.
  func reconstructed(_ dataset: Dataset, inputs: EntryInputs) throws -> ImageArray {
    try imageArray(
      try instance.results(
        of: dataset, entry: "reconstruct", result: try imageResult(of: "reconstruct"), inputs: inputs))
  }

  private func imageArray(_ floats: [Float]) throws -> ImageArray {
    ImageArray(
      imageShape: try imageShape(), bytes: floats.map { $0.isNaN ? 0 : UInt8(min(max($0, 0), 1) * 255 + 0.5) })
  }
}
