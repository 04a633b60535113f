import Diagnostics
import Runtime

/// What `vaerun bench` measured.
struct BenchReport {
  /// What `--json` prints of each measurement.
  struct Row: Encodable {
    var model: String
    var entry: String
    var threads: Int
    var images: Int
    /// Of a call, the median of the rounds.
    var seconds: Double
    var imagesPerSecond: Double
    /// The largest less the smallest, as a share of the median.
    var spread: Double
    /// FLOPs of the products of one image.
    var flopsPerImage: Double
    var flopsPerSecond: Double
    var peakFlopsPerSecond: Double
    var shareOfPeak: Double
    /// Bytes of all operands and results of a call, and those that it works on.
    var bytes: Double
    var workingSetBytes: Int
    var memoryBytesPerSecond: Double
    /// What the machine allows.
    var boundImagesPerSecond: Double
    /// What sets the bound: `compute` or `memory`.
    var bound: String
    var shareOfBound: Double
  }

  let rows: [Row]
  private let models: [(name: String, weights: Int)]

  init(
    _ cases: [BenchmarkCase], _ machine: MachineMeasurement, rounds: Int, seconds: Double,
    _ progress: BenchProgress
  )
    throws
  {
    var samples = Array(repeating: Samples(), count: cases.count)
    defer { progress.ends() }
    for bench in cases { _ = try bench.measure(seconds: 0) }
    for round in 1...rounds {
      try machine.measurePeaks()
      for (index, bench) in cases.enumerated() {
        progress.measures(bench, round: round, of: rounds)
        samples[index].add(try bench.measure(seconds: seconds))
        try machine.measureMemory(bench)
      }
    }
    rows = zip(cases, samples).map { Self.row($0, $1, machine) }
    var models: [(name: String, weights: Int)] = []
    for bench in cases where !models.contains(where: { $0.name == bench.model.manifest.name }) {
      let weights = bench.model.manifest.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
      models.append((bench.model.manifest.name, weights))
    }
    self.models = models
  }

  private static func row(_ bench: BenchmarkCase, _ samples: Samples, _ machine: MachineMeasurement) -> Row {
    let seconds = samples.median
    let peak = machine.peak(threads: bench.threads).median
    let memory = machine.memory(bench).median
    let (compute, stream) = (bench.productFlops / peak, bench.bytes / memory)
    let images = Double(bench.images)
    return Row(
      model: bench.model.manifest.name, entry: bench.entry, threads: bench.threads, images: bench.images,
      seconds: seconds, imagesPerSecond: images / seconds, spread: samples.spread,
      flopsPerImage: bench.productFlops / images, flopsPerSecond: bench.productFlops / seconds,
      peakFlopsPerSecond: peak, shareOfPeak: compute / seconds, bytes: bench.bytes,
      workingSetBytes: bench.workingSet, memoryBytesPerSecond: memory,
      boundImagesPerSecond: images / max(compute, stream), bound: compute >= stream ? "compute" : "memory",
      shareOfBound: max(compute, stream) / seconds)
  }

  var text: String {
    var lines: [String] = []
    for threads in Set(rows.map(\.threads)).sorted() {
      let row = rows.first { $0.threads == threads }
      lines.append(
        "\(Terminal.count(threads, "thread")): peak \(decimal((row?.peakFlopsPerSecond ?? 0) / 1e9, 0)) GFLOP/s"
      )
    }
    for (name, weights) in models {
      let own = rows.filter { $0.model == name }
      let work = Set(own.map(\.entry)).sorted().compactMap { entry in
        own.first { $0.entry == entry }.map { "\(entry) \(decimal($0.flopsPerImage / 1e6, 3))" }
      }
      lines.append("")
      lines.append(
        "\(name): \(grouped(weights)) weights; MFLOP of products an image: \(work.joined(separator: ", "))")
      lines.append(table(own))
    }
    return lines.joined(separator: "\n")
  }

  private func table(_ rows: [Row]) -> String {
    var table = TextTable([
      ("", .left), ("threads", .right), ("images", .right), ("images/s", .right), ("spread", .right),
      ("a call", .right), ("GFLOP/s", .right), ("of peak", .right), ("memory", .right), ("bound", .left),
      ("images/s", .right), ("reached", .right),
    ])
    for row in rows {
      table.add(
        row.entry, "\(row.threads)", "\(row.images)", grouped(Int(row.imagesPerSecond.rounded())),
        percent(row.spread), duration(row.seconds), decimal(row.flopsPerSecond / 1e9, 1),
        percent(row.shareOfPeak),
        "\(decimal(row.memoryBytesPerSecond / 1e9, 0)) GB/s", row.bound,
        grouped(Int(row.boundImagesPerSecond.rounded())), percent(row.shareOfBound))
    }
    return String(table.text.dropLast())
  }
}

/// `85 %`
func percent(_ share: Double) -> String { "\(decimal(share * 100, 0)) %" }

/// `87.3 us`, `12.41 ms`, `1.20 s`.
func duration(_ seconds: Double) -> String {
  switch seconds {
  case 1...: "\(decimal(seconds, 2)) s"
  case 1e-3...: "\(decimal(seconds * 1e3, 2)) ms"
  default: "\(decimal(seconds * 1e6, 1)) us"
  }
}
