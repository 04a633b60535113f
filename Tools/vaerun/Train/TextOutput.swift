import Artifact
import Diagnostics
import Runtime

/// What people read: what is trained, a line that is rewritten where a person watches (with the loss as a curve) and a line
/// every ten seconds where not, a line or two after each epoch, and what the run has come to.
final class TextOutput: TrainingOutput {
  private static let liveInterval = 0.1
  private static let plainInterval = 10.0

  private let setup: TrainingSetup
  private let folder: RunFolder
  private let metrics: [String]
  /// Of the run; the next progress is told some time later.
  private var told = 0.0
  private var curve = Sparkline(width: 16)

  init(_ setup: TrainingSetup, _ folder: RunFolder) {
    self.setup = setup
    self.folder = folder
    metrics = setup.model.manifest.objective.metrics + [EpochMetrics.accuracy]
  }

  func begin() {
    let manifest = setup.model.manifest
    let configuration = setup.configuration
    let weights = manifest.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let settings = manifest.configuration.map { ", \($0.name) \($0.text)" }.joined()
    Terminal.say(
      "model   \(manifest.name): \(Terminal.count(weights, "weight"))\(settings), for \(manifest.target.cpu)")
    let held =
      configuration.validationImages == 0
      ? "" : ", \(Terminal.count(configuration.validationImages, "validation image"))"
    Terminal.say(
      "data    \(configuration.data): \(Terminal.count(configuration.trainingImages, "training image"))\(held), "
        + "\(Terminal.count(configuration.testImages, "test image")) (\(setup.training.source))")
    if let initial = configuration.initialWeights {
      Terminal.say(
        "init    \(initial.path): \(initial.tensors) of \(Terminal.count(manifest.weights.count, "tensor")) of the model"
      )
    }
    let hypers = manifest.hypers.map { hyper in
      let schedule = configuration.hyperSchedules?[hyper.name].map { "\($0)" }
      return "  \(hyper.name) \(schedule ?? "\(configuration.hypers[hyper.name] ?? hyper.defaultValue)")"
    }.joined()
    let warmUp = configuration.warmUp.map { ", warm-up \($0)" } ?? ""
    let schedule = configuration.rateSchedule.map { " \($0)" } ?? ""
    Terminal.say(
      "train   \(Terminal.count(configuration.epochs, "epoch")), batch \(configuration.batch), "
        + "\(manifest.training.optimizer) rate \(configuration.rate)\(schedule)\(warmUp)\(hypers)  seed \(configuration.seed)  "
        + Terminal.count(setup.instance.executor.threads, "thread"))
    let position = setup.start?.position
    let place = position.map { "  (goes on behind step \($0.step), in epoch \($0.epoch + 1))" } ?? ""
    Terminal.say("folder  \(folder.path)\(place)")
  }

  func tell(_ event: TrainingEvent) {
    switch event {
    case .step(let report): tell(report)
    case .epoch(let report): tell(report)
    }
  }

  func leave() {
    if Terminal.isLive { Terminal.clearLine() }
  }

  private func tell(_ report: StepReport) {
    if let loss = metrics.first.flatMap({ report.rowMetrics?[$0] }) { curve.add(loss) }
    let interval = Terminal.isLive ? Self.liveInterval : Self.plainInterval
    guard report.seconds - told >= interval else { return }
    told = report.seconds
    let place = "epoch \(report.epoch)/\(report.epochs)  step \(report.stepInEpoch)/\(report.stepsPerEpoch)  "
    let figures =
      "\(Terminal.terms(metrics, report.epochMetrics))  \(Int(report.imagesPerSecond)) images/s  "
      + "\(Terminal.duration(report.secondsLeft)) left"
    guard Terminal.isLive else { return Terminal.say(place + figures) }
    let shape = Terminal.hasUnicode ? curve.text : ""
    Terminal.overwrite([(place, nil), (shape, .cyan), (shape.isEmpty ? figures : "  " + figures, nil)])
  }

  private func tell(_ report: EpochReport) {
    told = report.seconds
    leave()
    let head = "epoch \(report.metrics.epoch)/\(report.epochs)"
    let tail = "\(Int(report.imagesPerSecond)) images/s  \(Terminal.duration(report.seconds))"
    Terminal.say("\(head)  train \(Terminal.terms(metrics, report.metrics.training))  \(tail)")
    let indent = String(repeating: " ", count: head.count)
    if let validation = report.metrics.validation {
      Terminal.say(
        "\(indent)  val   \(Terminal.terms(metrics, validation))\(report.isBest ? Terminal.colored("  best", .green) : "")"
      )
    }
    if let test = report.metrics.test { Terminal.say("\(indent)  test  \(Terminal.terms(metrics, test))") }
  }

  func end(_ result: TrainingResult, pictures: [String]) {
    let steps = Terminal.count(result.position.step, "step")
    Terminal.say(
      "\(words(for: result)) \(Terminal.count(result.position.epoch, "epoch")) (\(steps)) in "
        + "\(Terminal.duration(result.seconds)), \(Int(result.imagesPerSecond)) images/s")
    if let test = result.last?.test { Terminal.say("test    \(Terminal.terms(metrics, test))") }
    if let best = result.best, let validation = best.validation {
      Terminal.say("best    epoch \(best.epoch): validation \(Terminal.terms(metrics, validation))")
    }
    Terminal.say("")
    Terminal.say("\(folder.path)/")
    Terminal.say("  metrics.csv, metrics.jsonl   the curves")
    Terminal.say("  last.safetensors             weights and optimizer state")
    if let best = result.best {
      Terminal.say(
        "  best.safetensors             those of epoch \(best.epoch), which had the least validation loss")
    }
    if !pictures.isEmpty { Terminal.say("  " + pictures.joined(separator: ", ")) }
    Terminal.say("")
    let isAtEnd = result.ending == .finished || result.ending == .patience
    if !isAtEnd { Terminal.say("to go on: vaerun train --resume \(folder.path)") }
    Terminal.say("next: vaerun evaluate --run \(folder.path)\(result.best == nil ? "" : " --best")")
    if setup.instance.classCount != nil { Terminal.say("      vaerun confusion --run \(folder.path)") }
    if setup.model.manifest.entry("sample")?.image != nil {
      Terminal.say("      vaerun sample --run \(folder.path) --count 100")
    }
    Terminal.say("      vaerun latents --run \(folder.path)")
  }

  private func words(for result: TrainingResult) -> String {
    switch result.ending {
    case .finished: "trained"
    case .interrupted: "interrupted and saved at"
    case .stepLimit: "stopped by --steps at"
    case .timeLimit: "stopped by --limit-time at"
    case .patience: "stopped by --patience at"
    }
  }
}
