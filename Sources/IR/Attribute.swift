/// A compile-time constant of an operation.
public enum Attribute: Sendable, Hashable {
  case int(Int)
  case ints([Int])
  case float(Double)
  /// A bare word such as `relu` or `train`.
  case symbol(String)
  /// A layout, printed as in a type: `n32` or `canonical`.
  case layout(Layout)
  /// What an operation of the op `map` computes of its operands' elements: `mul(a, exp(b))`.
  case formula(ScalarExpression)
}

/// The kinds that an op's definition may ask for.
public enum AttributeKind: String, Sendable {
  case int, ints, float, symbol, layout, formula
}

extension Attribute {
  public var kind: AttributeKind {
    switch self {
    case .int: .int
    case .ints: .ints
    case .float: .float
    case .symbol: .symbol
    case .layout: .layout
    case .formula: .formula
    }
  }
}

/// An operation's attributes by name. The accessors give a neutral value where an attribute is absent or of another
/// kind: the verifier has already refused such an operation.
public struct Attributes: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  public var values: [String: Attribute]

  public init(_ values: [String: Attribute] = [:]) { self.values = values }
  public init(dictionaryLiteral elements: (String, Attribute)...) {
    values = Dictionary(elements, uniquingKeysWith: { _, last in last })
  }

  public subscript(name: String) -> Attribute? {
    get { values[name] }
    set { values[name] = newValue }
  }

  public func int(_ name: String) -> Int { if case .int(let value) = values[name] { value } else { 0 } }
  public func ints(_ name: String) -> [Int] { if case .ints(let value) = values[name] { value } else { [] } }
  public func float(_ name: String) -> Double { if case .float(let value) = values[name] { value } else { 0 } }
  public func symbol(_ name: String) -> String? {
    if case .symbol(let value) = values[name] { value } else { nil }
  }
  public func formula(_ name: String) -> ScalarExpression? {
    if case .formula(let value) = values[name] { value } else { nil }
  }
  public func layout(_ name: String) -> Layout {
    if case .layout(let value) = values[name] { value } else { .canonical }
  }
}
