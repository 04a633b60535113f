import Kernels
import Lowering

/// What is known of a product's candidates, and what was chosen.
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
  public internal(set) var chosen: KernelSchedule
  /// The time by the chosen schedule as a part of that by the rules'.
  public internal(set) var ratio = 1.0
  /// The part of the kernels' time that the product takes by the rules.
  public internal(set) var share = 0.0
  /// True where all candidates have been measured and the choice has been confirmed.
  public internal(set) var isComplete = false
  /// True where nothing of it had to be measured.
  public internal(set) var isFromCache = false

  init(_ product: Product, standard: KernelSchedule) {
    self.product = product
    self.standard = standard
    chosen = standard
  }

  /// What is faster by less than this may be noise.
  static let leastGain = 0.03

  /// The candidates that have not been measured.
  func remaining(_ candidates: [KernelSchedule]) -> [KernelSchedule] {
    candidates.filter { candidate in !measurements.contains { $0.knobs == candidate.named } }
  }

  /// The schedules to be confirmed: what all that gained makes together, then the best alone.
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
    return together == best ? [best] : [together, best]
  }
}
