import Artifact
import Random

/// Trains an instance on images: every epoch takes all of them in an order that the seed and the epoch choose, the
/// last and smaller batch too, then evaluates on the images that are held out and on the test images.
///
/// In a run folder it writes the metrics; `last.safetensors` before the first step, within epochs as `options.saving`
/// says, after each epoch and when it stops; `best.safetensors` after each epoch whose validation loss was the least so
/// far. A loss that is NaN or infinite stops it with `RunError.notFinite`; what was saved before stays.
///
/// Training that goes on from what `ModelInstance.resume` returns ends in the same bits as training that never stopped.
public struct Trainer {
  private let instance: ModelInstance
  private let data: TrainingData
  private let options: TrainingOptions
  private let entry: Manifest.Entry
  private let metricNames: [String]
  private let hypers: [String: Double]
  /// The last and smaller batch counts too.
  public let stepsPerEpoch: Int
  private let stepsPerRow: Int
  private let start: TrainingState?

  private var state: TrainingState
  private var folder: RunFolder?
  private var log: MetricsLog?
  private var clock = TrainingClock(before: 0)
  private var lastSave = 0.0

  private static let rowsPerEpoch = 50

  /// Checks all that can be checked before the first step; writes nothing.
  /// - Parameter start: where to go on; nil begins at the beginning.
  /// - Throws: `RunError` where the data do not suit the model, an option is out of range or training had come to its
  ///   end before, `ModelError` where the model cannot be trained.
  public init(
    _ instance: ModelInstance, data: TrainingData, options: TrainingOptions, from start: TrainingState? = nil
  ) throws {
    try instance.check(
      data.images, hypers: options.hypers.merging(options.hyperSchedules.mapValues(\.to)) { $1 })
    let trained = try instance.model.entry(ModelInstance.trainingEntry)
    try instance.checkLabels(of: data.images, for: trained)
    if let test = data.test {
      try instance.check(test)
      try instance.checkLabels(of: test, for: trained)
    }
    guard !data.training.isEmpty else { throw RunError.noImages }
    if data.validation.isEmpty {
      if options.patience != nil { throw RunError.patienceWithoutValidation }
      if case .plateau = options.rateSchedule { throw RunError.plateauWithoutValidation }
    }
    let batch = max(1, min(options.batch, data.training.count))
    let steps = (data.training.count - 1) / batch + 1
    let (total, overflow) = steps.multipliedReportingOverflow(by: max(options.epochs, 1))
    guard !overflow, total <= Int(Int32.max) else { throw RunError.tooManySteps }
    self.instance = instance
    self.data = data
    self.options = options
    self.start = start
    entry = trained
    metricNames = entry.results.filter { $0.role == .metric }.map(\.name)
    let defaults = instance.manifest.hypers.map { ($0.name, $0.defaultValue) }
    hypers = Dictionary(defaults, uniquingKeysWith: { first, _ in first })
      .merging(options.hypers) { $1 }.merging(options.hyperSchedules.mapValues(\.to)) { $1 }
    stepsPerEpoch = steps
    stepsPerRow = max(1, steps / Self.rowsPerEpoch)
    state = start ?? TrainingState(seed: options.seed, batch: batch)
    try check(state, batch: batch)
    if let reason = reasonToEnd { throw RunError.nothingLeft(reason: reason) }
  }

  /// A checkpoint of other data or another batch would put steps at wrong places of the epoch.
  private func check(_ state: TrainingState, batch: Int) throws {
    guard state.batch == batch else { throw RunError.otherBatch(found: batch, needed: state.batch) }
    let position = state.position
    let (before, overflow) = position.epoch.multipliedReportingOverflow(by: stepsPerEpoch)
    guard !overflow, position.step >= before, position.step - before < stepsPerEpoch else {
      throw RunError.otherPosition(step: position.step, epoch: position.epoch, stepsPerEpoch: stepsPerEpoch)
    }
  }

  /// Trains to the end, or until it is asked to stop.
  /// - Parameters:
  ///   - folder: where the run is kept; nil keeps nothing. Metrics that are there are gone on with.
  ///   - progress: called after each step and each epoch
  public mutating func run(
    in folder: RunFolder? = nil, stop: StopRequest = StopRequest(),
    progress: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> TrainingResult {
    self.folder = folder
    log = try folder.map {
      let hypers = instance.manifest.hypers.map(\.name)
      return try MetricsLog(
        $0, hypers: hypers, metrics: metricNames, hasAccuracy: instance.classCount != nil,
        keepingUpTo: state.position.step)
    }
    clock = TrainingClock(before: log?.secondsBefore ?? 0)
    lastSave = 0
    if start == nil { try saveLast() }
    var ending: TrainingResult.Ending?
    while ending == nil { ending = try runEpoch(stop: stop, progress: progress) }
    return TrainingResult(
      ending: ending ?? .finished, position: state.position, last: state.memory.last, best: state.memory.best,
      imagesPerSecond: clock.imagesPerSecond, seconds: clock.seconds)
  }

  /// Trains to the end of the epoch, or until something ends training.
  private mutating func runEpoch(
    stop: StopRequest, progress: (TrainingEvent) throws -> Void
  ) throws -> TrainingResult.Ending? {
    let epoch = state.position.epoch + 1
    let stream = RandomStream(seed: options.seed, domain: .shuffle, stream: streamIdentifier(of: "order"))
    let order = stream.permutation(count: data.training.count, epoch: UInt32(truncatingIfNeeded: epoch))
    let first = state.position.step - state.position.epoch * stepsPerEpoch
    for stepInEpoch in stride(from: first + 1, through: stepsPerEpoch, by: 1) {
      let places = order[(stepInEpoch - 1) * state.batch..<min(stepInEpoch * state.batch, order.count)]
      let report = try step(places.map { data.training[$0] }, epoch: epoch, stepInEpoch: stepInEpoch)
      try log?.step(report)
      try progress(.step(report))
      guard stepInEpoch < stepsPerEpoch else { break }
      if let ending = endingNow(stop) {
        try saveLast()
        return ending
      }
      if isTimeToSave { try saveLast() }
    }
    try finish(epoch: epoch, progress: progress)
    if state.position.epoch >= options.epochs { return .finished }
    if isOutOfPatience { return .patience }
    return endingNow(stop)
  }

  /// One optimizer step.
  private mutating func step(_ images: [Int], epoch: Int, stepInEpoch: Int) throws -> StepReport {
    let inputs = inputs(step: state.position.step + 1, epoch: epoch)
    let begin = clock.secondsSinceBegin
    let arguments = try instance.arguments(of: entry, images: images[...], source: data.images, inputs: inputs)
    let results = try instance.call(entry.name, arguments, count: images.count)
    clock.countStep(images: images.count, since: begin)
    state.position.step += 1
    var metrics: [String: Double] = [:]
    for name in metricNames { metrics[name] = Double(results[name]?.floats?.first ?? .nan) }
    try checkFinite(metrics, epoch: epoch)
    state.memory.epochMeans.add(metrics, images: images.count)
    state.memory.rowMeans.add(metrics, images: images.count)
    var report = StepReport(
      epoch: epoch, epochs: options.epochs, stepInEpoch: stepInEpoch, stepsPerEpoch: stepsPerEpoch,
      step: state.position.step, images: images.count, rate: inputs.rate, hypers: inputs.hypers,
      metrics: metrics, epochMetrics: state.memory.epochMeans.values, imagesPerSecond: clock.imagesPerSecond,
      seconds: clock.seconds, secondsLeft: secondsLeft)
    if stepInEpoch % stepsPerRow == 0 || stepInEpoch == stepsPerEpoch {
      report.rowMetrics = state.memory.rowMeans.values
      state.memory.rowMeans = RunningMeans()
    }
    return report
  }

  private mutating func finish(epoch: Int, progress: (TrainingEvent) throws -> Void) throws {
    let validation =
      data.validation.isEmpty ? nil : try terms(of: data.images, data.validation, epoch, "validation ")
    let test = try data.test.map { try terms(of: $0, nil, epoch, "test ") }
    let metrics = EpochMetrics(
      epoch: epoch, step: state.position.step, training: state.memory.epochMeans.values, validation: validation,
      test: test)
    let least = state.memory.best?.validation?[lossName] ?? .infinity
    let isBest = metrics.validation?[lossName].map { $0 < least } ?? false
    let inputs = inputs(step: state.position.step, epoch: epoch)
    let report = EpochReport(
      metrics: metrics, epochs: options.epochs, rate: inputs.rate, hypers: inputs.hypers,
      imagesPerSecond: clock.imagesPerSecond, seconds: clock.seconds, isBest: isBest)
    // The rows first: a checkpoint says that all rows up to its step are there.
    try log?.epoch(report)
    state.position.epoch = epoch
    state.memory.epochMeans = RunningMeans()
    state.memory.last = metrics
    if isBest { state.memory.best = metrics }
    if case .plateau(_, let patience) = options.rateSchedule, let loss = metrics.validation?[lossName] {
      state.memory.plateau = (state.memory.plateau ?? PlateauWatch()).adding(loss, patience: patience)
    }
    // And the best before the last: where the process ends between them, the epoch's end is done again.
    if let folder, isBest, instance.weightsAreFinite { try instance.save(to: folder.best, state: state) }
    try saveLast()
    try progress(.epoch(report))
  }

  private func terms(
    of source: any ImageSource, _ images: [Int]?, _ epoch: Int, _ prefix: String
  ) throws -> [String: Double] {
    let inputs = EntryInputs(seed: options.seed, hypers: hypers)
    var terms = try instance.meanTerms(of: source, images: images, inputs: inputs)
    try checkFinite(terms, epoch: epoch, prefix: prefix)
    terms[EpochMetrics.accuracy] = try instance.accuracy(of: source, images: images, inputs: inputs)
    return terms
  }

  /// A step may leave weights that are no numbers although its own loss was one: those are not saved.
  private mutating func saveLast() throws {
    guard instance.weightsAreFinite else {
      throw RunError.notFinite(
        metric: "a weight", value: "NaN or infinite", epoch: (state.position.step - 1) / stepsPerEpoch + 1,
        step: state.position.step, kept: folder?.last)
    }
    lastSave = clock.secondsSinceBegin
    if let folder { try instance.save(to: folder.last, state: state) }
  }

  private func checkFinite(_ metrics: [String: Double], epoch: Int, prefix: String = "") throws {
    for name in metricNames {
      guard let value = metrics[name], !value.isFinite else { continue }
      throw RunError.notFinite(
        metric: prefix + name, value: value.isNaN ? "NaN" : "infinite", epoch: epoch, step: state.position.step,
        kept: folder?.last)
    }
  }
}

// What follows schedules.
extension Trainer {
  /// What a step is given besides images.
  private func inputs(step: Int, epoch: Int) -> EntryInputs {
    let warmUp = options.warmUp?.steps(perEpoch: stepsPerEpoch) ?? 0
    let factor = options.rateSchedule.factor(
      step: step, of: options.epochs * stepsPerEpoch, stepsPerEpoch: stepsPerEpoch, warmUp: warmUp,
      reductions: state.memory.plateau?.reductions ?? 0)
    let rise = Double(step) < warmUp ? Double(step) / warmUp : 1
    let scheduled = options.hyperSchedules.mapValues { $0.value(step: step, stepsPerEpoch: stepsPerEpoch) }
    return EntryInputs(
      seed: options.seed, epoch: epoch, step: step, rate: options.rate * factor * rise,
      hypers: hypers.merging(scheduled) { $1 })
  }
}

// When training ends, and when it saves.
extension Trainer {
  private var lossName: String { instance.manifest.objective.metrics.first ?? "loss" }

  private var isTimeToSave: Bool {
    switch options.saving {
    case .steps(let steps): state.position.step.isMultiple(of: steps)
    case .seconds(let seconds): clock.secondsSinceBegin - lastSave >= seconds
    }
  }

  private var isOutOfPatience: Bool {
    guard let patience = options.patience, let best = state.memory.best else { return false }
    return state.position.epoch - best.epoch >= patience
  }

  private func endingNow(_ stop: StopRequest) -> TrainingResult.Ending? {
    if stop.isRequested { return .interrupted }
    if let limit = options.stepLimit, state.position.step >= limit { return .stepLimit }
    if let limit = options.timeLimit, clock.secondsSinceBegin >= limit { return .timeLimit }
    return nil
  }

  /// Why there is nothing to train before the first step.
  private var reasonToEnd: String? {
    if state.position.epoch >= options.epochs {
      return "\(state.position.epoch) epochs are done: go on with a larger --epochs"
    }
    if isOutOfPatience, let best = state.memory.best {
      return "no epoch since epoch \(best.epoch) had a smaller validation loss: go on with a larger --patience"
    }
    if let limit = options.stepLimit, state.position.step >= limit {
      return "\(state.position.step) steps are done: go on with a larger --steps"
    }
    return nil
  }

  private var secondsLeft: Double {
    let all = options.epochs * stepsPerEpoch
    let total = options.stepLimit.map { min($0, all) } ?? all
    let done = state.position.step - (start?.position.step ?? 0)
    let left = clock.secondsSinceBegin / Double(max(1, done)) * Double(max(0, total - state.position.step))
    return options.timeLimit.map { min(left, max(0, $0 - clock.secondsSinceBegin)) } ?? left
  }
}
