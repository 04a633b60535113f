import Artifact
import CommandLineTable
import Foundation
import Runtime

/// `vaerun bench`
enum BenchCommand {
  private static let models = Positional(
    "MODEL",
    help: "compiled folders, or models' texts, compiled first where needed; nothing: the newest under build/",
    isRepeated: true)
  private static let threads = Option(
    "threads", .integers(1...1024), help: "numbers of threads", default: "1 and all processors")
  private static let batch = Option(
    "batch", .integers(1...16_777_216), help: "images in a step of training", default: "the model's")
  private static let images = Option(
    "images", .integers(1...16_777_216), help: "images in a call of inference", default: "1,256")
  private static let rounds = Option(
    "rounds", .integer(1...1000), help: "how often everything is measured, in turn", value: 5)
  private static let seconds = Option(
    "seconds", .positiveNumber(to: 3600), help: "how long each thing is measured in a round", value: 0.3)
  private static let kernels = Flag("kernels", help: "measures each kernel of each entry instead")

  static let command = Command(
    "bench", summary: "measures models' speed and holds it against the machine's",
    details: [
      "Training steps are measured as 'vaerun train' does them, 'reconstruct' (or 'encode') as a C program calls it, both on "
        + "random images. The machine's peak (multiply-adds in registers) and the speed of memory (a stream through as many "
        + "bytes as the call works on) are measured between them. Shown is the median of the rounds; 'spread' is the "
        + "distance between the largest and the smallest.",
      "FLOPs are those of the products alone, two for a multiply-add, taps in the padding counted. 'bound' is what the machine "
        + "allows: that many FLOPs at its peak, or the operands and results of all operations at the speed of memory, "
        + "whichever takes longer.",
    ],
    positionals: [models], options: [threads, batch, images, rounds, seconds, kernels, CommonOptions.json],
    examples: [
      Example("vaerun bench Models/bench/*.vdl", "the yardstick models"),
      Example("vaerun bench --kernels --threads 1", "where the time of the newest model goes"),
    ])

  static func run(_ invocation: Invocation) throws {
    let names = invocation.all(models)
    let isJSON = invocation[CommonOptions.json]
    let models = try (names.isEmpty ? [nil] : names.map(Optional.some)).map {
      try ModelLocation.load($0, quietly: isJSON)
    }
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let threads = invocation[threads] ?? (processors > 1 ? [1, processors] : [1])
    let batches = invocation[batch]
    let images = invocation[images] ?? [1, 256]
    let progress = BenchProgress(isShown: !isJSON)
    let cases = try models.flatMap { model in
      try Self.cases(
        model, threads: threads, batches: batches ?? [model.manifest.training.batch], images: images, progress)
    }
    let machine = try MachineMeasurement(threads: threads)
    let rounds = invocation[rounds] ?? 5
    let time = invocation[seconds] ?? 0.3
    if invocation[kernels] {
      let report = try KernelReport(cases, machine, rounds: rounds, seconds: time, progress)
      if isJSON { try Terminal.say(json: report.tables) } else { Terminal.say(report.text) }
    } else {
      let report = try BenchReport(cases, machine, rounds: rounds, seconds: time, progress)
      if isJSON { try Terminal.say(json: report.rows) } else { Terminal.say(report.text) }
    }
  }

  /// Training with each batch and inference with each number of images, on each number of threads.
  private static func cases(
    _ model: CompiledModel, threads: [Int], batches: [Int], images: [Int], _ progress: BenchProgress
  ) throws -> [BenchmarkCase] {
    func make(_ entry: String, _ images: Int, _ threads: Int) throws -> BenchmarkCase {
      progress.prepares(model.manifest, entry: entry, images: images)
      return try BenchmarkCase(model, entry: entry, images: images, threads: threads)
    }
    let entries = Set(model.manifest.entries.map(\.name))
    var cases: [BenchmarkCase] = []
    for threads in threads {
      if entries.contains(ModelInstance.trainingEntry) {
        cases += try batches.map { try make(ModelInstance.trainingEntry, $0, threads) }
      }
      if let entry = ["reconstruct", "encode"].first(where: entries.contains) {
        cases += try images.map { try make(entry, $0, threads) }
      }
    }
    return cases
  }
}

extension ValueForm where Value == [Int] {
  /// Whole numbers in a range, joined by commas.
  static func integers(_ range: ClosedRange<Int>) -> Self {
    Self(
      placeholder: "N,...",
      expected: "whole numbers from \(range.lowerBound) to \(range.upperBound), joined by commas"
    ) { text in
      let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      let valid = numbers.compactMap { $0 }.filter(range.contains)
      return valid.count == numbers.count ? valid : nil
    }
  }
}

/// What the machine can do at most, measured in turn with what it is compared to.
final class MachineMeasurement {
  private let probe: MachineProbe
  private let threads: [Int]
  private var peaks: [Int: Samples] = [:]
  /// By threads and the binary order of magnitude of the bytes that are worked on.
  private var streams: [Stream: Samples] = [:]

  private struct Stream: Hashable {
    var threads: Int
    var magnitude: Int
  }

  init(threads: [Int]) throws {
    self.threads = threads
    // Once loaded it stays, without its file.
    probe = try TemporaryFolder.with { folder in
      let library = folder + "/probe.so"
      // A compiler that goes on when this program is stopped finds its folder gone: nobody is to hear of it.
      let log = folder + "/errors"
      _ = FileManager.default.createFile(atPath: log, contents: nil)
      let errors = FileHandle(forWritingAtPath: log)
      defer { try? errors?.close() }
      guard let made = try? CompilerProgram.run(["peak", "-o", library], errors: errors), made else {
        let lines = String(decoding: (try? readFile(log, limit: 1 << 20)) ?? Data(), as: UTF8.self)
        throw BenchError.noProbe(lines.split(separator: "\n").first.map(String.init))
      }
      return try MachineProbe(path: library)
    }
  }

  /// Measures the peak of each number of threads once more.
  func measurePeaks() throws {
    for threads in threads {
      peaks[threads, default: Samples()].add(try probe.flopsPerSecond(threads: threads))
    }
  }

  /// Measures once more how fast as many bytes as a case works on go through memory.
  func measureMemory(_ bench: BenchmarkCase) throws {
    let bytes = try probe.bytesPerSecond(threads: bench.threads, workingSet: bench.workingSet)
    streams[Self.stream(bench), default: Samples()].add(bytes)
  }

  private static func stream(_ bench: BenchmarkCase) -> Stream {
    Stream(threads: bench.threads, magnitude: Int(Double(max(1, bench.workingSet)).binade.exponent))
  }

  /// FLOPs a second.
  func peak(threads: Int) -> Samples { peaks[threads] ?? Samples() }

  /// Bytes a second.
  func memory(_ bench: BenchmarkCase) -> Samples { streams[Self.stream(bench)] ?? Samples() }
}

/// Why nothing can be measured.
enum BenchError: Error, CustomStringConvertible {
  /// What the compiler said, where it could be run.
  case noProbe(String?)

  var description: String {
    switch self {
    case .noProbe(let reason?): "the machine's peak cannot be measured: \(reason)"
    case .noProbe(nil):
      "the machine's peak cannot be measured without a working \(CompilerProgram.path): install vaec beside vaerun"
    }
  }
}
