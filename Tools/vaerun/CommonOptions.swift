import Artifact
import CommandLineTable
import Datasets
import Foundation
import Runtime

/// Options that several commands share.
enum CommonOptions {
  static let model = Positional(
    "MODEL",
    help:
      "a compiled folder (build/convvae), a model text (Models/convvae.vdl, compiled first where needed), or "
      + "nothing: the newest under build/", completion: .files(["vdl"]))
  private static let trainedHelp =
    "a run's folder (runs/convvae-001), a compiled folder or a model text, whose newest run is taken, or nothing: "
    + "the newest under build/"
  /// For the commands that take a trained model.
  static let trainedModel = Positional("MODEL", help: trainedHelp, completion: .files(["vdl"]))
  /// For those that take several.
  static let models = Positional("MODEL", help: trainedHelp, isRepeated: true, completion: .files(["vdl"]))
  static let run = Option(
    "run", .folder, help: "take the weights of this run",
    default: "the newest run of the model under runs/")
  static let weights = Option(
    "weights", .file(endings: ["safetensors"]), help: "take the weights of this .safetensors file")
  static let best = Flag("best", help: "take the run's best weights instead of its last")
  static let seed = Option("seed", .seed, help: "chooses the noise", default: "the run's")
  static let threads = Option("threads", .integer(1...1024), help: "threads", default: "all processors")
  static let beta = Option("beta", .number, help: "the same as --hyper beta=X")
  static let hyper = RepeatedOption("hyper", .named, help: "a run-time number of the model, such as beta=2")
  static let classNumber = Option(
    "class", .integer(0...65_535), help: "the class of the images, from 0, where the decoder takes a class",
    default: "all in turn")
  static let quiet = Flag("quiet", short: "q", help: "print errors alone")
  static let json = Flag("json", help: "print the result as JSON")
  static let output = Option(
    "output", short: "o", .file(), help: "where to write", default: "the run's folder")

  /// Options of the commands that take a trained model.
  static let trained: [any CommandOption] = [run, weights, best, threads]

  /// The options of a command that takes a trained model and images: its own, those that say which model and images, and those
  /// of its results.
  static func forTrained(
    _ own: [any CommandOption], data: [any CommandOption] = DataOptions.one, results: [any CommandOption]
  ) -> [any CommandOption] {
    own + trained + data + results
  }

  /// The values of `--beta` and `--hyper`.
  static func hypers(_ invocation: Invocation) throws -> [String: Double] {
    var values: [String: Double] = [:]
    if let value = invocation[beta] { values["beta"] = value }
    for pair in invocation[hyper] {
      guard let value = Double(decimal: pair.value) else {
        throw UsageError(
          "--hyper \(pair.name) takes a number, not '\(pair.value)'", "write --hyper \(pair.name)=1.5")
      }
      guard values.updateValue(value, forKey: pair.name) == nil else {
        throw UsageError("\(pair.name) is given twice", "give it once")
      }
    }
    return values
  }

  static func threadCount(_ invocation: Invocation) -> Int {
    invocation[threads] ?? ProcessInfo.processInfo.activeProcessorCount
  }

  /// The images of a split of the data set that the options name, or else of the one that a run was made on, in the
  /// form that the model takes.
  ///
  /// - Parameters:
  ///   - usual: the limit where the options name none.
  ///   - poolsAnew: whether a pool that is parted is that of the options. Else it is the pool of the run, whatever limit is
  ///     given, so that its parts are those that the run had.
  static func load(
    _ invocation: Invocation, run: RunConfiguration? = nil, split: DatasetSplit, model: Manifest?,
    limit usual: Int? = nil, poolsAnew: Bool = false
  ) throws -> Dataset {
    let catalog = DatasetCatalog(directory: invocation[DataOptions.folder] ?? run?.dataFolder)
    let texts = DataOptions.remembered(invocation, run: run)
    var options = DataOptions.images(
      texts, invocation, modelShape: model?.inputs.first { $0.shape.count == 3 }?.shape)
    options.limit = options.limit ?? usual
    let name = invocation[DataOptions.data] ?? run?.data ?? catalog.defaultName
    let dataset: Dataset
    if let pool = texts["split"].flatMap({ PoolSplit($0) }) {
      let limit = options.limit
      if !poolsAnew { options.limit = run?.limit }
      let parts = try Dataset.pooled(
        catalog.load(name, split: .train, options: options), catalog.load(name, split: .test, options: options),
        share: pool.training / 100, seed: options.splitSeed)
      let part = split == .train ? parts.train : parts.test
      dataset = try poolsAnew ? part : part.subset(Array(0..<min(part.count, limit ?? part.count)))
    } else {
      dataset = try catalog.load(name, split: split, options: options)
    }
    if dataset.leftOut > 0 {
      Terminal.complain(
        "vaerun: note: \(dataset.name): \(Terminal.count(dataset.leftOut, "damaged picture")) left out of the "
          + "\(split.rawValue) images")
    }
    return dataset
  }

  /// The images of the split that the options name.
  ///
  /// - Parameters:
  ///   - usual: the limit where the options name none.
  ///   - image: an image that has to be there all the same.
  static func load(
    _ invocation: Invocation, of trained: TrainedModel, usual: Int? = nil, holding image: Int? = nil
  ) throws -> Dataset {
    let split: DatasetSplit = invocation[DataOptions.split] == "train" ? .train : .test
    return try load(
      invocation, of: trained, split: split,
      usual: usual.map { max($0, min(image ?? 0, Int.max - 1) + 1) })
  }

  /// The images of a split.
  static func load(
    _ invocation: Invocation, of trained: TrainedModel, split: DatasetSplit, usual: Int? = nil
  ) throws -> Dataset {
    try load(invocation, run: trained.configuration, split: split, model: trained.manifest, limit: usual)
  }
}
