import Diagnostics
import IR

extension EntryElaborator {
  /// A function of terms and numbers; of numbers alone it is a number.
  mutating func apply(
    _ function: FunctionDefinition, _ call: Call, negated: Bool
  ) throws(Recovery) -> Operand {
    let form = Diagnostic.Note("its form is \(function.text)")
    if let label = call.arguments.lazy.compactMap(\.label).first {
      throw diagnostics.fail(
        "'\(function.name)' has no argument '\(label.text)'", at: label.range, notes: [form])
    }
    guard call.arguments.count == function.arity else {
      throw diagnostics.fail(
        "'\(function.name)' needs \(function.arity == 1 ? "one argument" : "two arguments"), not \(call.arguments.count)",
        at: call.range, notes: [form])
    }
    var arguments: [Operand] = []
    for argument in call.arguments { arguments.append(try objectiveValue(argument.value, negated: false)) }
    return try at(call.range) { entry throws(Recovery) in
      let value = try entry.value(of: function, arguments, call)
      return negated ? try entry.negate(value) : value
    }
  }

  private mutating func value(
    of function: FunctionDefinition, _ arguments: [Operand], _ call: Call
  ) throws(Recovery) -> Operand {
    let numbers = arguments.compactMap { if case .number(let number) = $0 { number } else { nil } }
    if numbers.count == arguments.count {
      guard let value = function.value(numbers) else {
        throw diagnostics.fail("'\(function.name)' has no finite value here", at: call.range)
      }
      return .number(value)
    }
    var operands: [ValueID] = []
    for argument in arguments { operands.append(try value(of: argument)) }
    return .tensor(try emit(function.op, operands))
  }
}
