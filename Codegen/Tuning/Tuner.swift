import Artifact
import Foundation
import IR
import Kernels
import Lowering
import Runtime

/// Chooses schedules by measurement on this machine.
///
/// A trial compiles the whole program with one candidate for every product at the same time and calls it in turn with the program that
/// the rules make: each product is measured where it stands, beside itself, and a trial costs two programs however many products there
/// are. What gained in its trial is tried again, alone and together with what else gained, and is kept only if it gains again.
public struct Tuner {
  private let compiler: ModelCompiler
  private let module: Module
  private let cache: TuningCache?
  private let clock = TuningClock()
  private let seconds: Double
  private let threads: [Int]
  private let rules: ScheduleRules
  /// Seconds of calls that a trial takes at least, or `TuningBench.mostRounds` of them.
  public var trialSeconds = 0.4

  /// Products of less than this part of the time are left to the rules.
  private static let leastShare = 0.01

  /// - Parameters:
  ///   - seconds: that it may take. A trial that does not fit any more is not begun.
  ///   - threads: the numbers of threads that are measured.
  public init(_ compiler: ModelCompiler, _ module: Module, seconds: Double, threads: [Int], cache: TuningCache?)
  {
    self.compiler = compiler
    self.module = module
    self.seconds = seconds
    self.threads = threads
    self.cache = cache
    rules = ScheduleRules(compiler.target)
  }

  /// The choices for all products that take time.
  /// - Throws: `TuningError` where the code does not run here; what compiling and running throw.
  public func run() throws -> Tuning {
    let missing = Machine.current.missing(of: TargetSelection.requiredFeatures(compiler.target.machine))
    guard missing.isEmpty else { throw TuningError(features: missing) }
    let (program, calls) = try measuredProgram()
    var tuning = Tuning(threads: threads, calls: calls.map { "\($0.entry) of \($0.images) images" })
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "vaec-tune-\(ProcessInfo.processInfo.globallyUniqueString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let bench = TuningBench(
      program: program, compiler: compiler, calls: calls, threads: threads, folder: folder, clock: clock,
      seconds: seconds, trialSeconds: trialSeconds)

    let name = key(calls)
    let digest = SHA256.hex(of: Array(program.text.utf8))
    let known = noting(&tuning) { try cache?.read(program: digest, name) } ?? nil
    var record = try known ?? TuningCache.ProgramRecord(shares: bench.shares())
    var products: [TunedProduct] = []
    for product in try blockProducts(of: program) {
      var tuned = TunedProduct(product, standard: rules.standard(product.shape))
      tuned.share = record.shares[product.name] ?? 0
      guard tuned.share >= Self.leastShare else { continue }
      noting(&tuning) { try cache?.read(into: &tuned, rules, name) }
      products.append(tuned)
    }
    let open = products.indices.filter { !products[$0].isComplete(rules) }
    try measure(open, of: &products, bench, &tuning) { try? cache?.write($0, name) }
    try compareWhole(&products, &record, bench, &tuning)
    do {
      for index in open { try cache?.write(products[index], name) }
      if known == nil || tuning.trials > 0 { try cache?.write(record, program: digest, name) }
    } catch {
      tuning.notes.append("what was measured is not kept: \(error)")
    }
    tuning.products = products.sorted { $0.share > $1.share }
    tuning.seconds = clock.seconds
    return tuning
  }

  /// What the cache has; its complaint is noted.
  @discardableResult private func noting<T>(_ tuning: inout Tuning, _ read: () throws -> T) -> T? {
    do {
      return try read()
    } catch {
      tuning.notes.append("\(error)")
      return nil
    }
  }

  /// The entries that have all products, training's first, and how they are called: as they are trained, or with many images.
  private func measuredProgram() throws -> (Module, [TunedCall]) {
    var program = module
    let training = module.entry(ModelInstance.trainingEntry).map { [$0] } ?? []
    var covered: Set<Product> = []
    program.entries = try (training + module.entries).filter { entry in
      var alone = module
      alone.entries = [entry]
      let products = try blockProducts(of: alone)
      defer { covered.formUnion(products) }
      return products.contains { !covered.contains($0) }
    }
    let calls = program.entries.map { entry in
      let isTraining = entry.name == ModelInstance.trainingEntry
      return TunedCall(
        entry: entry.name, images: isTraining ? module.training.batch : max(256, module.training.batch))
    }
    // A manifest has the terms of an objective, which one of these two gives.
    if !program.entries.contains(where: { ["train_step", "evaluate"].contains($0.name) }),
      let entry = module.entry("evaluate")
    {
      program.entries.append(entry)
    }
    return (program, calls)
  }

  private func blockProducts(of module: Module) throws -> [Product] {
    try compiler.plan(module).products.filter { $0.blockImages == compiler.target.blockImages }
  }

  private func key(_ calls: [TunedCall]) -> String {
    let words = calls.map { "\($0.entry) \($0.images)" } + threads.map { "\($0) threads" }
    return words.joined(separator: ", ")
  }

  /// Measures the candidates of products, then once more what gained. What is found is kept at once, for whoever stops it.
  private func measure(
    _ open: [Int], of products: inout [TunedProduct], _ bench: TuningBench, _ tuning: inout Tuning,
    keep: (TunedProduct) -> Void
  ) throws {
    /// Measures some products by other schedules, by how they compare; nil where there is no time for it and `reserve` more.
    func trial(_ schedules: [Int: KernelSchedule], reserve: Int) throws -> [Int: TunedProduct.Measurement]? {
      let changed = schedules.map { (products[$0.key].product, $0.value) }
      guard !schedules.isEmpty,
        let comparison = try bench.compare(Dictionary(uniqueKeysWithValues: changed), reserve: reserve)
      else { return nil }
      tuning.trials += 1
      return schedules.reduce(into: [:]) { measured, change in
        guard let ratio = comparison.ratio(of: products[change.key].product) else { return }
        measured[change.key] = .init(knobs: change.value.named, ratio: ratio)
      }
    }

    var candidates = Dictionary(uniqueKeysWithValues: open.map { ($0, products[$0].remaining(rules)) })
    // Three trials are kept back: two to confirm what gained, one for all choices together.
    while let measured = try trial(candidates.compactMapValues(\.first), reserve: 3) {
      for (index, measurement) in measured {
        products[index].measurements.append(measurement)
        keep(products[index])
      }
      candidates = candidates.mapValues { Array($0.dropFirst()) }
    }
    tuning.remaining = candidates.values.reduce(0) { $0 + $1.count }
    let finalists = Dictionary(uniqueKeysWithValues: open.map { ($0, products[$0].finalists(rules)) })
    for round in 0..<2 {
      let schedules = finalists.compactMapValues { $0.dropFirst(round).first }
      guard let measured = try trial(schedules, reserve: 1) else { break }
      for (index, measurement) in measured { products[index].confirmations.append(measurement) }
    }
  }

  /// Measures the program by all choices beside that of the rules; choices that together are no faster, or that there is no time
  /// to measure, are not made.
  private func compareWhole(
    _ products: inout [TunedProduct], _ record: inout TuningCache.ProgramRecord, _ bench: TuningBench,
    _ tuning: inout Tuning
  ) throws {
    let changed = products.filter { $0.chosen != $0.standard }.map { ($0.product, $0.chosen) }
    guard !changed.isEmpty else { return }
    let choices = Dictionary(uniqueKeysWithValues: changed.map { ($0.0.name, $0.1.named) })
    tuning.wholeRatio = record.ratio(of: choices)
    if tuning.wholeRatio == nil,
      let ratio = try bench.compare(Dictionary(uniqueKeysWithValues: changed))?.wholeRatio
    {
      tuning.trials += 1
      tuning.wholeRatio = ratio
      record.comparisons.append(.init(choices: choices, ratio: ratio))
    }
    tuning.isUnconfirmed = tuning.wholeRatio == nil
    guard tuning.wholeRatio.map({ $0 >= 1 }) ?? true else { return }
    for index in products.indices { products[index].isLeftToRules = true }
  }
}

/// Code that this machine does not run cannot be measured on it.
public struct TuningError: Error, CustomStringConvertible {
  public let features: [String]

  public var description: String {
    "--tune measures on this machine, which lacks \(features.joined(separator: ", ")): leave out --cpu, or tune where the "
      + "code is to run and take its choices with --schedule"
  }
}
