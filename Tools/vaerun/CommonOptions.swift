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
  /// Options of the commands that take images of a data set.
  static let images = DataOptions.one

  /// The values of `--beta` and `--hyper`.
  static func hypers(_ invocation: Invocation) throws -> [String: Double] {
    var values: [String: Double] = [:]
    if let value = invocation[beta] { values["beta"] = value }
    for pair in invocation[hyper] {
      guard let value = Double(pair.value), value.isFinite else {
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
  /// - Parameter usual: the limit where the options name none.
  static func load(
    _ invocation: Invocation, run: RunConfiguration? = nil, split: DatasetSplit, model: Manifest?,
    limit usual: Int? = nil
  ) throws -> Dataset {
    let catalog = DatasetCatalog(directory: invocation[DataOptions.folder] ?? run?.dataFolder)
    var options = DataOptions.images(
      DataOptions.remembered(invocation, run: run), invocation,
      modelShape: model?.inputs.first { $0.shape.count == 3 }?.shape)
    options.limit = options.limit ?? usual
    let dataset = try catalog.load(
      invocation[DataOptions.data] ?? run?.data ?? catalog.defaultName, split: split, options: options)
    if dataset.leftOut > 0 {
      Terminal.complain(
        "vaerun: note: \(dataset.name): \(Terminal.count(dataset.leftOut, "damaged picture")) left out of the "
          + "\(split.rawValue) images")
    }
    return dataset
  }

  /// The images of the split that the options name.
  static func load(_ invocation: Invocation, of trained: TrainedModel) throws -> Dataset {
    try load(invocation, of: trained, split: invocation[DataOptions.split] == "train" ? .train : .test)
  }

  /// The images of a split.
  static func load(_ invocation: Invocation, of trained: TrainedModel, split: DatasetSplit) throws -> Dataset {
    try load(invocation, run: trained.configuration, split: split, model: trained.manifest)
  }
}
