#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio, Kégl: "Algorithms for hyper-parameter optimization",
/// NIPS 2011, section 4), for parameters that do not depend on one another.
///
/// The trials are parted by the objective: the best share is what a density l is fitted to, the others a density g, for each
/// parameter by itself. Of some values that are drawn from l, the one with the greatest l / g is taken, which is the one
/// with the greatest expected improvement. The first trials are random ones.
public struct TreeParzenSampler: Sampler {
  private let space: SearchSpace
  private let seed: UInt64

  /// Trials before there is something to fit.
  public static let randomTrials = 10
  /// The paper's share of good trials; more than some of them would make the density too wide.
  private static let goodShare = 0.15
  private static let mostGood = 25
  /// Values that are drawn of each parameter.
  private static let candidates = 24

  public init(_ space: SearchSpace, seed: UInt64) {
    self.space = space
    self.seed = seed
  }

  public func values(ofTrial number: Int, after observations: [Observation]) -> [String: SearchValue]? {
    let finished = observations.count { $0.objective?.isFinite ?? false }
    guard finished >= Self.randomTrials else {
      return RandomSampler(space, seed: seed).values(ofTrial: number, after: [])
    }
    let ranked = observations.enumerated().sorted { first, second in
      let objectives = [first, second].map {
        $0.element.objective.flatMap { $0.isFinite ? $0 : nil } ?? .infinity
      }
      return (objectives[0], first.offset) < (objectives[1], second.offset)
    }.map(\.element)
    let good = min(Self.mostGood, finished, max(1, Int((Self.goodShare * Double(ranked.count)).rounded(.up))))
    var draws = TrialDraws(seed: seed, trial: number)
    var values: [String: SearchValue] = [:]
    for parameter in space.parameters {
      let known = ranked.map { $0.values[parameter.name] }
      values[parameter.name] = Self.value(
        of: parameter.domain, good: known.prefix(good).compactMap { $0 },
        bad: known.dropFirst(good).compactMap { $0 }, &draws)
    }
    return values
  }

  private static func value(
    of domain: SearchDomain, good: [SearchValue], bad: [SearchValue], _ draws: inout TrialDraws
  ) -> SearchValue {
    if case .choice(let items) = domain {
      let (likely, unlikely) = (Shares(items, good), Shares(items, bad))
      let drawn = (0..<candidates).map { _ in likely.draw(draws.next()) }
      let best = drawn.max { likely[$0] / unlikely[$0] < likely[$1] / unlikely[$1] } ?? 0
      return .text(items[best])
    }
    guard let scale = SearchScale(domain) else { return .number(0) }
    let likely = ParzenDensity(scale, good.compactMap { scale.place(of: $0) })
    let unlikely = ParzenDensity(scale, bad.compactMap { scale.place(of: $0) })
    var best: (gain: Double, value: SearchValue)?
    for _ in 0..<candidates {
      let value = scale.value(at: likely.draw(draws.next(), draws.next()))
      guard let place = scale.place(of: value) else { continue }
      let gain = likely.logDensity(at: place) - unlikely.logDensity(at: place)
      if gain > best?.gain ?? -.infinity { best = (gain, value) }
    }
    return best?.value ?? draws.value(of: domain)
  }
}

/// How likely each of some choices is: one for the prior, and one for each time that it was made.
private struct Shares {
  private let shares: [Double]

  init(_ items: [String], _ values: [SearchValue]) {
    var counts = Array(repeating: 1.0, count: items.count)
    for case .text(let text) in values {
      if let index = items.firstIndex(of: text) { counts[index] += 1 }
    }
    let total = counts.reduce(0, +)
    shares = counts.map { $0 / total }
  }

  subscript(index: Int) -> Double { shares[index] }

  func draw(_ uniform: Double) -> Int {
    var sum = 0.0
    for (index, share) in shares.enumerated() {
      sum += share
      if uniform < sum { return index }
    }
    return shares.count - 1
  }
}

/// A mixture of the prior, which covers the whole interval, and of a normal density around each place, as wide as the gap to
/// the farther of its neighbours, all cut off at the ends.
struct ParzenDensity {
  private let scale: SearchScale
  private let means: [Double]
  private let deviations: [Double]

  init(_ scale: SearchScale, _ places: [Double]) {
    self.scale = scale
    let width = scale.high - scale.low
    let middle = (scale.low + scale.high) / 2
    let inside = places.filter { $0.isFinite && $0 >= scale.low && $0 <= scale.high }.sorted()
    // In the paper's "reasonable range": no narrower than the places could lie apart, no wider than the interval.
    let least = width / Double(min(100, inside.count + 2))
    let ends = [scale.low] + inside + [scale.high]
    means = [middle] + inside
    deviations =
      [width]
      + inside.indices.map { index in
        min(width, max(least, ends[index + 1] - ends[index], ends[index + 2] - ends[index + 1]))
      }
  }

  /// A place of the mixture from two uniform numbers.
  func draw(_ first: Double, _ second: Double) -> Double {
    let index = min(means.count - 1, Int(first * Double(means.count)))
    let (low, high) = (share(below: scale.low, index), share(below: scale.high, index))
    return min(max(quantile(low + (high - low) * second, index), scale.low), scale.high)
  }

  /// The logarithm of the density; for whole numbers, of the mass of the number's unit.
  func logDensity(at place: Double) -> Double {
    let sum = means.indices.reduce(0.0) { sum, index in
      let inside = share(below: scale.high, index) - share(below: scale.low, index)
      let value: Double
      if scale.isInteger {
        value = share(below: place + 0.5, index) - share(below: place - 0.5, index)
      } else {
        let distance = (place - means[index]) / deviations[index]
        value = exp(-distance * distance / 2) / (deviations[index] * (2 * Double.pi).squareRoot())
      }
      return sum + value / max(inside, 1e-12)
    }
    return logarithm(max(sum, 1e-300) / Double(means.count))
  }

  /// The normal distribution's function.
  private func share(below place: Double, _ index: Int) -> Double {
    0.5 * erfc((means[index] - place) / (deviations[index] * 2.0.squareRoot()))
  }

  /// Its inverse, by bisection: exact enough, and no table of coefficients.
  private func quantile(_ share: Double, _ index: Int) -> Double {
    var (low, high) = (scale.low, scale.high)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if self.share(below: middle, index) < share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
