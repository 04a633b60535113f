import IR
import LLVM

/// Emits an elementwise op's formula on vectors, or on scalars where `lanes` is 1.
public struct FormulaEmitter {
  private let b: LLVMBuilder
  private let lanes: Int

  public init(_ builder: LLVMBuilder, lanes: Int) {
    b = builder
    self.lanes = lanes
  }

  /// The values of several formulas of the same operands; what they have in common is emitted once.
  public func emit(_ formulas: [ScalarExpression], operands: [LLVMValue]) -> [LLVMValue] {
    var known: [ScalarExpression: LLVMValue] = [:]
    func value(_ expression: ScalarExpression) -> LLVMValue {
      if let value = known[expression] { return value }
      let made =
        switch expression {
        case .operand(let index): operands[index]
        case .constant(let number): constant(number)
        // An operation that carries its formula has no other attributes.
        case .attribute: constant(0)
        case .unary(let operation, let x): unary(operation, value(x))
        case .binary(let operation, let a, let b): binary(operation, value(a), value(b))
        case .selectPositive(let condition, let a, let other):
          b.select(b.fcmp(.ogt, value(condition), 0.0), value(a), value(other))
        }
      known[expression] = made
      return made
    }
    return formulas.map(value)
  }

  /// The formula's value; all operands are `<lanes x float>`.
  public func emit(
    _ formula: ScalarExpression, operands: [LLVMValue], attributes: Attributes = [:]
  ) -> LLVMValue {
    func value(_ expression: ScalarExpression) -> LLVMValue {
      emit(expression, operands: operands, attributes: attributes)
    }
    switch formula {
    case .operand(let index): return operands[index]
    case .constant(let number): return constant(number)
    case .attribute(let name): return constant(attributes.float(name))
    case .unary(let operation, let x): return unary(operation, value(x))
    case .binary(.subtract, .constant(let one), .attribute(let name)):
      // 1 - decay is taken in float64: in float32 it would lose most of its digits.
      return constant(one - attributes.float(name))
    case .binary(let operation, let a, let b): return binary(operation, value(a), value(b))
    case .selectPositive(let condition, let a, let other):
      return b.select(b.fcmp(.ogt, value(condition), 0.0), value(a), value(other))
    }
  }

  private func constant(_ number: Double) -> LLVMValue { b.context.f32.lanes(lanes).constant(number) }

  private func unary(_ operation: ScalarUnary, _ x: LLVMValue) -> LLVMValue {
    switch operation {
    case .negate: return b.neg(x)
    case .exp: return b.exp(x)
    case .log: return b.log(x)
    case .tanh: return b.tanh(x)
    case .sigmoid: return b.sigmoid(x)
    case .softplus: return b.softplus(x)
    case .squareRoot: return b.sqrt(x)
    case .absolute: return b.fabs(x)
    }
  }

  private func binary(_ operation: ScalarBinary, _ x: LLVMValue, _ y: LLVMValue) -> LLVMValue {
    switch operation {
    case .add: b.add(x, y)
    case .subtract: b.sub(x, y)
    case .multiply: b.mul(x, y)
    case .divide: b.fdiv(x, y)
    // Ordered comparison and selection: one machine instruction each, and NaN in x comes through in neither's place.
    case .minimum: b.select(b.fcmp(.olt, x, y), x, y)
    case .maximum: b.select(b.fcmp(.ole, x, y), y, x)
    }
  }
}
