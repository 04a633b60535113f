import Synchronization

/// How to train. `init(_:)` has what the model's text declares.
public struct TrainingOptions: Sendable {
  public var epochs: Int
  public var batch: Int
  /// The learning rate.
  public var rate: Double
  /// Values of hypers; those that are not here have the model's defaults.
  public var hypers: [String: Double]
  /// Chooses the order of the images and the noise (the first weights are the instance's).
  public var seed: UInt64
  /// Training ends after this many optimizer steps even within an epoch.
  public var stepLimit: Int?
  /// Where training goes on; nil begins at the beginning. The data and the batch have to be the same as before.
  public var start: TrainingPosition?

  /// The defaults that the model declares.
  public init(_ model: CompiledModel) {
    let training = model.manifest.training
    self.init(epochs: training.epochs, batch: training.batch, rate: training.rate)
  }

  public init(
    epochs: Int, batch: Int, rate: Double, hypers: [String: Double] = [:], seed: UInt64 = 1,
    stepLimit: Int? = nil,
    start: TrainingPosition? = nil
  ) {
    self.epochs = epochs
    self.batch = batch
    self.rate = rate
    self.hypers = hypers
    self.seed = seed
    self.stepLimit = stepLimit
    self.start = start
  }
}

/// Asks training to save and stop after the step that it is at. May be asked from any thread.
public final class StopRequest: Sendable {
  private let flag = Atomic(false)

  public init() {}

  public func request() { flag.store(true, ordering: .relaxed) }

  public var isRequested: Bool { flag.load(ordering: .relaxed) }
}

/// What training tells while it runs.
public enum TrainingEvent: Sendable {
  case step(StepReport)
  case epoch(EpochReport)
}

/// One optimizer step.
public struct StepReport: Sendable {
  /// From 1.
  public var epoch: Int
  public var epochs: Int
  /// From 1, in this epoch.
  public var stepInEpoch: Int
  public var stepsPerEpoch: Int
  /// From 1, since the beginning of training.
  public var step: Int
  /// Images of this batch.
  public var images: Int
  /// The batch's means of the terms.
  public var metrics: [String: Double]
  /// Means over the epoch's images so far.
  public var epochMetrics: [String: Double]
  /// Over this epoch's steps so far.
  public var imagesPerSecond: Double
  /// Since training began.
  public var seconds: Double
  /// At the pace so far, validation included.
  public var secondsLeft: Double
}

/// The end of an epoch.
public struct EpochReport: Sendable {
  /// From 1.
  public var epoch: Int
  public var epochs: Int
  public var step: Int
  /// Means over the epoch's images, each before its step.
  public var training: [String: Double]
  /// Means over the validation images; nil where there are none.
  public var validation: [String: Double]?
  public var imagesPerSecond: Double
  /// Since training began.
  public var seconds: Double
  /// Whether no epoch before it was as good.
  public var isBest: Bool
}

/// How training ended.
public struct TrainingResult: Sendable {
  public enum Ending: Sendable {
    case finished
    case interrupted
    case stepLimit
  }

  public var ending: Ending
  public var position: TrainingPosition
  /// The last finished epoch's report, if one was finished.
  public var last: EpochReport?
  /// The best epoch's report: the least validation loss (training loss where nothing validates).
  public var best: EpochReport?
  /// Images trained on per second of training, validation left out.
  public var imagesPerSecond: Double
  public var seconds: Double
}
