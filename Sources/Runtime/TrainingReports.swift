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
  /// From 1, since the beginning of the run.
  public var step: Int
  /// Images of this batch.
  public var images: Int
  /// The learning rate and the hypers that the step had.
  public var rate: Double
  public var hypers: [String: Double]
  /// The batch's means of the terms.
  public var metrics: [String: Double]
  /// Means over the epoch's images so far.
  public var epochMetrics: [String: Double]
  /// Means over the images since the row before, where this step ends a row of the metrics: about fifty times an epoch.
  public var rowMetrics: [String: Double]?
  /// Images of this process per second of training, evaluation left out.
  public var imagesPerSecond: Double
  /// Since the run began, without the time between two processes.
  public var seconds: Double
  /// At the pace so far, evaluation included.
  public var secondsLeft: Double
}

/// What an epoch came to.
public struct EpochMetrics: Codable, Equatable, Sendable {
  /// The name of what the images that are not trained on have beside the terms, where the decoder makes a class: the share of
  /// those whose class it tells.
  public static let accuracy = "accuracy"

  /// From 1.
  public var epoch: Int
  /// Optimizer steps done.
  public var step: Int
  /// Means over the epoch's images, each before its step.
  public var training: [String: Double]
  /// Means over the images that are held out; nil where there are none.
  public var validation: [String: Double]?
  /// Means over the test images; nil where there are none.
  public var test: [String: Double]?
}

/// The end of an epoch.
public struct EpochReport: Sendable {
  public var metrics: EpochMetrics
  public var epochs: Int
  /// The learning rate and the hypers of the epoch's last step.
  public var rate: Double
  public var hypers: [String: Double]
  public var imagesPerSecond: Double
  /// Since the run began, without the time between two processes.
  public var seconds: Double
  /// Whether no epoch before it had so small a validation loss; false where nothing is held out.
  public var isBest: Bool
}

/// How training ended.
public struct TrainingResult: Sendable {
  public enum Ending: String, Sendable {
    /// All epochs are done.
    case finished
    case interrupted
    case stepLimit
    case timeLimit
    /// The validation loss has not become less for too long.
    case patience
  }

  public var ending: Ending
  public var position: TrainingPosition
  /// The last finished epoch, if one was finished.
  public var last: EpochMetrics?
  /// The epoch with the least validation loss, where images are held out.
  public var best: EpochMetrics?
  /// Images of this process per second of training, evaluation left out.
  public var imagesPerSecond: Double
  /// Since the run began, without the time between two processes.
  public var seconds: Double
}
