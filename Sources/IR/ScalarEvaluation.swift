#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension ScalarExpression {
  /// The formula's value in float64.
  public func evaluate(_ operands: [Double], _ attributes: Attributes) -> Double {
    switch self {
    case .operand(let index): return operands[index]
    case .constant(let value): return value
    case .attribute(let name): return attributes.float(name)
    case .unary(let operation, let x): return operation.apply(x.evaluate(operands, attributes))
    case .binary(let operation, let a, let b):
      return operation.apply(a.evaluate(operands, attributes), b.evaluate(operands, attributes))
    case .selectPositive(let condition, let a, let b):
      return condition.evaluate(operands, attributes) > 0
        ? a.evaluate(operands, attributes) : b.evaluate(operands, attributes)
    }
  }

  /// The formula's values for many elements, operand by operand; the same numbers as one by one, in less time.
  func evaluate(_ operands: [[Double]], count: Int, _ attributes: Attributes) -> [Double] {
    switch self {
    case .operand(let index): return operands[index]
    case .constant(let value): return Array(repeating: value, count: count)
    case .attribute(let name): return Array(repeating: attributes.float(name), count: count)
    case .unary(let operation, let x):
      return x.evaluate(operands, count: count, attributes).map(operation.apply)
    case .binary(let operation, let a, let b):
      let right = b.evaluate(operands, count: count, attributes)
      var result = a.evaluate(operands, count: count, attributes)
      for index in result.indices { result[index] = operation.apply(result[index], right[index]) }
      return result
    case .selectPositive(let condition, let a, let b):
      let (chosen, other) = (
        a.evaluate(operands, count: count, attributes), b.evaluate(operands, count: count, attributes)
      )
      var result = condition.evaluate(operands, count: count, attributes)
      for index in result.indices { result[index] = result[index] > 0 ? chosen[index] : other[index] }
      return result
    }
  }

  /// True for a formula of sums, products and selections alone, each of which costs no more than a load.
  public var isCheap: Bool {
    switch self {
    case .operand, .constant, .attribute: true
    case .unary(let operation, let x): [.negate, .absolute].contains(operation) && x.isCheap
    case .binary(let operation, let a, let b): operation != .divide && a.isCheap && b.isCheap
    case .selectPositive(let c, let a, let b): c.isCheap && a.isCheap && b.isCheap
    }
  }

  /// Arithmetic operations in the formula: its cost per element.
  public var operationCount: Int {
    switch self {
    case .operand, .constant, .attribute: 0
    case .unary(_, let x): 1 + x.operationCount
    case .binary(_, let a, let b): 1 + a.operationCount + b.operationCount
    case .selectPositive(let c, let a, let b): 1 + c.operationCount + a.operationCount + b.operationCount
    }
  }
}

/// The C library's functions under names that the cases below do not hide.
private let exponential: @Sendable (Double) -> Double = exp
private let logarithm: @Sendable (Double) -> Double = log
private let logarithmOfOnePlus: @Sendable (Double) -> Double = log1p
private let hyperbolicTangent: @Sendable (Double) -> Double = tanh

extension ScalarUnary {
  public func apply(_ x: Double) -> Double {
    switch self {
    case .negate: -x
    case .exp: exponential(x)
    case .log: logarithm(x)
    case .tanh: hyperbolicTangent(x)
    case .sigmoid: 1 / (1 + exponential(-x))
    case .softplus: max(x, 0) + logarithmOfOnePlus(exponential(-abs(x)))
    case .squareRoot: x.squareRoot()
    case .absolute: abs(x)
    }
  }
}

extension ScalarBinary {
  public func apply(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .minimum: min(a, b)
    case .maximum: max(a, b)
    }
  }
}
