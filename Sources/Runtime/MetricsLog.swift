import Artifact
import Foundation

/// The metrics of a run, as `metrics.csv` and as JSON lines (`metrics.jsonl`) with the same fields:
///
///     split,epoch,step,seconds,images_per_second,rate,loss,reconstruction,kl
///
/// A row of the split `train` has the means over the images since the row before it, about fifty rows an epoch; a row of
/// the split `validation` ends an epoch. Every row is written with one call, so that no reader ever finds half of one.
final class MetricsLog {
  private static let rowsPerEpoch = 50

  private let metrics: [String]
  private let table: FileHandle
  private let lines: FileHandle
  private let paths: (table: String, lines: String)
  private var means = RunningMeans()

  /// Begins the two files, or goes on with those that are there.
  init(_ folder: RunFolder, metrics: [String]) throws {
    self.metrics = metrics
    paths = (folder.metricsTable, folder.metricsLines)
    let header = (Self.fields + metrics).joined(separator: ",") + "\n"
    table = try Self.open(folder.metricsTable, beginning: header)
    lines = try Self.open(folder.metricsLines, beginning: "")
  }

  static let fields = ["split", "epoch", "step", "seconds", "images_per_second", "rate"]

  func step(_ report: StepReport, rate: Double) throws {
    means.add(report.metrics, images: report.images)
    let every = max(1, report.stepsPerEpoch / Self.rowsPerEpoch)
    guard report.stepInEpoch % every == 0 || report.stepInEpoch == report.stepsPerEpoch else { return }
    try write(
      "train", epoch: report.epoch, step: report.step, seconds: report.seconds, pace: report.imagesPerSecond,
      rate: rate, means.values)
    means = RunningMeans()
  }

  func epoch(_ report: EpochReport, rate: Double) throws {
    guard let validation = report.validation else { return }
    try write(
      "validation", epoch: report.epoch, step: report.step, seconds: report.seconds,
      pace: report.imagesPerSecond,
      rate: rate, validation)
  }

  private func write(
    _ split: String, epoch: Int, step: Int, seconds: Double, pace: Double, rate: Double,
    _ values: [String: Double]
  ) throws {
    let numbers =
      [
        String(epoch), String(step), Self.text(seconds, digits: 3), Self.text(pace, digits: 1), "\(rate)",
      ] + metrics.map { "\(values[$0] ?? .nan)" }
    let row = (["\(split)"] + numbers).joined(separator: ",") + "\n"
    // Numbers are finite here: training stops at the first that is not.
    let pairs = zip(Self.fields.dropFirst() + metrics, numbers).map { ",\"\($0)\":\($1)" }
    let line = "{\"split\":\"\(split)\"\(pairs.joined())}\n"
    try append(row, to: table, path: paths.table)
    try append(line, to: lines, path: paths.lines)
  }

  private static func text(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

  private func append(_ text: String, to file: FileHandle, path: String) throws {
    do {
      try file.write(contentsOf: Data(text.utf8))
    } catch {
      throw FileError(.write, path, reason: "the disk may be full: make room and train again")
    }
  }

  private static func open(_ path: String, beginning: String) throws -> FileHandle {
    if !FileManager.default.fileExists(atPath: path) { try AtomicFile.write(Data(beginning.utf8), to: path) }
    guard let file = FileHandle(forWritingAtPath: path), (try? file.seekToEnd()) != nil else {
      throw FileError(.write, path, reason: "permission denied: choose another place")
    }
    return file
  }
}
