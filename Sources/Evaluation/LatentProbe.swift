public import Statistics

/// What a simple reader makes of codes: how much of the classes they hold, and how plainly.
public struct LatentProbe: Sendable {
  /// Of a linear classifier fitted to the training images' codes, on the test images'.
  public let linear: ConfusionMatrix
  /// Of a vote of the nearest training images' codes.
  public let neighbors: ConfusionMatrix

  /// - Parameters:
  ///   - train: codes with their classes, from 0.
  ///   - neighborCount: how many of the nearest vote; of classes with equal votes that of the nearest among them wins.
  public init(
    train: Matrix, trainLabels: [Int], test: Matrix, testLabels: [Int], classes: Int, neighborCount: Int,
    threads: Int
  ) throws {
    let probe = try SoftmaxRegression(train, labels: trainLabels, classes: classes)
    linear = ConfusionMatrix(truth: testLabels, predicted: try probe.classify(test), classes: classes)
    let nearest = try NearestNeighbors(train).nearest(neighborCount, to: test, threads: threads)
    let votes = nearest.map { Self.winner($0.map { trainLabels[$0.index] }) }
    neighbors = ConfusionMatrix(truth: testLabels, predicted: votes, classes: classes)
  }

  /// The most frequent label; of equals the one that comes first.
  static func winner(_ labels: [Int]) -> Int {
    var counts: [Int: Int] = [:]
    for label in labels { counts[label, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    return labels.first { counts[$0] == most } ?? 0
  }
}
