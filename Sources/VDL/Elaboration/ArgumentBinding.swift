import Diagnostics
import IR

/// Evaluates what must be known when the model is compiled, and binds arguments to signatures.
struct ConstantEvaluator {
  let symbols: ModelSymbols
  /// Values by name that hide those of the model: parameters of the block that is being applied.
  let environment: Environment
  let diagnostics: DiagnosticCollector

  /// A number that is fixed when the model is compiled.
  func constant(_ expression: Expression) throws(Recovery) -> Constant {
    switch expression {
    case .number(let literal): return Constant(literal)
    case .parenthesized(let node): return try constant(node.content)
    case .negation(let node):
      if let value = try constant(node.operand).negated { return value }
      throw diagnostics.fail("this number is too large", at: node.range)
    case .binary(let node):
      let (left, right) = (try constant(node.left), try constant(node.right))
      if let value = Constant.apply(node.operation, left, right) { return value }
      let isDivision = node.operation == .divide && right.number == 0
      throw diagnostics.fail(isDivision ? "division by zero" : "this number is too large", at: node.range)
    case .name(let name): return try constant(named: name)
    case .string, .call, .pipeline:
      throw diagnostics.fail("a number that is fixed when compiled is needed here", at: expression.range)
    }
  }

  private func constant(named name: Name) throws(Recovery) -> Constant {
    if let bound = environment[name.text] {
      switch bound {
      case .constant(let value): return value
      case .invalid: throw Recovery()
      case .tensor:
        throw diagnostics.fail("'\(name.text)' is a tensor; a number is needed here", at: name.range)
      case .symbol:
        throw diagnostics.fail("'\(name.text)' stands for a word; a number is needed here", at: name.range)
      }
    }
    if let config = symbols.configs[name.text] {
      guard let value = config.value else { throw Recovery() }
      return value
    }
    if symbols.hypers[name.text] != nil {
      throw diagnostics.fail(
        "'\(name.text)' is given at run time; a number that is fixed when compiled is needed here",
        at: name.range,
        notes: symbols.note(
          "declare it with 'config' to fix it", at: symbols.hypers[name.text]?.declaration.name))
    }
    let known = environment.names + symbols.configs.keys
    throw diagnostics.fail(
      "unknown name '\(name.text)'", at: name.range,
      notes: DiagnosticCollector.suggestion(for: name.text, in: known))
  }

  func integer(_ expression: Expression, for what: String, atLeast minimum: Int) throws(Recovery) -> Int {
    let value = try constant(expression)
    var notes: [Diagnostic.Note] = []
    if case .name(let name) = expression, environment[name.text] == nil, let config = symbols.configs[name.text]
    {
      notes = [.init("'\(name.text)' is \(value.text)", at: config.declaration.range)]
    }
    guard case .integer(let integer) = value else {
      throw diagnostics.fail(
        "'\(what)' needs an integer, not \(value.text)", at: expression.range, notes: notes)
    }
    guard integer >= minimum else {
      throw diagnostics.fail(
        "'\(what)' must be \(minimum) or more, not \(integer)", at: expression.range, notes: notes)
    }
    return integer
  }

  func number(_ expression: Expression, for what: String, in interval: NumberInterval) throws(Recovery)
    -> Double
  {
    let value = try constant(expression).number
    guard interval.contains(value) else {
      throw diagnostics.fail("'\(what)' must be \(interval.rawValue), not \(value)", at: expression.range)
    }
    return value
  }
}

extension ConstantEvaluator {
  /// The arguments of a call, checked against its signature. Reports all that is wrong with them.
  ///
  /// - Parameter tensor: elaborates an argument that is a tensor.
  func bind(
    _ arguments: some Collection<Argument>, to signature: Signature, at callName: SourceRange,
    tensor: (Expression) throws(Recovery) -> ValueID = { _ throws(Recovery) in throw Recovery() }
  ) throws(Recovery) -> BoundArguments {
    var given: [String: [Expression]] = [:]
    var isFaulty = false
    for argument in arguments {
      do {
        let parameter = try parameter(of: argument, signature, given: given)
        given[parameter.name, default: []].append(argument.value)
      } catch {
        isFaulty = true
      }
    }
    var bound = BoundArguments(values: [:])
    for parameter in signature.parameters {
      if let expressions = given[parameter.name] {
        do { bound.values[parameter.name] = try value(of: parameter, expressions, tensor) } catch {
          isFaulty = true
        }
      } else if let value = parameter.defaultValue {
        bound.values[parameter.name] = value
      } else if !isFaulty {
        let name = parameter.isPositional ? parameter.name : "\(parameter.name):"
        diagnostics.report(
          "'\(signature.name)' needs '\(name)'", at: callName, notes: [.init("its form is \(signature.text)")])
        isFaulty = true
      }
    }
    if isFaulty { throw Recovery() }
    return bound
  }

  private func parameter(
    of argument: Argument, _ signature: Signature, given: [String: [Expression]]
  ) throws(Recovery) -> ParameterDefinition {
    let form = Diagnostic.Note("its form is \(signature.text)")
    guard let label = argument.label else {
      let open = signature.parameters.first { parameter in
        parameter.isRepeated || parameter.isPositional && given[parameter.name] == nil
      }
      if let open { return open }
      if signature.parameters.isEmpty {
        throw diagnostics.fail("'\(signature.name)' takes no arguments", at: argument.range)
      }
      guard let next = signature.parameters.first(where: { !$0.isPositional && given[$0.name] == nil }) else {
        throw diagnostics.fail("too many arguments for '\(signature.name)'", at: argument.range, notes: [form])
      }
      throw diagnostics.fail(
        "this argument of '\(signature.name)' needs a label", at: argument.range,
        notes: [.init("did you mean '\(next.name): \(argument.value.shortText ?? "...")'?"), form])
    }
    guard let parameter = signature.parameters.first(where: { $0.name == label.text }) else {
      let notes = DiagnosticCollector.suggestion(for: label.text, in: signature.parameters.map(\.name))
      throw diagnostics.fail(
        "'\(signature.name)' has no argument '\(label.text)'", at: label.range,
        notes: notes.isEmpty ? [form] : notes)
    }
    guard given[label.text] == nil else {
      throw diagnostics.fail("'\(label.text)' is given twice", at: label.range)
    }
    return parameter
  }

  private func value(
    of parameter: ParameterDefinition, _ expressions: [Expression],
    _ tensor: (Expression) throws(Recovery) -> ValueID
  ) throws(Recovery) -> ArgumentValue {
    guard let expression = expressions.first else { throw Recovery() }
    switch parameter.kind {
    case .integer(let minimum): return .integer(try integer(expression, for: parameter.name, atLeast: minimum))
    case .integers(let minimum):
      var values: [Int] = []
      for expression in expressions {
        values.append(try integer(expression, for: parameter.name, atLeast: minimum))
      }
      return .integers(values)
    case .number(let interval): return .number(try number(expression, for: parameter.name, in: interval))
    case .flag:
      guard let word = word(expression), word == "yes" || word == "no" else {
        throw diagnostics.fail("'\(parameter.name)' must be yes or no", at: expression.range)
      }
      return .symbol(word)
    case .padding:
      if word(expression) == "same" { return .symbol("same") }
      return .integer(try integer(expression, for: parameter.name, atLeast: 0))
    case .initializer: return .initializer(try initializer(expression))
    case .word(let words):
      guard let word = word(expression), words.contains(word) else {
        throw diagnostics.fail(
          "'\(parameter.name)' must be \(words.joined(separator: " or "))", at: expression.range)
      }
      return .symbol(word)
    case .tensors:
      var values: [ValueID] = []
      for expression in expressions { values.append(try tensor(expression)) }
      return .tensors(values)
    }
  }

  private func initializer(_ expression: Expression) throws(Recovery) -> BoundInitializer {
    let definitions = InitializerTable.definitions
    let list = Diagnostic.Note("initializers are " + definitions.map(\.signature.text).joined(separator: ", "))
    let name: String
    var arguments: [Argument] = []
    if case .call(let call) = expression, environment[call.name.text] == nil {
      (name, arguments) = (call.name.text, call.arguments)
    } else if let word = word(expression) {
      name = word
    } else {
      throw diagnostics.fail("'init' needs the name of an initializer", at: expression.range, notes: [list])
    }
    guard let definition = InitializerTable.named(name) else {
      let notes = DiagnosticCollector.suggestion(for: name, in: definitions.map(\.name))
      throw diagnostics.fail(
        "unknown initializer '\(name)'", at: expression.range, notes: notes.isEmpty ? [list] : notes)
    }
    let bound = try bind(arguments, to: definition.signature, at: expression.range)
    return BoundInitializer(name: name, arguments: bound)
  }

  /// The word that an expression is or, inside a block, stands for.
  private func word(_ expression: Expression) -> String? {
    guard case .name(let name) = expression else { return nil }
    if case .symbol(let word)? = environment[name.text] { return word }
    return environment[name.text] == nil ? name.text : nil
  }
}

extension Expression {
  /// A number or a name as it is written.
  fileprivate var shortText: String? {
    switch self {
    case .number(let node): node.text
    case .name(let node): node.text
    default: nil
    }
  }
}
