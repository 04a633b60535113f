import Artifact
import Foundation

/// The metrics of a run, as `metrics.csv` and as JSON lines (`metrics.jsonl`) with the same fields:
///
///     split,epoch,step,seconds,images_per_second,rate,hyper.beta,loss,reconstruction,kl
///
/// A row of the split `train` has the means over the images since the row before it, about fifty rows an epoch. Rows of
/// the splits `validation` (images held out) and `test` end an epoch. They alone have the last column, `accuracy`, of a model
/// whose decoder makes a class. Every row is written with one call, so that no reader ever finds half of one.
final class MetricsLog {
  static let fields = ["split", "epoch", "step", "seconds", "images_per_second", "rate"]
  /// What the names of the columns of hypers begin with.
  static let hyperPrefix = "hyper."

  private let hypers: [String]
  private let metrics: [String]
  private let table: FileHandle
  private let lines: FileHandle
  private let paths: (table: String, lines: String)
  /// The seconds of the last row that was there before: time goes on from there.
  let secondsBefore: Double

  /// Begins the two files, or goes on with those that are there.
  /// - Parameter step: rows of later steps are cut off: the steps will be done again.
  init(_ folder: RunFolder, hypers: [String], metrics: [String], hasAccuracy: Bool, keepingUpTo step: Int)
    throws
  {
    func header(_ metrics: [String]) -> String {
      (Self.fields + hypers.map { Self.hyperPrefix + $0 } + metrics).joined(separator: ",") + "\n"
    }
    self.hypers = hypers
    // A run that an older runner began goes on without the accuracy.
    let lacksAccuracy = try MetricsFiles.header(of: folder.metricsTable) == header(metrics)
    self.metrics = metrics + (hasAccuracy && !lacksAccuracy ? [EpochMetrics.accuracy] : [])
    paths = (folder.metricsTable, folder.metricsLines)
    let header = header(self.metrics)
    let rows = try MetricsFiles.rows(of: folder.metricsTable, header: header, upTo: step)
    let lines = try MetricsFiles.lines(of: folder.metricsLines, upTo: step)
    secondsBefore = rows.last?.seconds ?? 0
    try MetricsFiles.write(header + rows.map(\.text).joined(), to: folder.metricsTable)
    try MetricsFiles.write(lines.joined(), to: folder.metricsLines)
    table = try Self.open(folder.metricsTable)
    self.lines = try Self.open(folder.metricsLines)
  }

  func step(_ report: StepReport) throws {
    guard let values = report.rowMetrics else { return }
    try write(
      "train", epoch: report.epoch, step: report.step, seconds: report.seconds, pace: report.imagesPerSecond,
      rate: report.rate, hypers: report.hypers, values)
  }

  func epoch(_ report: EpochReport) throws {
    let metrics = report.metrics
    for (split, values) in [("validation", metrics.validation), ("test", metrics.test)] {
      guard let values else { continue }
      try write(
        split, epoch: metrics.epoch, step: metrics.step, seconds: report.seconds, pace: report.imagesPerSecond,
        rate: report.rate, hypers: report.hypers, values)
    }
  }

  private func write(
    _ split: String, epoch: Int, step: Int, seconds: Double, pace: Double, rate: Double,
    hypers given: [String: Double], _ values: [String: Double]
  ) throws {
    let times = [Self.text(seconds, digits: 3), Self.text(pace, digits: 1)]
    let numbers =
      [String(epoch), String(step)] + times + ["\(rate)"] + hypers.map { "\(given[$0] ?? .nan)" }
      + metrics.map { name in values[name].map { "\($0)" } ?? "" }
    let row = ([split] + numbers).joined(separator: ",") + "\n"
    // Numbers are finite here: training stops at the first that is not. The accuracy of what is trained on is not measured.
    let names = Self.fields.dropFirst() + hypers.map { Self.hyperPrefix + $0 } + metrics
    let pairs = zip(names, numbers).filter { !$0.1.isEmpty }.map { ",\"\($0)\":\($1)" }
    let line = "{\"split\":\"\(split)\"\(pairs.joined())}\n"
    try append(row, to: table, path: paths.table)
    try append(line, to: lines, path: paths.lines)
  }

  private static func text(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

  private func append(_ text: String, to file: FileHandle, path: String) throws {
    do {
      try file.write(contentsOf: Data(text.utf8))
    } catch {
      throw FileError(.write, path, reason: "the disk may be full: make room and go on with --resume")
    }
  }

  private static func open(_ path: String) throws -> FileHandle {
    guard let file = FileHandle(forWritingAtPath: path), (try? file.seekToEnd()) != nil else {
      throw FileError(.write, path, reason: "permission denied: choose another place")
    }
    return file
  }
}
