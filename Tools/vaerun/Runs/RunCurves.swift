import Reporting
import Runtime

/// The metrics of a run as curves over epochs.
struct RunCurves {
  private static let splits = [("train", Canvas.Dash.solid), ("validation", .dotted), ("test", .dashed)]
  static let splitNames = splits.map(\.0)

  private let table: MetricsTable
  private let stepsPerEpoch: Double

  /// A chart for each term that one of the runs has, in their order. Of several runs, each has its color; each split has its
  /// dashes.
  /// - Parameters:
  ///   - names: one for each run, to stand before those of the splits; not used for a single run.
  ///   - terms: only these; all where nil.
  ///   - splits: only these of train, validation and test; all where nil.
  /// - Returns: nil where no run has a row of metrics.
  static func panels(
    of runs: [RunFolder], named names: [String], terms: [String]? = nil, splits: [String]? = nil
  ) throws -> Panels? {
    let tables = try runs.map { try MetricsTable($0) }
    let curves = try zip(runs, tables).map { RunCurves($1, configuration: try $0.readConfiguration()) }
    guard tables.contains(where: { !$0.rows.isEmpty }) else { return nil }
    var metrics: [String] = []
    for name in tables.flatMap(\.metrics) where !metrics.contains(name) { metrics.append(name) }
    let charts = metrics.filter { terms?.contains($0) ?? true }.map { metric in
      let series = zip(names, curves).enumerated().flatMap { index, run in
        run.1.series(of: metric).filter { splits?.contains($0.name) ?? true }.map { series in
          guard runs.count > 1 else { return series }
          var series = series
          series.name = "\(run.0) \(series.name)"
          series.color = index
          return series
        }
      }
      return LineChart(title: metric, series: series)
    }
    return Panels(charts, columns: min(3, max(1, charts.count)))
  }

  /// The names of the terms that runs have, in their order.
  static func terms(of runs: [RunFolder]) throws -> [String] {
    var names: [String] = []
    for name in try runs.flatMap({ try MetricsTable($0).metrics }) where !names.contains(name) {
      names.append(name)
    }
    return names
  }

  private init(_ table: MetricsTable, configuration: RunConfiguration) {
    self.table = table
    stepsPerEpoch = Double(max(1, (configuration.trainingImages - 1) / max(1, configuration.batch) + 1))
  }

  /// Training, validation where images are held out, test: those that there are, each with its own dashes, and with the color that
  /// it has in all charts of the run.
  private func series(of metric: String) -> [LineChart.Series] {
    let present = Self.splits.filter { split in table.rows.contains { $0.split == split.0 } }
    return present.enumerated().compactMap { color, split in
      let points = table.rows.filter { $0.split == split.0 }.compactMap { row in
        row.values[metric].map { Point(x: Double(row.step) / stepsPerEpoch, y: $0) }
      }
      guard !points.isEmpty else { return nil }
      var series = LineChart.Series(split.0, points: Self.averaged(points, most: 60), dash: split.1)
      series.color = color
      return series
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
