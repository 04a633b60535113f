extension ScalarExpression {
  /// The derivative of the formula by an operand, with zeros and ones left out.
  ///
  /// Where the formula has a kink, it is that of the side that the formula takes there; that of `absolute` at 0 is 0.
  public func derivative(by operand: Int) -> ScalarExpression {
    switch self {
    case .operand(let index): return index == operand ? 1 : 0
    case .constant, .attribute: return 0
    case .unary(let operation, let x):
      return operation.slope(at: x).times(x.derivative(by: operand))
    case .binary(let operation, let a, let b):
      let (da, db) = (a.derivative(by: operand), b.derivative(by: operand))
      switch operation {
      case .add: return da.plus(db)
      case .subtract: return da.minus(db)
      case .multiply: return da.times(b).plus(a.times(db))
      case .divide: return da.minus((a / b).times(db)).over(b)
      case .minimum: return Self.choose(b - a, da, db)
      case .maximum: return Self.choose(a - b, da, db)
      }
    case .selectPositive(let condition, let a, let b):
      return Self.choose(condition, a.derivative(by: operand), b.derivative(by: operand))
    }
  }

  private static func choose(_ condition: Self, _ a: Self, _ b: Self) -> Self {
    a == b ? a : .selectPositive(condition, a, b)
  }

  // Arithmetic that leaves out what changes nothing.

  private func plus(_ other: Self) -> Self {
    if other == 0 { return self }
    if self == 0 { return other }
    if case .constant(let a) = self, case .constant(let b) = other { return .constant(a + b) }
    return self + other
  }

  private func minus(_ other: Self) -> Self {
    if other == 0 { return self }
    if case .constant(let a) = self, case .constant(let b) = other { return .constant(a - b) }
    return self == 0 ? -other : self - other
  }

  func times(_ other: Self) -> Self {
    if self == 0 || other == 0 { return 0 }
    if self == 1 { return other }
    if other == 1 { return self }
    if case .constant(let a) = self, case .constant(let b) = other { return .constant(a * b) }
    return self * other
  }

  private func over(_ other: Self) -> Self { self == 0 ? 0 : self / other }
}

extension ScalarUnary {
  /// The derivative of the function at x.
  fileprivate func slope(at x: ScalarExpression) -> ScalarExpression {
    switch self {
    case .negate: -1
    case .exp: IR.exp(x)
    case .log: 1 / x
    case .tanh: 1 - IR.tanh(x) * IR.tanh(x)
    case .sigmoid: IR.sigmoid(x) * (1 - IR.sigmoid(x))
    case .softplus: IR.sigmoid(x)
    case .squareRoot: 0.5 / IR.squareRoot(x)
    case .absolute: .selectPositive(x, 1, .selectPositive(-x, -1, 0))
    }
  }
}
