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
  /// Seconds of calls that a trial takes at least, or `mostRounds` of them.
  public var trialSeconds = 0.4

  /// Products of less than this part of the time are left to the rules.
  private static let leastShare = 0.01
  private static let leastRounds = 5
  private static let mostRounds = 40

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
    var products = try blockProducts(of: program).map { product in
      cached(product, calls, &tuning)
        ?? TunedProduct(product, standard: rules.standard(product.shape))
    }
    if !products.allSatisfy(\.isComplete) { try measure(&products, program, calls, &tuning) }
    tuning.products = products.filter { $0.share >= Self.leastShare }.sorted { $0.share > $1.share }
    tuning.seconds = clock.seconds
    return tuning
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

  private func cached(_ product: Product, _ calls: [TunedCall], _ tuning: inout Tuning) -> TunedProduct? {
    guard let cache else { return nil }
    do {
      return try cache.read(product, rules, key(calls))
    } catch {
      tuning.notes.append("\(error)")
      return nil
    }
  }

  private func key(_ calls: [TunedCall]) -> String {
    let words = calls.map { "\($0.entry) \($0.images)" } + threads.map { "\($0) threads" }
    return words.joined(separator: ", ")
  }

  private func measure(
    _ products: inout [TunedProduct], _ program: Module, _ calls: [TunedCall], _ tuning: inout Tuning
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "vaec-tune-\(ProcessInfo.processInfo.globallyUniqueString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    func made(_ schedules: [Product: KernelSchedule], _ name: String) throws -> MeasuredProgram {
      var compiler = compiler
      for (product, schedule) in schedules { compiler.chosenSchedules[product.name] = schedule }
      return try MeasuredProgram(
        program, compiler, calls: calls, threads: threads, folder: folder.appendingPathComponent(name).path)
    }
    try makeFolder(folder.path)
    let standard = try made([:], "rules")
    var shares = ProductTimings()
    for _ in 0..<3 { try standard.call(&shares) }
    for index in products.indices where !products[index].isFromCache {
      products[index].share = shares.share(of: products[index].product)
    }
    let open = products.indices.filter { !products[$0].isComplete && products[$0].share >= Self.leastShare }

    var number = 0
    /// Measures some products by other schedules, by how they compare; nil where there is no time for it and `reserve` more.
    func trial(_ schedules: [Int: KernelSchedule], reserve: Int = 0) throws -> [Int: Double]? {
      guard !schedules.isEmpty, clock.allows(another: 1 + reserve, within: seconds) else { return nil }
      return try clock.trial {
        number += 1
        let changed = schedules.map { (products[$0.key].product, $0.value) }
        let candidate = try made(Dictionary(uniqueKeysWithValues: changed), "trial\(number)")
        let (before, after) = try timings(standard, candidate)
        try? FileManager.default.removeItem(at: folder.appendingPathComponent("trial\(number)"))
        return schedules.reduce(into: [:]) { ratios, change in
          ratios[change.key] = after.ratio(of: products[change.key].product, to: before)
        }
      }
    }

    var candidates: [Int: [KernelSchedule]] = [:]
    for index in open {
      candidates[index] = products[index].remaining(rules.candidates(products[index].product.shape))
    }
    // Two trials are kept back to confirm what gained.
    while let ratios = try trial(candidates.compactMapValues(\.first), reserve: 2) {
      for (index, ratio) in ratios {
        if let schedule = candidates[index]?.first {
          products[index].measurements.append(.init(knobs: schedule.named, ratio: ratio))
        }
      }
      candidates = candidates.mapValues { Array($0.dropFirst()) }
    }
    let finalists = Dictionary(uniqueKeysWithValues: open.map { ($0, products[$0].finalists(rules)) })
    var confirmed: Set<Int> = []
    for round in 0..<2 {
      let schedules = finalists.compactMapValues { $0.dropFirst(round).first }
      guard let ratios = try trial(schedules) else { break }
      for (index, ratio) in ratios {
        confirmed.insert(index)
        guard ratio < min(products[index].ratio, 1 - TunedProduct.leastGain) else { continue }
        products[index].chosen = schedules[index] ?? products[index].standard
        products[index].ratio = ratio
      }
    }
    for index in products.indices where !open.contains(index) { products[index].isComplete = true }
    for index in open {
      products[index].isFromCache = false
      products[index].isComplete =
        candidates[index]?.isEmpty ?? true && (confirmed.contains(index) || finalists[index]?.isEmpty ?? true)
    }
    tuning.trials = number
    tuning.remaining = candidates.values.reduce(0) { $0 + $1.count }
    try compareWhole(&products, made, standard, &tuning)
    keep(products, calls, &tuning)
  }

  /// Calls both programs in turn.
  private func timings(_ first: MeasuredProgram, _ second: MeasuredProgram) throws -> (
    ProductTimings, ProductTimings
  ) {
    var warm = ProductTimings()
    try second.call(&warm)
    var (before, after) = (ProductTimings(), ProductTimings())
    let start = clock.seconds
    for round in 0..<Self.mostRounds {
      if round % 2 == 0 { try first.call(&before) }
      try second.call(&after)
      if round % 2 == 1 { try first.call(&before) }
      let isEnough = round + 1 >= Self.leastRounds && clock.seconds - start >= trialSeconds
      if isEnough || clock.seconds >= seconds { break }
    }
    return (before, after)
  }

  /// Keeps what was found for the next time.
  private func keep(_ products: [TunedProduct], _ calls: [TunedCall], _ tuning: inout Tuning) {
    do {
      for tuned in products where !tuned.isFromCache { try cache?.write(tuned, key(calls)) }
    } catch {
      tuning.notes.append("what was measured is not kept: \(error)")
    }
  }

  /// Measures the program by all choices beside that of the rules, where there is time; choices that together are no faster are
  /// not made.
  private func compareWhole(
    _ products: inout [TunedProduct], _ made: ([Product: KernelSchedule], String) throws -> MeasuredProgram,
    _ standard: MeasuredProgram, _ tuning: inout Tuning
  ) throws {
    let changed = products.filter { $0.chosen != $0.standard }.map { ($0.product, $0.chosen) }
    guard !changed.isEmpty, clock.allows(another: 1, within: seconds) else { return }
    let chosen = try made(Dictionary(uniqueKeysWithValues: changed), "chosen")
    let (before, after) = try timings(standard, chosen)
    guard let ratio = after.wholeRatio(to: before) else { return }
    tuning.wholeRatio = ratio
    guard ratio >= 1 else { return }
    for index in products.indices {
      products[index].chosen = products[index].standard
      products[index].ratio = 1
    }
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

/// The time since the beginning, and what a trial costs.
final class TuningClock {
  private let start = ContinuousClock.now
  private var longest = 0.0

  var seconds: Double { start.duration(to: .now) / .seconds(1) }

  /// Whether that many trials like the longest end before a time is over.
  func allows(another trials: Int, within limit: Double) -> Bool {
    seconds + longest * Double(trials) < limit
  }

  func trial<T>(_ body: () throws -> T) rethrows -> T {
    let before = seconds
    defer { longest = max(longest, seconds - before) }
    return try body()
  }
}
