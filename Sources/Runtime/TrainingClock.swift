/// The times of a run: how long it has been trained, by this process and those before it, and how fast this one is.
struct TrainingClock {
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private let before: Double
  private var trainingSeconds = 0.0
  private var trainedImages = 0

  /// - Parameter before: seconds that the run was trained before this process.
  init(before: Double) {
    begin = clock.now
    self.before = before
  }

  /// Of this process.
  var secondsSinceBegin: Double { begin.duration(to: clock.now) / .seconds(1) }

  /// Of the run.
  var seconds: Double { before + secondsSinceBegin }

  /// Images per second of training.
  var imagesPerSecond: Double { trainingSeconds > 0 ? Double(trainedImages) / trainingSeconds : 0 }

  /// Counts a step that took place since a time by `secondsSinceBegin`.
  mutating func countStep(images: Int, since start: Double) {
    trainingSeconds += secondsSinceBegin - start
    trainedImages += images
  }
}
