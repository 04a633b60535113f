import Artifact
import Foundation

/// The `metrics.csv` of a run, read back.
public struct MetricsTable: Sendable {
  public struct Row: Equatable, Sendable {
    /// `train` or `validation`.
    public var split: String
    public var epoch: Int
    public var step: Int
    /// By the names of the terms.
    public var values: [String: Double]
  }

  /// The terms' names, in the order of the columns.
  public var metrics: [String]
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
    metrics = names
    rows = lines.dropFirst().compactMap { line in
      guard line.count == header.count, let epoch = Int(line[1]), let step = Int(line[2]) else { return nil }
      let numbers = line.dropFirst(fields).compactMap { Double($0) }
      guard numbers.count == names.count else { return nil }
      return Row(
        split: line[0], epoch: epoch, step: step,
        values: Dictionary(zip(names, numbers), uniquingKeysWith: { first, _ in first }))
    }
  }
}
