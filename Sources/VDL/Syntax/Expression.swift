import Diagnostics

/// A name where it stands in the text.
public struct Name: Sendable, Equatable {
  public var text: String
  public var range: SourceRange

  public init(_ text: String, at range: SourceRange) {
    self.text = text
    self.range = range
  }
}

/// What computes a value: arithmetic, calls, and layers applied one after the other with `|>`.
public indirect enum Expression: Sendable, Equatable {
  case number(NumberLiteral)
  case string(StringLiteral)
  case name(Name)
  case call(Call)
  case negation(Negation)
  case binary(BinaryExpression)
  case pipeline(Pipeline)
  case parenthesized(Parenthesized)

  public var range: SourceRange {
    switch self {
    case .number(let node): node.range
    case .string(let node): node.range
    case .name(let node): node.range
    case .call(let node): node.range
    case .negation(let node): node.range
    case .binary(let node): node.range
    case .pipeline(let node): node.range
    case .parenthesized(let node): node.range
    }
  }
}

/// `3`, `0.5`, `1e-3`; never negative.
public struct NumberLiteral: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case integer(Int)
    case real(Double)
  }

  public var value: Value
  /// As written: `1e-3` stays `1e-3` when the text is printed anew.
  public var text: String
  public var range: SourceRange
}

/// `"convae.vdl"`: what stands between the quotes, with no escapes.
public struct StringLiteral: Sendable, Equatable {
  public var text: String
  public var range: SourceRange
}

/// A function, layer or distribution with its arguments: `conv(32, kernel: 3)`, `relu`, `dense(10) as logits`.
public struct Call: Sendable, Equatable {
  public var name: Name
  public var arguments: [Argument]
  /// Whether parentheses were written; a layer without arguments needs none.
  public var hasParentheses: Bool
  /// What `as` names it: this name replaces the derived one in the names of its parameters.
  public var alias: Name?
  public var range: SourceRange
}

/// One argument of a call: `32`, `kernel: 3`.
public struct Argument: Sendable, Equatable {
  public var label: Name?
  public var value: Expression
  public var range: SourceRange
}

/// `-a`.
public struct Negation: Sendable, Equatable {
  public var operand: Expression
  public var range: SourceRange
}

public enum BinaryOperator: String, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
}

/// `a + b`; `*` and `/` bind tighter than `+` and `-`, equals group from the left.
public struct BinaryExpression: Sendable, Equatable {
  public var operation: BinaryOperator
  public var operatorRange: SourceRange
  public var left: Expression
  public var right: Expression
  public var range: SourceRange
}

/// `x |> conv(32) |> relu`: the stages are applied to the source in order. `|>` binds loosest of all operators.
public struct Pipeline: Sendable, Equatable {
  public var source: Expression
  /// Never empty.
  public var stages: [Call]
  public var range: SourceRange
}

/// `(a)`.
public struct Parenthesized: Sendable, Equatable {
  public var content: Expression
  public var range: SourceRange
}
