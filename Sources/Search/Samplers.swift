internal import Random

/// What a search knows of a trial when it chooses the next one.
public struct Observation: Equatable, Sendable {
  public var values: [String: SearchValue]
  /// To be made small; nil for a trial that failed, or was given up as hopeless.
  public var objective: Double?

  public init(_ values: [String: SearchValue], objective: Double?) {
    self.values = values
    self.objective = objective
  }
}

/// Chooses the values of trials. The choice follows from seed, the trial's number and what is known.
public protocol Sampler: Sendable {
  /// The values of a trial; nil where there are no more.
  /// - Parameter number: from 0.
  func values(ofTrial number: Int, after observations: [Observation]) -> [String: SearchValue]?
}

/// The ways to search.
public enum SearchMethod: String, Sendable, CaseIterable {
  case random, tpe, grid

  /// - Throws: `SpaceError` where the space has no grid.
  public func sampler(_ space: SearchSpace, seed: UInt64) throws(SpaceError) -> any Sampler {
    switch self {
    case .random: RandomSampler(space, seed: seed)
    case .tpe: TreeParzenSampler(space, seed: seed)
    case .grid: try GridSampler(space)
    }
  }
}

/// Uniform numbers of a trial, one after the other.
struct TrialDraws {
  private let stream: RandomStream
  private let trial: UInt32
  private var element = 0

  init(seed: UInt64, trial: Int) {
    stream = RandomStream(seed: seed, domain: .data, stream: streamIdentifier(of: "search"))
    self.trial = UInt32(truncatingIfNeeded: trial)
  }

  /// In (0, 1).
  mutating func next() -> Double {
    element += 1
    return stream.uniform(element: element - 1, image: trial)
  }

  /// A whole number from 0 up to, not including, a limit.
  mutating func next(below limit: Int) -> Int { min(limit - 1, Int(next() * Double(limit))) }

  /// From the domain as it is declared.
  mutating func value(of domain: SearchDomain) -> SearchValue {
    if case .choice(let items) = domain { return .text(items[next(below: items.count)]) }
    guard let scale = SearchScale(domain) else { return .number(0) }
    return scale.value(at: scale.low + (scale.high - scale.low) * next())
  }
}

/// Each trial on its own, spread as the space is declared (Bergstra and Bengio: "Random search for hyper-parameter
/// optimization", 2012).
public struct RandomSampler: Sampler {
  private let space: SearchSpace
  private let seed: UInt64

  public init(_ space: SearchSpace, seed: UInt64) {
    self.space = space
    self.seed = seed
  }

  public func values(ofTrial number: Int, after observations: [Observation]) -> [String: SearchValue]? {
    var draws = TrialDraws(seed: seed, trial: number)
    var values: [String: SearchValue] = [:]
    for parameter in space.parameters { values[parameter.name] = draws.value(of: parameter.domain) }
    return values
  }
}

/// All combinations, the last parameter changing fastest.
public struct GridSampler: Sampler {
  private let names: [String]
  private let points: [[SearchValue]]
  /// How many combinations there are.
  public let count: Int

  private static let most = 1_000_000

  /// - Throws: `SpaceError` where an interval does not say how many points it has, or there are too many combinations.
  public init(_ space: SearchSpace) throws(SpaceError) {
    var all: [[SearchValue]] = []
    var count = 1
    for parameter in space.parameters {
      let points = try Self.points(of: parameter)
      let (product, overflow) = count.multipliedReportingOverflow(by: points.count)
      guard !overflow, product <= Self.most else {
        throw SpaceError(
          "the grid has more than \(Self.most) points", "make the spaces smaller, or take --method tpe")
      }
      count = product
      all.append(points)
    }
    names = space.parameters.map(\.name)
    points = all
    self.count = count
  }

  private static func points(of parameter: SearchParameter) throws(SpaceError) -> [SearchValue] {
    switch parameter.domain {
    case .choice(let items): return items.map { .text($0) }
    case .integer(let low, let high):
      guard high - low < most else {
        throw SpaceError(
          "the grid has more than \(most) points", "make the spaces smaller, or take --method tpe")
      }
      return (low...high).map { .number(Double($0)) }
    case .uniform(_, _, let points), .log(_, _, let points):
      guard let points, let scale = SearchScale(parameter.domain) else {
        throw SpaceError(
          "\(parameter.name) has no points for a grid", "say how many, such as log(1e-3,1e-1,5)")
      }
      return (0..<points).map { point in
        scale.value(at: scale.low + (scale.high - scale.low) * Double(point) / Double(points - 1))
      }
    }
  }

  public func values(ofTrial number: Int, after observations: [Observation]) -> [String: SearchValue]? {
    guard (0..<count).contains(number) else { return nil }
    var values: [String: SearchValue] = [:]
    var rest = number
    for (name, points) in zip(names, points).reversed() {
      values[name] = points[rest % points.count]
      rest /= points.count
    }
    return values
  }
}
