/// How often points of each class were taken for each class.
public struct ConfusionMatrix: Sendable, Equatable {
  public let classes: Int
  /// [true class][predicted class].
  public private(set) var counts: [[Int]]

  /// Pairs whose numbers are no classes are left out.
  public init(truth: [Int], predicted: [Int], classes: Int) {
    self.classes = classes
    counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    for (label, guess) in zip(truth, predicted)
    where counts.indices.contains(label) && counts.indices.contains(guess) {
      counts[label][guess] += 1
    }
  }

  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The share that was right; 0 where there are no points.
  public var accuracy: Double {
    total == 0 ? 0 : Double(counts.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
  }

  /// Each row divided by its sum: the diagonal is each class's recall.
  public var rowNormalized: [[Double]] {
    counts.map { row in
      let sum = row.reduce(0, +)
      return row.map { sum == 0 ? 0 : Double($0) / Double(sum) }
    }
  }
}
