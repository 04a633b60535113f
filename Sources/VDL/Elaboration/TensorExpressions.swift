import Diagnostics
import IR

/// What an expression of a scope computes: a tensor, or a number where it is made of numbers alone.
enum Operand {
  case tensor(ValueID)
  case number(Double)
}

extension EntryElaborator {
  /// The value of an expression that must be a tensor.
  mutating func tensor(_ expression: Expression, _ environment: Environment) throws(Recovery) -> ValueID {
    try tensor(try operand(expression, environment), at: expression.range)
  }

  func tensor(_ operand: Operand, at range: SourceRange) throws(Recovery) -> ValueID {
    guard case .tensor(let value) = operand else {
      throw diagnostics.fail("a tensor is needed here, not a number", at: range)
    }
    return value
  }

  mutating func operand(_ expression: Expression, _ environment: Environment) throws(Recovery) -> Operand {
    switch expression {
    case .number(let literal): return .number(Constant(literal).number)
    case .string(let literal): throw diagnostics.fail("a text is no value", at: literal.range)
    case .name(let name): return try operand(named: name, environment)
    case .parenthesized(let node): return try operand(node.content, environment)
    case .negation(let node):
      let operand = try operand(node.operand, environment)
      return try at(node.range) { entry throws(Recovery) in try entry.negate(operand) }
    case .binary(let node):
      let left = try operand(node.left, environment)
      let right = try operand(node.right, environment)
      return try at(node.range) { entry throws(Recovery) in try entry.combine(node.operation, left, right) }
    case .pipeline(let node): return .tensor(try pipeline(node, environment))
    case .call(let call):
      guard let first = call.arguments.first, first.label == nil else {
        try requireKnown(call.name)
        throw diagnostics.fail(
          "'\(call.name.text)' needs what it is applied to", at: call.name.range,
          notes: [.init("write 'h |> \(call.name.text)(...)' or '\(call.name.text)(h, ...)'")])
      }
      let input = try tensor(first.value, environment)
      return .tensor(try apply(call, arguments: call.arguments.dropFirst(), to: input, environment))
    }
  }

  private func operand(named name: Name, _ environment: Environment) throws(Recovery) -> Operand {
    switch environment[name.text] {
    case .tensor(let value)?: return .tensor(value)
    case .constant(let value)?: return .number(value.number)
    case .invalid?: throw Recovery()
    case .symbol?: throw diagnostics.fail("'\(name.text)' stands for a word, not for a value", at: name.range)
    case nil: break
    }
    if let config = symbols.configs[name.text] {
      guard let value = config.value else { throw Recovery() }
      return .number(value.number)
    }
    if symbols.hypers[name.text] != nil {
      throw diagnostics.fail(
        "a hyper can stand only in the objective", at: name.range,
        notes: symbols.note("'\(name.text)' is declared here", at: symbols.hypers[name.text]?.declaration.name))
    }
    if isLayer(name.text) {
      throw diagnostics.fail(
        "'\(name.text)' is a layer, not a value", at: name.range, notes: [.init("a layer is applied with '|>'")]
      )
    }
    if DistributionTable.named(name.text) != nil || TermTable.named(name.text) != nil { try requireKnown(name) }
    throw diagnostics.fail(
      "unknown name '\(name.text)'", at: name.range, notes: notes(onUnknown: name.text, environment))
  }

  /// Where else the name is known, or a name that is spelt nearly the same.
  private func notes(onUnknown name: String, _ environment: Environment) -> [Diagnostic.Note] {
    let scope = layerPath.scope
    if let input = symbols.inputs.first(where: { $0.name == name })?.declaration.name {
      return symbols.note("'\(name)' is an input, which the \(scope) does not take", at: input)
    }
    if let latent = symbols.encoder?.results.first(where: { $0.text == name }) {
      return symbols.note("'\(name)' is a result of the encoder, which the \(scope) does not take", at: latent)
    }
    for other in [symbols.encoder, symbols.decoder].compactMap({ $0 }) where other.kind.rawValue != scope {
      if let statement = other.statements.first(where: { $0.name.text == name }) {
        return symbols.note("'\(name)' is a value of the \(other.kind.rawValue)", at: statement.name)
      }
    }
    return DiagnosticCollector.suggestion(for: name, in: environment.names + symbols.configNames)
  }

  mutating func negate(_ operand: Operand) throws(Recovery) -> Operand {
    switch operand {
    case .number(let value): return .number(-value)
    case .tensor(let value): return .tensor(try emit("neg", [value]))
    }
  }

  mutating func combine(_ operation: BinaryOperator, _ left: Operand, _ right: Operand) throws(Recovery)
    -> Operand
  {
    if case .number(let a) = left, case .number(let b) = right {
      let result = operation.apply(a, b)
      guard result.isFinite else { throw failArithmetic(operation, b) }
      return .number(result)
    }
    return .tensor(try emit(operation.opName, [try value(of: left), try value(of: right)]))
  }

  private func failArithmetic(_ operation: BinaryOperator, _ right: Double) -> Recovery {
    fail(TypeError(operation == .divide && right == 0 ? "division by zero" : "this number is too large"))
  }

  mutating func value(of operand: Operand) throws(Recovery) -> ValueID {
    switch operand {
    case .tensor(let value): return value
    case .number(let number): return try emit("constant", [], ["value": .float(number)])
    }
  }

  /// Applies the stages in order. A faulty source or stage is reported and something unknown stands in for it, so that the
  /// errors of what is behind it are found as well.
  private mutating func pipeline(_ node: Pipeline, _ environment: Environment) throws(Recovery) -> ValueID {
    var value: ValueID
    var isFaulty = false
    do {
      value = try tensor(node.source, environment)
    } catch {
      value = standIn()
      isFaulty = true
    }
    for stage in node.stages {
      do {
        value = try apply(stage, arguments: stage.arguments[...], to: value, environment)
      } catch {
        value = standIn()
        isFaulty = true
      }
    }
    if isFaulty { throw Recovery() }
    return value
  }
}

extension BinaryOperator {
  /// The op of the IR.
  fileprivate var opName: String {
    switch self {
    case .add: "add"
    case .subtract: "sub"
    case .multiply: "mul"
    case .divide: "div"
    }
  }
}
