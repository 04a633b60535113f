import Diagnostics
import IR
import Testing

@Suite struct InitializerTests {
  private func module(_ initializer: String) throws -> Module {
    try Module(
      parsing: SourceText(
        name: "t.vir", text: "module t\nparameter @w : f32[6,2,5,2] init \(initializer)\n"))
  }

  /// 2 x 10 numbers make an output, and 6 x 10 outputs read an input.
  static let cases: [(String, InitialDistribution)] = [
    ("constant(0.5)", .constant(0.5)), ("normal(0.02)", .normal(standardDeviation: 0.02)),
    ("fan_in_uniform(@w)", .uniform(bound: root(1, 20))), ("glorot_uniform(@w)", .uniform(bound: root(6, 80))),
    ("glorot_normal(@w)", .normal(standardDeviation: root(2, 80))),
    ("he_uniform(@w)", .uniform(bound: root(6, 20))),
    ("he_normal(@w)", .normal(standardDeviation: root(2, 20))),
  ]

  private static func root(_ a: Double, _ b: Double) -> Double { (a / b).squareRoot() }

  @Test(arguments: cases)
  func scalesFollowFromTheExtents(initializer: String, expected: InitialDistribution) throws {
    let module = try module(initializer)
    let weight = try #require(module.global("w"))
    #expect("\(weight.initializer)" == initializer)
    let made = try module.initialDistribution(of: weight)
    switch (made, expected) {
    case (.uniform(let a), .uniform(let b)), (.normal(let a), .normal(let b)),
      (.constant(let a), .constant(let b)):
      #expect(abs(a - b) < 1e-15)
    default: Issue.record("\(made), not \(expected)")
    }
  }
}
