import Artifact
import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Runtime

/// `vaerun train`
enum TrainCommand {
  private static let epochs = Option(
    "epochs", .integer(1...1_000_000), help: "passes over the data", default: "the model's")
  private static let batch = Option(
    "batch", .integer(1...16_777_216), help: "images per step", default: "the model's")
  private static let rate = Option("rate", .positiveNumber, help: "the learning rate", default: "the model's")
  private static let steps = Option("steps", .integer(1...), help: "stop after N steps")
  private static let seed = Option("seed", .seed, help: "chooses first weights, order and noise", value: 1)
  private static let out = Option(
    "out", .text("DIR"), help: "the run's folder", default: "runs/MODEL-001 and so on")
  private static let quiet = Flag("quiet", help: "print only mistakes and the end")

  static let command = Command(
    "train", summary: "trains a compiled model on images and writes a run folder",
    details: [
      "The run folder gets config.json, metrics.csv, metrics.jsonl, last.safetensors (weights and Adam's moments), "
        + "best.safetensors (the epoch with the least test loss) and pictures. After each epoch the model is "
        + "evaluated on the test images.",
      "Ctrl-C saves the weights, draws the pictures and ends with status 130; a second Ctrl-C ends at once. A loss "
        + "that is NaN or infinite ends training with status 1 and keeps the weights saved before.",
    ],
    positionals: [CommonOptions.model],
    options: [
      CommonOptions.data, CommonOptions.dataFolder, CommonOptions.limit, epochs, batch, rate,
      CommonOptions.beta,
      CommonOptions.hyper, steps, seed, CommonOptions.threads, out, quiet,
    ],
    examples: [
      Example("vaerun train", "trains the newest model under build/ as its text says"),
      Example(
        "vaerun train Models/convvae.vdl --data digits --epochs 3", "compiles first, trains on built-in digits"),
      Example("vaerun train --data fashion-mnist --data-dir data --beta 2", "a beta-VAE on clothes"),
    ])

  static func run(_ invocation: Invocation) throws -> ExitStatus {
    let model = try ModelLocation.load(invocation[CommonOptions.model])
    var options = TrainingOptions(model)
    options.epochs = invocation[epochs] ?? options.epochs
    options.batch = invocation[batch] ?? options.batch
    options.rate = invocation[rate] ?? options.rate
    options.seed = invocation[seed] ?? 1
    options.stepLimit = invocation[steps]
    options.hypers = try CommonOptions.hypers(invocation)
    let training = try CommonOptions.load(invocation, split: .train)
    let test = try CommonOptions.load(invocation, split: .test)
    let threads = CommonOptions.threadCount(invocation)
    let instance = try ModelInstance(model, threads: threads)
    let source = ImageArray(training)
    // Before the folder is made: a mistake leaves nothing behind.
    try instance.check(source, hypers: options.hypers)
    instance.initialize(seed: options.seed)

    let folder = try makeFolder(invocation[out], model: model.manifest.name)
    try folder.write(
      configuration(
        model, options, training: training, test: test, dataFolder: invocation[CommonOptions.dataFolder],
        threads: threads))
    let isQuiet = invocation[quiet]
    if !isQuiet { announce(model, training, test, options, threads: threads, folder: folder) }
    var trainer = try Trainer(
      instance, data: source, validation: ImageArray(test), options: options, folder: folder)
    let result = try train(&trainer, metrics: model.manifest.objective.metrics, isQuiet: isQuiet)
    let pictures = try RunPictures(instance: instance, folder: folder, seed: options.seed).draw(test: test)
    conclude(result, folder: folder, model: model, pictures: pictures)
    return result.ending == .interrupted ? .interrupted : .success
  }

  private static func train(_ trainer: inout Trainer, metrics: [String], isQuiet: Bool) throws -> TrainingResult
  {
    let interrupt = Interrupt()
    var progress = ProgressReport(metrics: metrics, isQuiet: isQuiet)
    defer { progress.end() }
    return try withExtendedLifetime(interrupt) {
      try trainer.run(stop: interrupt.stop) { progress.tell($0) }
    }
  }

  private static func makeFolder(_ path: String?, model: String) throws -> RunFolder {
    if let path { return try RunFolder.make(at: path) }
    return try RunFolder.make(in: "runs", model: model)
  }

  private static func configuration(
    _ model: CompiledModel, _ options: TrainingOptions, training: Dataset, test: Dataset, dataFolder: String?,
    threads: Int
  ) -> RunConfiguration {
    let defaults = model.manifest.hypers.map { ($0.name, $0.defaultValue) }
    let hypers = Dictionary(defaults, uniquingKeysWith: { first, _ in first })
    return RunConfiguration(
      model: model.manifest.name, modelFolder: model.folder, digest: model.manifest.digest, data: training.name,
      dataFolder: dataFolder.map { URL(fileURLWithPath: $0).path },
      trainingImages: training.count, validationImages: test.count, epochs: options.epochs,
      batch: options.batch,
      rate: options.rate, hypers: hypers.merging(options.hypers) { _, given in given }, seed: options.seed,
      threads: threads)
  }

  private static func announce(
    _ model: CompiledModel, _ training: Dataset, _ test: Dataset, _ options: TrainingOptions, threads: Int,
    folder: RunFolder
  ) {
    let manifest = model.manifest
    let weights = manifest.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let hypers = manifest.hypers.map { "  \($0.name) \(options.hypers[$0.name] ?? $0.defaultValue)" }.joined()
    Terminal.say("model   \(manifest.name): \(Terminal.count(weights, "weight")), for \(manifest.target.cpu)")
    Terminal.say(
      "data    \(training.name): \(training.count) training and \(Terminal.count(test.count, "test image")) "
        + "(\(training.source))")
    Terminal.say(
      "train   \(Terminal.count(options.epochs, "epoch")), batch \(options.batch), "
        + "\(manifest.training.optimizer) rate \(options.rate)\(hypers)  seed \(options.seed)  "
        + Terminal.count(threads, "thread"))
    Terminal.say("folder  \(folder.path)")
  }

  private static func conclude(
    _ result: TrainingResult, folder: RunFolder, model: CompiledModel, pictures: [String]
  ) {
    let metrics = model.manifest.objective.metrics
    let ending =
      switch result.ending {
      case .finished: "trained"
      case .interrupted: "interrupted and saved at"
      case .stepLimit: "stopped at"
      }
    let steps = Terminal.count(result.position.step, "step")
    Terminal.say(
      "\(ending) \(Terminal.count(result.position.epoch, "epoch")) (\(steps)) in "
        + "\(Terminal.duration(result.seconds)), \(Int(result.imagesPerSecond)) images/s")
    if let last = result.last, let validation = last.validation {
      Terminal.say("test    \(Terminal.terms(metrics, validation))")
    }
    Terminal.say("")
    Terminal.say("\(folder.path)/")
    Terminal.say("  metrics.csv, metrics.jsonl   the curves")
    Terminal.say(
      "  last.safetensors             weights and optimizer state\(result.best == nil ? "" : "; best.safetensors: the best epoch")"
    )
    if !pictures.isEmpty { Terminal.say("  " + pictures.joined(separator: ", ")) }
    Terminal.say("")
    Terminal.say("next: vaerun evaluate --run \(folder.path)")
    if model.manifest.entry("sample") != nil {
      Terminal.say("      vaerun sample --run \(folder.path) --count 100")
    }
    Terminal.say("      vaerun latents --run \(folder.path)")
  }
}
