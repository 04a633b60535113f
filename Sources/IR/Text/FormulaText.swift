import Diagnostics

// A formula as text: operands are the letters a to l in the operation's order, operations are written as calls.
//
//     add(a, mul(exp(mul(b, 0.5)), c))

/// Operands that a formula in text can name.
public let formulaOperandLimit = 12

/// How deep calls in a formula may be nested.
let formulaDepthLimit = 64

extension ScalarUnary {
  /// The word for the operation in a formula.
  public var word: String {
    switch self {
    case .negate: "neg"
    case .squareRoot: "sqrt"
    case .absolute: "abs"
    case .exp, .log, .tanh, .sigmoid, .softplus: rawValue
    }
  }
}

extension ScalarBinary {
  /// The word for the operation in a formula.
  public var word: String {
    switch self {
    case .add: "add"
    case .subtract: "sub"
    case .multiply: "mul"
    case .divide: "div"
    case .minimum: "min"
    case .maximum: "max"
    }
  }
}

/// The word for `selectPositive`: `select(c, x, y)` is x where c is above zero, else y.
private let selectWord = "select"

extension ScalarExpression: CustomStringConvertible {
  public var description: String {
    switch self {
    case .operand(let index): Self.letter(index)
    case .constant(let value): "\(value)"
    case .attribute(let name): name
    case .unary(let operation, let x): "\(operation.word)(\(x))"
    case .binary(let operation, let x, let y): "\(operation.word)(\(x), \(y))"
    case .selectPositive(let c, let x, let y): "\(selectWord)(\(c), \(x), \(y))"
    }
  }

  private static func letter(_ index: Int) -> String {
    String(UnicodeScalar(UInt8(ascii: "a") + UInt8(clamping: max(0, min(index, 25)))))
  }
}

extension TokenCursor {
  /// A formula.
  mutating func formula(depth: Int = 0) throws(Diagnostic) -> ScalarExpression {
    guard depth < formulaDepthLimit else {
      throw error("a formula is nested at most \(formulaDepthLimit) deep", at: next)
    }
    if next.kind != .word || next.text == "inf" { return .constant(try number()) }
    let word = try expect(.word, "a formula")
    if word.text.utf8.count == 1, let letter = word.text.utf8.first {
      let index = Int(letter) - Int(UInt8(ascii: "a"))
      guard (0..<formulaOperandLimit).contains(index) else {
        throw error("'\(word.text)' is no operand of a formula: these are a to l", at: word)
      }
      return .operand(index)
    }
    try expect("(", "behind the name of an operation")
    var arguments: [ScalarExpression] = []
    repeat { arguments.append(try formula(depth: depth + 1)) } while accept(",")
    try expect(")", "or ',' and another argument")
    if let unary = ScalarUnary.allCases.first(where: { $0.word == word.text }), arguments.count == 1 {
      return .unary(unary, arguments[0])
    }
    if let binary = ScalarBinary.allCases.first(where: { $0.word == word.text }), arguments.count == 2 {
      return .binary(binary, arguments[0], arguments[1])
    }
    if word.text == selectWord, arguments.count == 3 {
      return .selectPositive(arguments[0], arguments[1], arguments[2])
    }
    throw error("there is no operation '\(word.text)' of \(arguments.count) arguments in formulas", at: word)
  }
}
