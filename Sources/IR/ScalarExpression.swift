/// The formula of an elementwise op, on one element of each operand. It is all that such an op has to say of its
/// values: the reference interpreter evaluates it in float64 and the kernel generator emits it in vectors.
public indirect enum ScalarExpression: Sendable, Hashable {
  /// The element of the operand of that number.
  case operand(Int)
  case constant(Double)
  /// The value of a float attribute.
  case attribute(String)
  case unary(ScalarUnary, ScalarExpression)
  case binary(ScalarBinary, ScalarExpression, ScalarExpression)
  /// The second where the first is above zero, else the third.
  case selectPositive(ScalarExpression, ScalarExpression, ScalarExpression)
}

public enum ScalarUnary: String, Sendable, CaseIterable {
  case negate, exp, log, tanh, sigmoid, softplus, squareRoot, absolute
}

public enum ScalarBinary: String, Sendable, CaseIterable {
  case add, subtract, multiply, divide, minimum, maximum
}

extension ScalarExpression {
  public static func + (a: Self, b: Self) -> Self { .binary(.add, a, b) }
  public static func - (a: Self, b: Self) -> Self { .binary(.subtract, a, b) }
  public static func * (a: Self, b: Self) -> Self { .binary(.multiply, a, b) }
  public static func / (a: Self, b: Self) -> Self { .binary(.divide, a, b) }
  public static prefix func - (a: Self) -> Self { .unary(.negate, a) }
}

extension ScalarExpression: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .constant(value) }
  public init(integerLiteral value: Int) { self = .constant(Double(value)) }
}

public func exp(_ x: ScalarExpression) -> ScalarExpression { .unary(.exp, x) }
public func log(_ x: ScalarExpression) -> ScalarExpression { .unary(.log, x) }
public func tanh(_ x: ScalarExpression) -> ScalarExpression { .unary(.tanh, x) }
public func sigmoid(_ x: ScalarExpression) -> ScalarExpression { .unary(.sigmoid, x) }
public func softplus(_ x: ScalarExpression) -> ScalarExpression { .unary(.softplus, x) }
public func squareRoot(_ x: ScalarExpression) -> ScalarExpression { .unary(.squareRoot, x) }
public func absolute(_ x: ScalarExpression) -> ScalarExpression { .unary(.absolute, x) }
public func minimum(_ a: ScalarExpression, _ b: ScalarExpression) -> ScalarExpression {
  .binary(.minimum, a, b)
}
public func maximum(_ a: ScalarExpression, _ b: ScalarExpression) -> ScalarExpression {
  .binary(.maximum, a, b)
}
