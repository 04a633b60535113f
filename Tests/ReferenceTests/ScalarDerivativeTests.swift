import IR
import Testing

/// Derivatives of formulas against central differences: every operation, composed with another.
@Suite struct ScalarDerivativeTests {
  private static let a = ScalarExpression.operand(0)
  private static let b = ScalarExpression.operand(1)

  static let formulas: [ScalarExpression] =
    ScalarUnary.allCases.map { .unary($0, 0.5 + a * b) }
    + ScalarBinary.allCases.map { .binary($0, tanh(a), b * b) }
    + [
      .selectPositive(a - b, a * a, exp(b)), .selectPositive(b - 3, a, b), a, b, 3, a * 3 + b / a,
      .unary(.exp, .unary(.log, .unary(.squareRoot, a * a + b * b))),
    ]

  @Test(arguments: formulas)
  func derivativesAreCentralDifferences(formula: ScalarExpression) {
    let step = 1e-5
    for point in [[0.3, 0.7], [1.25, 0.5], [2, 1.75]] {
      for operand in 0...1 {
        let slope = formula.derivative(by: operand)
        for (function, derivative) in [(formula, slope), (slope, slope.derivative(by: operand))] {
          func at(_ offset: Double) -> Double {
            var moved = point
            moved[operand] += offset
            return function.evaluate(moved, [:])
          }
          let numeric = (at(step) - at(-step)) / (2 * step)
          let error = abs(derivative.evaluate(point, [:]) - numeric)
          #expect(error < 1e-7 * max(1, abs(numeric)), "\(function) by \(operand) at \(point)")
        }
      }
    }
  }

  @Test func whatChangesNothingIsLeftOut() {
    let (a, b) = (Self.a, Self.b)
    #expect((a * 3 + b).derivative(by: 0) == 3)
    #expect((a - b).derivative(by: 1) == -1)
    #expect((a * b + 2).derivative(by: 1) == a)
    #expect(exp(b).derivative(by: 0) == 0)
    #expect((a / b).derivative(by: 0) == 1 / b)
    #expect((2 * (3 * a)).derivative(by: 0) == 6)
  }

  @Test func theSlopeOfAnAbsoluteValueAtZeroIsZero() {
    let slope = absolute(Self.a).derivative(by: 0)
    #expect([-2, 0, 2].map { slope.evaluate([$0], [:]) } == [-1, 0, 1])
  }
}
