import Reporting
import Runtime

/// The metrics of a run as curves over epochs.
struct RunCurves {
  private static let splits = [("train", Canvas.Dash.solid), ("validation", .dotted), ("test", .dashed)]

  private let table: MetricsTable
  private let stepsPerEpoch: Double

  init(_ table: MetricsTable, configuration: RunConfiguration) {
    self.table = table
    stepsPerEpoch = Double(max(1, (configuration.trainingImages - 1) / max(1, configuration.batch) + 1))
  }

  /// Training, validation where images are held out, test: those that there are, each with its own dashes.
  func series(of metric: String) -> [LineChart.Series] {
    Self.splits.compactMap { split, dash in
      let points = table.rows.filter { $0.split == split }.map {
        Point(x: Double($0.step) / stepsPerEpoch, y: $0.values[metric] ?? .nan)
      }
      return points.isEmpty ? nil : LineChart.Series(split, points: Self.averaged(points, most: 60), dash: dash)
    }
  }

  /// Means of equal runs of points, at most `most` of them, each at its last point's place: the losses of single
  /// batches scatter too much to show a trend.
  private static func averaged(_ points: [Point], most: Int) -> [Point] {
    let size = max(1, (points.count + most - 1) / most)
    return stride(from: 0, to: points.count, by: size).map { start in
      let run = points[start..<min(start + size, points.count)]
      return Point(x: run.last?.x ?? 0, y: run.reduce(0) { $0 + $1.y } / Double(run.count))
    }
  }
}
