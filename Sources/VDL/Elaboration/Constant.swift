import Diagnostics

/// A number known when the model is compiled. Integers stay exact: extents are counted with them.
enum Constant: Sendable, Equatable {
  case integer(Int)
  case real(Double)

  var number: Double {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    }
  }

  /// As messages print it.
  var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    }
  }

  /// The number that a text such as `200` or `1e-3` spells, sign allowed; nil where it spells none, also for what the standard
  /// library takes besides: `0x10`, `inf`.
  init?(parsing text: String) {
    if let value = Int(text) {
      self = .integer(value)
    } else if text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
      let value = Double(text),
      value.isFinite
    {
      self = .real(value)
    } else {
      return nil
    }
  }

  init(_ literal: NumberLiteral) {
    switch literal.value {
    case .integer(let value): self = .integer(value)
    case .real(let value): self = .real(value)
    }
  }

  var negated: Constant? {
    switch self {
    case .integer(let value): value == .min ? nil : .integer(-value)
    case .real(let value): .real(-value)
    }
  }

  /// The result, or nil where it is no finite number or no integer of the machine. A quotient of integers is an
  /// integer where it comes out even.
  static func apply(_ operation: BinaryOperator, _ a: Constant, _ b: Constant) -> Constant? {
    if case .integer(let x) = a, case .integer(let y) = b {
      let result: (partialValue: Int, overflow: Bool)
      switch operation {
      case .add: result = x.addingReportingOverflow(y)
      case .subtract: result = x.subtractingReportingOverflow(y)
      case .multiply: result = x.multipliedReportingOverflow(by: y)
      case .divide:
        let (remainder, overflow) = x.remainderReportingOverflow(dividingBy: y)
        if overflow || remainder != 0 { return finite(Double(x) / Double(y)) }
        result = x.dividedReportingOverflow(by: y)
      }
      return result.overflow ? nil : .integer(result.partialValue)
    }
    return finite(operation.apply(a.number, b.number))
  }

  private static func finite(_ value: Double) -> Constant? {
    value.isFinite ? .real(value) : nil
  }
}

extension BinaryOperator {
  func apply(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    }
  }
}
