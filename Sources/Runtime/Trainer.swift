import Artifact
import Random

/// Trains an instance on images: every epoch takes all of them in an order that the seed and the epoch choose, the
/// last and smaller batch too, then evaluates on the validation images.
///
/// With a run folder it writes `last.safetensors` before the first step, after each epoch and when it is interrupted,
/// `best.safetensors` after each epoch that was the best, and the metrics. A loss that is NaN or infinite stops it with
/// `RunError.notFinite`; what was saved before stays.
public struct Trainer {
  private let instance: ModelInstance
  private let data: any ImageSource
  private let validation: (any ImageSource)?
  private let options: TrainingOptions
  private let folder: RunFolder?
  private let entry: Manifest.Entry
  private let metricNames: [String]
  private let stepsPerEpoch: Int

  private var position: TrainingPosition
  private var log: MetricsLog?
  private var best: EpochReport?
  private var last: EpochReport?
  private let clock = ContinuousClock()
  private var trainingSeconds = 0.0
  private var trainedImages = 0

  /// - Throws: `RunError` where the data do not suit the model or an option is out of range, `ModelError` where the
  ///   model cannot be trained.
  public init(
    _ instance: ModelInstance, data: any ImageSource, validation: (any ImageSource)? = nil,
    options: TrainingOptions, folder: RunFolder? = nil
  ) throws {
    try instance.check(data, hypers: options.hypers)
    if let validation { try instance.check(validation) }
    let batch = max(1, min(options.batch, data.count))
    let steps = (data.count - 1) / batch + 1
    let (total, overflow) = steps.multipliedReportingOverflow(by: max(options.epochs, 1))
    guard !overflow, total <= Int(Int32.max) else { throw RunError.tooManySteps }
    self.instance = instance
    self.data = data
    self.validation = validation
    self.options = options
    self.folder = folder
    entry = try instance.model.entry(ModelInstance.trainingEntry)
    metricNames = entry.results.filter { $0.role == .metric }.map(\.name)
    stepsPerEpoch = steps
    position = options.start ?? TrainingPosition(seed: options.seed)
    log = try folder.map { try MetricsLog($0, metrics: metricNames) }
  }

  private var batch: Int { max(1, min(options.batch, data.count)) }

  /// Trains to the end, or until it is asked to stop.
  /// - Parameter progress: called after each step and each epoch.
  public mutating func run(
    stop: StopRequest = StopRequest(), progress: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> TrainingResult {
    let begin = clock.now
    if let folder, options.start == nil { try instance.save(to: folder.last, position: position) }
    var ending = TrainingResult.Ending.finished
    while position.epoch < options.epochs, ending == .finished {
      ending = try runEpoch(begin: begin, stop: stop, progress: progress)
    }
    return TrainingResult(
      ending: ending, position: position, last: last, best: best, imagesPerSecond: imagesPerSecond,
      seconds: seconds(since: begin))
  }

  private mutating func runEpoch(
    begin: ContinuousClock.Instant, stop: StopRequest, progress: (TrainingEvent) throws -> Void
  ) throws -> TrainingResult.Ending {
    let epoch = position.epoch + 1
    let stream = RandomStream(seed: options.seed, domain: .shuffle, stream: streamIdentifier(of: "order"))
    let order = stream.permutation(count: data.count, epoch: UInt32(truncatingIfNeeded: epoch))
    var means = RunningMeans()
    let first = max(0, position.step - position.epoch * stepsPerEpoch)
    for stepInEpoch in stride(from: first + 1, through: stepsPerEpoch, by: 1) {
      let slice = order[(stepInEpoch - 1) * batch..<min(stepInEpoch * batch, data.count)]
      let metrics = try step(slice, epoch: epoch)
      means.add(metrics, images: slice.count)
      let report = StepReport(
        epoch: epoch, epochs: options.epochs, stepInEpoch: stepInEpoch, stepsPerEpoch: stepsPerEpoch,
        step: position.step, images: slice.count, metrics: metrics, epochMetrics: means.values,
        imagesPerSecond: imagesPerSecond, seconds: seconds(since: begin), secondsLeft: secondsLeft(since: begin)
      )
      try log?.step(report, rate: options.rate)
      try progress(.step(report))
      if stepInEpoch < stepsPerEpoch {
        if stop.isRequested { return try end(.interrupted) }
        if let limit = options.stepLimit, position.step >= limit { return try end(.stepLimit) }
      }
    }
    position.epoch = epoch
    try finish(epoch: epoch, means: means, begin: begin, progress: progress)
    if stop.isRequested, epoch < options.epochs { return .interrupted }
    if let limit = options.stepLimit, position.step >= limit { return .stepLimit }
    return .finished
  }

  /// One optimizer step; returns the batch's means.
  private mutating func step(_ images: ArraySlice<Int>, epoch: Int) throws -> [String: Double] {
    let start = clock.now
    let inputs = EntryInputs(
      seed: options.seed, epoch: epoch, step: position.step + 1, rate: options.rate, hypers: options.hypers)
    let arguments = try instance.arguments(of: entry, images: images, source: data, inputs: inputs)
    let results = try instance.call(entry.name, arguments, count: images.count)
    position.step += 1
    trainingSeconds += seconds(since: start)
    trainedImages += images.count
    var metrics: [String: Double] = [:]
    for name in metricNames { metrics[name] = Double(results[name]?.floats?.first ?? .nan) }
    try checkFinite(metrics, epoch: epoch)
    return metrics
  }

  private mutating func finish(
    epoch: Int, means: RunningMeans, begin: ContinuousClock.Instant, progress: (TrainingEvent) throws -> Void
  ) throws {
    let terms = try validation.map { source in
      try instance.meanTerms(
        of: source, inputs: EntryInputs(seed: options.seed, hypers: options.hypers))
    }
    if let terms { try checkFinite(terms, epoch: epoch, prefix: "validation ") }
    let loss = (terms ?? means.values)[lossName] ?? .infinity
    let isBest = best.map { loss < (($0.validation ?? $0.training)[lossName] ?? .infinity) } ?? true
    let report = EpochReport(
      epoch: epoch, epochs: options.epochs, step: position.step, training: means.values, validation: terms,
      imagesPerSecond: imagesPerSecond, seconds: seconds(since: begin), isBest: isBest)
    last = report
    if isBest { best = report }
    try saveLast()
    if let folder, isBest { try instance.save(to: folder.best, position: position) }
    try log?.epoch(report, rate: options.rate)
    try progress(.epoch(report))
  }

  private func end(_ ending: TrainingResult.Ending) throws -> TrainingResult.Ending {
    try saveLast()
    return ending
  }

  /// A step may leave weights that are no numbers although its own loss was one: those are not saved.
  private func saveLast() throws {
    guard instance.weightsAreFinite else {
      throw RunError.notFinite(
        metric: "a weight", value: "NaN or infinite", epoch: position.epoch, step: position.step,
        kept: folder?.last)
    }
    if let folder { try instance.save(to: folder.last, position: position) }
  }

  private func checkFinite(_ metrics: [String: Double], epoch: Int, prefix: String = "") throws {
    for name in metricNames {
      guard let value = metrics[name], !value.isFinite else { continue }
      throw RunError.notFinite(
        metric: prefix + name, value: value.isNaN ? "NaN" : "infinite", epoch: epoch, step: position.step,
        kept: folder?.last)
    }
  }

  private var lossName: String { instance.manifest.objective.metrics.first ?? "loss" }

  private var imagesPerSecond: Double { trainingSeconds > 0 ? Double(trainedImages) / trainingSeconds : 0 }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    start.duration(to: clock.now) / .seconds(1)
  }

  private func secondsLeft(since begin: ContinuousClock.Instant) -> Double {
    let total =
      options.stepLimit.map { min($0, options.epochs * stepsPerEpoch) } ?? options.epochs * stepsPerEpoch
    let done = position.step - (options.start?.step ?? 0)
    return done > 0 ? seconds(since: begin) / Double(done) * Double(max(0, total - position.step)) : 0
  }
}

/// Means over images of terms that come as means over batches.
struct RunningMeans {
  private var sums: [String: Double] = [:]
  private var images = 0

  mutating func add(_ metrics: [String: Double], images count: Int) {
    images += count
    for (name, value) in metrics { sums[name, default: 0] += value * Double(count) }
  }

  var values: [String: Double] { images == 0 ? [:] : sums.mapValues { $0 / Double(images) } }
}
