import Kernels
import Lowering

/// What is known of a product's candidates, and what is chosen for it.
public struct TunedProduct: Sendable {
  /// A schedule with the time that the product took by it, as a part of what it took by the rules'.
  public struct Measurement: Codable, Equatable, Sendable {
    public let knobs: [String: Int]
    public let ratio: Double
  }

  public let product: Product
  public let standard: KernelSchedule
  /// Every candidate that was measured.
  public internal(set) var measurements: [Measurement] = []
  /// What was measured once more because it had gained.
  public internal(set) var confirmations: [Measurement] = []
  /// The part of the kernels' time that the product takes by the rules, in this program.
  public internal(set) var share = 0.0
  /// True where the choice stays with the rules because all choices together were not faster.
  public internal(set) var isLeftToRules = false

  init(_ product: Product, standard: KernelSchedule) {
    self.product = product
    self.standard = standard
  }

  /// What is faster by less than this may be noise.
  static let leastGain = 0.03

  /// What was fastest when it was confirmed, if it gained there too; else the rules'.
  public var chosen: KernelSchedule { best.flatMap { KernelSchedule(named: $0.knobs) } ?? standard }
  /// The time by the chosen schedule as a part of that by the rules'.
  public var ratio: Double { best?.ratio ?? 1 }

  private var best: Measurement? {
    guard !isLeftToRules else { return nil }
    return confirmations.filter { $0.ratio < 1 - Self.leastGain }.min { $0.ratio < $1.ratio }
  }

  /// The candidates that have not been measured.
  func remaining(_ rules: ScheduleRules) -> [KernelSchedule] {
    rules.candidates(product.shape).filter { candidate in
      !measurements.contains { $0.knobs == candidate.named }
    }
  }

  /// The schedules that are still to be confirmed: what all that gained makes together, then the best alone.
  func finalists(_ rules: ScheduleRules) -> [KernelSchedule] {
    let faster = measurements.filter { $0.ratio < 1 - Self.leastGain }.sorted { $0.ratio < $1.ratio }
    let schedules = faster.compactMap { KernelSchedule(named: $0.knobs) }
    guard let best = schedules.first else { return [] }
    var together = best
    for schedule in schedules.dropFirst() {
      let changed = Knob.allCases.filter { schedule[$0] != standard[$0] }
      // One choice for each knob, the best.
      guard changed.allSatisfy({ together[$0] == standard[$0] }) else { continue }
      let joined = together.with(Dictionary(uniqueKeysWithValues: changed.map { ($0, schedule[$0]) }))
      if rules.problem(joined, of: product.shape) == nil { together = joined }
    }
    return (together == best ? [best] : [together, best]).filter { finalist in
      !confirmations.contains { $0.knobs == finalist.named }
    }
  }

  /// True where all candidates have been measured and what gained has been confirmed.
  func isComplete(_ rules: ScheduleRules) -> Bool { remaining(rules).isEmpty && finalists(rules).isEmpty }
}
