import Diagnostics
import Runtime

/// What `vaerun bench --kernels` measured: the time of each kernel beside what the machine needs at least.
struct KernelReport {
  struct Row: Encodable {
    var kernel: String
    /// Of the program's text beside the library.
    var line: Int
    /// In a call, the mean over the threads; the median of the rounds.
    var seconds: Double
    /// Of the whole call.
    var share: Double
    /// Of the operation, which may have several kernels: the last has its figures. Absent for the others.
    var flops: Double?
    var bytes: Double?
    var shareOfPeak: Double?
    var shareOfMemory: Double?
  }

  /// What `--json` prints of each entry.
  struct Table: Encodable {
    var model: String
    var entry: String
    var threads: Int
    var images: Int
    var seconds: Double
    var peakFlopsPerSecond: Double
    var memoryBytesPerSecond: Double
    /// Between the kernels: at barriers, and where a thread has no task.
    var waitingSeconds: Double
    var kernels: [Row]
  }

  let tables: [Table]

  init(
    _ cases: [BenchmarkCase], _ machine: MachineMeasurement, rounds: Int, seconds: Double,
    _ progress: BenchProgress
  )
    throws
  {
    defer { progress.ends() }
    var kernels = cases.map { Array(repeating: Samples(), count: $0.kernels.count) }
    var calls = Array(repeating: Samples(), count: cases.count)
    for round in 1...rounds {
      try machine.measurePeaks()
      for (index, bench) in cases.enumerated() {
        progress.measures(bench, round: round, of: rounds)
        let measured = try bench.measureKernels(seconds: seconds)
        for (kernel, time) in measured.kernels.enumerated() { kernels[index][kernel].add(time) }
        calls[index].add(measured.call)
        try machine.measureMemory(bench)
      }
    }
    tables = cases.indices.map { Self.table(cases[$0], calls[$0].median, kernels[$0].map(\.median), machine) }
  }

  private static func table(
    _ bench: BenchmarkCase, _ call: Double, _ times: [Double], _ machine: MachineMeasurement
  ) -> Table {
    let peak = machine.peak(threads: bench.threads).median
    let memory = machine.memory(bench).median
    var operation = 0.0
    // A call runs the kernels for few images, or the others.
    let isForFewImages = zip(bench.kernels, times).contains { $0.isForFewImages && $1 > 0 }
    let ran = zip(bench.kernels, times).filter { $0.0.isForFewImages == isForFewImages }
    let rows = ran.map { kernel, time in
      var row = Row(kernel: kernel.name, line: kernel.line, seconds: time, share: time / call)
      operation += time
      let work = kernel.work(images: bench.images)
      if work.flops + work.bytes > 0 {
        row.flops = work.flops
        row.bytes = work.bytes
        row.shareOfPeak = kernel.isProduct ? work.flops / peak / max(operation, 1e-12) : nil
        row.shareOfMemory = work.bytes / memory / max(operation, 1e-12)
        operation = 0
      }
      return row
    }
    return Table(
      model: bench.model.manifest.name, entry: bench.entry, threads: bench.threads, images: bench.images,
      seconds: call, peakFlopsPerSecond: peak, memoryBytesPerSecond: memory,
      waitingSeconds: max(0, call - times.reduce(0, +)), kernels: rows)
  }

  var text: String { tables.map(text).joined(separator: "\n\n") }

  private func text(_ table: Table) -> String {
    let head =
      "\(table.model) \(table.entry), \(Terminal.count(table.images, "image")), "
      + "\(Terminal.count(table.threads, "thread")): \(duration(table.seconds)) a call; peak "
      + "\(decimal(table.peakFlopsPerSecond / 1e9, 0)) GFLOP/s, memory "
      + "\(decimal(table.memoryBytesPerSecond / 1e9, 0)) GB/s\n"
    var columns = TextTable([
      ("kernel", .left), ("line", .right), ("time", .right), ("share", .right), ("GFLOP/s", .right),
      ("of peak", .right), ("of memory", .right),
    ])
    var operation = 0.0
    for row in table.kernels {
      operation += row.seconds
      columns.add(
        row.kernel, "\(row.line)", duration(row.seconds), percent(row.share),
        row.shareOfPeak == nil ? "" : decimal((row.flops ?? 0) / max(operation, 1e-12) / 1e9, 1),
        row.shareOfPeak.map(percent) ?? "", row.shareOfMemory.map(percent) ?? "")
      if row.shareOfMemory != nil { operation = 0 }
    }
    columns.add(
      "waiting", "", duration(table.waitingSeconds), percent(table.waitingSeconds / max(table.seconds, 1e-12)))
    return head + String(columns.text.dropLast())
  }
}
