import Runtime

/// What `vaerun train` prints.
protocol TrainingOutput: AnyObject {
  /// Before the first step.
  func begin()
  /// While it trains.
  func tell(_ event: TrainingEvent)
  /// Behind the last step, whatever ended training: the cursor is to stand in an empty line.
  func leave()
  /// Behind the pictures, where no error ended training.
  func end(_ result: TrainingResult, pictures: [String])
}

/// Nothing.
final class QuietOutput: TrainingOutput {
  func begin() {}
  func tell(_ event: TrainingEvent) {}
  func leave() {}
  func end(_ result: TrainingResult, pictures: [String]) {}
}
