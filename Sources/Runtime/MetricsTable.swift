import Artifact
import Foundation

/// The `metrics.csv` of a run, read back.
public struct MetricsTable: Sendable {
  public struct Row: Equatable, Sendable {
    /// `train`, `validation` (images held out) or `test`.
    public var split: String
    public var epoch: Int
    public var step: Int
    /// Since the run began.
    public var seconds: Double
    /// Of training, without evaluation.
    public var imagesPerSecond: Double
    /// The learning rate.
    public var rate: Double
    /// By the names of the hypers.
    public var hypers: [String: Double]
    /// By the names of the terms, and `accuracy`, where the row has it.
    public var values: [String: Double]
  }

  /// The terms' names, in the order of the columns.
  public var metrics: [String]
  /// The hypers' names, in the order of the columns.
  public var hypers: [String]
  public var rows: [Row]

  /// Reads a run's metrics. A row that is cut off (the disk was full) is left out.
  public init(_ folder: RunFolder) throws {
    let text = String(decoding: try readFile(folder.metricsTable), as: UTF8.self)
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let fields = MetricsLog.fields.count
    guard let header = lines.first, Array(header.prefix(fields)) == MetricsLog.fields else {
      throw RunError.badRun(path: folder.path, reason: "its metrics.csv is damaged")
    }
    let names = Array(header.dropFirst(fields))
    let prefix = MetricsLog.hyperPrefix
    let hypers = names.prefix { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    let metrics = Array(names.dropFirst(hypers.count))
    self.hypers = hypers
    self.metrics = metrics
    rows = lines.dropFirst().compactMap { line in
      // What is not measured in a row is empty.
      let isMeasured = !(header.last == EpochMetrics.accuracy && line.last?.isEmpty == true)
      let written = isMeasured ? line : line.dropLast()
      let numbers = written.dropFirst().compactMap { Double($0) }
      guard line.count == header.count, numbers.count == written.count - 1, let epoch = Int(line[1]),
        let step = Int(line[2])
      else { return nil }
      let terms = numbers.dropFirst(fields - 1)
      func named(_ names: [String], _ numbers: some Sequence<Double>) -> [String: Double] {
        Dictionary(zip(names, numbers), uniquingKeysWith: { first, _ in first })
      }
      return Row(
        split: line[0], epoch: epoch, step: step, seconds: numbers[2], imagesPerSecond: numbers[3],
        rate: numbers[4],
        hypers: named(hypers, terms), values: named(metrics, terms.dropFirst(hypers.count)))
    }
  }
}
