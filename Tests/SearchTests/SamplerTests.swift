import Foundation
import Search
import Testing

/// Random search, the grid, and the Parzen estimator on functions whose least value is known.
@Suite struct SamplerTests {
  private static func space(_ texts: String...) throws -> SearchSpace {
    try SearchSpace(texts.map { try SearchParameter($0) })
  }

  private static func number(_ value: SearchValue?) -> Double {
    if case .number(let number)? = value { number } else { .nan }
  }

  @Test func randomValuesFillTheirDomainsAsDeclared() throws {
    let space = try Self.space("a=uniform(-1,3)", "b=log(1e-4,1e-1)", "c=int(8,10)", "d=choice(x,y,z)")
    let sampler = RandomSampler(space, seed: 3)
    let drawn = (0..<3000).compactMap { sampler.values(ofTrial: $0, after: []) }
    #expect(drawn.count == 3000)
    let a = drawn.map { Self.number($0["a"]) }
    let b = drawn.map { Foundation.log10(Self.number($0["b"])) }
    #expect(a.allSatisfy { (-1...3).contains($0) } && b.allSatisfy { (-4...(-1)).contains($0) })
    #expect(abs(a.reduce(0, +) / 3000 - 1) < 0.07 && abs(b.reduce(0, +) / 3000 + 2.5) < 0.06)
    for whole in [8.0, 9, 10] { #expect((900...1100).contains(drawn.count { $0["c"] == .number(whole) })) }
    for word in ["x", "y", "z"] { #expect((900...1100).contains(drawn.count { $0["d"] == .text(word) })) }
    #expect(
      sampler.values(ofTrial: 7, after: []) == RandomSampler(space, seed: 3).values(ofTrial: 7, after: []))
    #expect(
      sampler.values(ofTrial: 7, after: []) != RandomSampler(space, seed: 4).values(ofTrial: 7, after: []))
  }

  @Test func aGridHasEveryCombinationOnce() throws {
    let sampler = try GridSampler(Self.space("a=int(1,3)", "b=log(1e-3,1e-1,3)", "c=choice(x,y)"))
    #expect(sampler.count == 18)
    let points = (0..<18).compactMap { sampler.values(ofTrial: $0, after: []) }
    #expect(Set(points).count == 18)
    #expect(points[0] == ["a": .number(1), "b": .number(0.001), "c": .text("x")])
    #expect(points[3] == ["a": .number(1), "b": .number(0.01), "c": .text("y")])
    #expect(points[17] == ["a": .number(3), "b": .number(0.1), "c": .text("y")])
    #expect(sampler.values(ofTrial: 18, after: []) == nil)
    #expect(throws: SpaceError.self) { try GridSampler(Self.space("a=uniform(0,1)")) }
    #expect(throws: SpaceError.self) {
      try GridSampler(Self.space("a=int(1,1000)", "b=int(1,1000)", "c=int(1,2)"))
    }
  }

  /// A function to be made small, with its space.
  struct Problem: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let spaces: [String]
    let value: @Sendable ([String: SearchValue]) -> Double
  }

  static let problems = [
    Problem(testDescription: "a bowl on a logarithmic scale", spaces: ["a=uniform(-5,5)", "b=log(1e-5,1)"]) {
      let (a, b) = (number($0["a"]), number($0["b"]))
      return (a - 2) * (a - 2) + Foundation.pow(Foundation.log10(b) + 3, 2)
    },
    Problem(testDescription: "Branin", spaces: ["a=uniform(-5,10)", "b=uniform(0,15)"]) {
      let (x, y) = (number($0["a"]), number($0["b"]))
      let first = y - 5.1 / (4 * Double.pi * Double.pi) * x * x + 5 / Double.pi * x - 6
      return first * first + 10 * (1 - 1 / (8 * Double.pi)) * Foundation.cos(x) + 10
    },
    Problem(
      testDescription: "whole numbers and choices",
      spaces: ["a=int(1,60)", "b=int(1,60)", "c=choice(u,v,w,x,y,z)"]
    ) {
      let penalty = $0["c"] == .text("y") ? 0.0 : 20
      return abs(number($0["a"]) - 40) + abs(number($0["b"]) - 7) + penalty
    },
  ]

  private static func best(_ problem: Problem, _ sampler: some Sampler, trials: Int) -> Double {
    var seen: [Observation] = []
    for number in 0..<trials {
      guard let values = sampler.values(ofTrial: number, after: seen) else { break }
      // Now and then a trial fails, or is given up.
      seen.append(Observation(values, objective: number % 17 == 16 ? nil : problem.value(values)))
    }
    return seen.compactMap(\.objective).min() ?? .infinity
  }

  @Test(arguments: problems) func theParzenEstimatorFindsLessThanRandomSearch(problem: Problem) throws {
    let space = try SearchSpace(problem.spaces.map { try SearchParameter($0) })
    let seeds: [UInt64] = Array(1...20)
    let random = seeds.map { Self.best(problem, RandomSampler(space, seed: $0), trials: 60) }.sorted()
    let parzen = seeds.map { Self.best(problem, TreeParzenSampler(space, seed: $0), trials: 60) }.sorted()
    // Medians of twenty searches, beyond the minimum that there is.
    let least = problem.testDescription == "Branin" ? 0.397887 : 0
    #expect(
      parzen[10] - least < 0.6 * (random[10] - least), "\(parzen[10] - least) against \(random[10] - least)")
  }

  @Test func theParzenEstimatorBeginsAtRandomAndStaysInItsDomain() throws {
    let space = try Self.space("a=int(0,3)", "b=log(1e-3,1)", "c=choice(x,y)")
    let sampler = TreeParzenSampler(space, seed: 5)
    var seen: [Observation] = []
    for number in 0..<60 {
      let values = try #require(sampler.values(ofTrial: number, after: seen))
      if number < TreeParzenSampler.randomTrials {
        #expect(values == RandomSampler(space, seed: 5).values(ofTrial: number, after: []))
      }
      #expect([0, 1, 2, 3].contains(Self.number(values["a"])) && (1e-3...1).contains(Self.number(values["b"])))
      #expect([.text("x"), .text("y")].contains(values["c"]))
      #expect(sampler.values(ofTrial: number, after: seen) == values)
      // Anything may come of a trial.
      let objective = [nil, 0, .infinity, .nan, -1e300, 1e300][number % 6]
      seen.append(Observation(values, objective: objective))
    }
  }
}
