import Diagnostics
import IR

extension EntryElaborator {
  /// Applies a layer, block or shared layer to a value.
  ///
  /// - Parameter arguments: those of the call without the one that the layer is applied to.
  mutating func apply(
    _ call: Call, arguments: ArraySlice<Argument>, to input: ValueID, _ environment: Environment
  ) throws(Recovery) -> ValueID {
    try countLayer(at: call.range)
    let name = call.name.text
    return try at(call.range) { entry throws(Recovery) in
      if let block = entry.symbols.blocks[name] {
        return try entry.apply(block, call, arguments, to: input, environment)
      }
      if let shared = entry.symbols.shared[name] {
        return try entry.apply(shared, call, arguments, to: input)
      }
      guard let layer = LayerTable.named(name) else {
        try entry.requireKnown(call.name)
        throw Recovery()
      }
      return try entry.apply(layer, call, arguments, to: input, environment)
    }
  }

  func isLayer(_ name: String) -> Bool {
    LayerTable.named(name) != nil || symbols.blocks[name] != nil || symbols.shared[name] != nil
  }

  /// Reports a name that is no layer.
  func requireKnown(_ name: Name) throws(Recovery) {
    guard !isLayer(name.text) else { return }
    if PlannedConstructs.Kind.layer.contains(name.text) {
      throw diagnostics.fail(PlannedConstructs.message(name.text), at: name.range)
    }
    if let distribution = DistributionTable.named(name.text) {
      throw diagnostics.fail(
        "'\(name.text)' is a distribution, not a layer", at: name.range,
        notes: [.init("a draw is written with '~': 'z ~ \(distribution.text)'")])
    }
    if TermTable.named(name.text) != nil {
      throw diagnostics.fail("'\(name.text)' is a term of the objective, not a layer", at: name.range)
    }
    let known = LayerTable.definitions.map(\.name) + symbols.blocks.keys + symbols.shared.keys
    let suggestion = DiagnosticCollector.suggestion(for: name.text, in: known)
    let list = LayerTable.definitions.map(\.name).joined(separator: ", ")
    throw diagnostics.fail(
      "unknown layer '\(name.text)'", at: name.range,
      notes: suggestion.isEmpty ? [.init("the layers are \(list)")] : suggestion)
  }

  private mutating func apply(
    _ layer: LayerDefinition, _ call: Call, _ arguments: ArraySlice<Argument>, to input: ValueID,
    _ environment: Environment
  ) throws(Recovery) -> ValueID {
    let bound = try evaluator(environment).bind(arguments, to: layer.signature, at: call.name.range) {
      argument throws(Recovery) in try tensor(argument, environment)
    }
    if let parameterName = layer.parameterName {
      let name = call.alias.map { "\(layerPath.scope).\($0.text)" } ?? layerPath.next(parameterName)
      try nameLayer(name, at: call.alias?.range ?? call.name.range)
    } else if let alias = call.alias {
      throw diagnostics.fail("'\(layer.name)' has no parameters to name", at: alias.range)
    }
    do {
      return try layer.emit(bound, input, &self)
    } catch {
      throw fail(error)
    }
  }

  /// A block's layers become layers of the binding that it stands in; with `as`, they stand under that name.
  private mutating func apply(
    _ block: BlockDeclaration, _ call: Call, _ arguments: ArraySlice<Argument>, to input: ValueID,
    _ environment: Environment
  ) throws(Recovery) -> ValueID {
    let name = block.name.text
    guard !activeBlocks.contains(name) else {
      throw diagnostics.fail("block '\(name)' applies itself", at: call.name.range)
    }
    guard activeBlocks.count < Limits.blocks else {
      throw diagnostics.fail("blocks are nested deeper than \(Limits.blocks) levels", at: call.name.range)
    }
    var inner = try bind(arguments, to: block, call, environment)
    if let piped = block.parameters.first { inner[piped.text] = .tensor(input) }
    activeBlocks.append(name)
    defer { activeBlocks.removeLast() }
    guard let alias = call.alias else { return try tensor(block.body, inner) }
    let outer = layerPath
    defer { layerPath = outer }
    layerPath = LayerPath(scope: outer.scope, path: "\(outer.scope).\(alias.text)", isShared: outer.isShared)
    return try tensor(block.body, inner)
  }

  /// All uses of a shared layer have the same parameters, which stand under `shared` and its name.
  private mutating func apply(
    _ shared: SharedDeclaration, _ call: Call, _ arguments: ArraySlice<Argument>, to input: ValueID
  ) throws(Recovery) -> ValueID {
    if let argument = arguments.first {
      throw diagnostics.fail(
        "'\(shared.name.text)' takes no arguments", at: argument.range,
        notes: [.init("they are given where it is declared", at: shared.range)])
    }
    if let alias = call.alias {
      throw diagnostics.fail("a shared layer has its name already", at: alias.range)
    }
    guard !activeBlocks.contains(shared.name.text) else {
      throw diagnostics.fail("'\(shared.name.text)' applies itself", at: call.name.range)
    }
    activeBlocks.append(shared.name.text)
    let outer = layerPath
    defer {
      layerPath = outer
      activeBlocks.removeLast()
    }
    layerPath = LayerPath(scope: "shared", path: "shared.\(shared.name.text)", isShared: true)
    return try apply(shared.layer, arguments: shared.layer.arguments[...], to: input, Environment())
  }

  /// The block's parameters but the first, by place or by name.
  private mutating func bind(
    _ arguments: ArraySlice<Argument>, to block: BlockDeclaration, _ call: Call, _ environment: Environment
  ) throws(Recovery) -> Environment {
    let parameters = block.parameters.dropFirst().map(\.text)
    let form = Diagnostic.Note("it is declared here", at: block.range)
    var inner = Environment()
    for argument in arguments {
      guard let name = argument.label?.text ?? parameters.first(where: { inner[$0] == nil }) else {
        throw diagnostics.fail("too many arguments for '\(block.name.text)'", at: argument.range, notes: [form])
      }
      guard parameters.contains(name) else {
        throw diagnostics.fail(
          "'\(block.name.text)' has no argument '\(name)'", at: argument.label?.range ?? argument.range,
          notes: DiagnosticCollector.suggestion(for: name, in: parameters) + [form])
      }
      guard inner[name] == nil else { throw diagnostics.fail("'\(name)' is given twice", at: argument.range) }
      inner[name] = try meaning(of: argument.value, environment)
    }
    if let missing = parameters.first(where: { inner[$0] == nil }) {
      throw diagnostics.fail("'\(block.name.text)' needs '\(missing)'", at: call.name.range, notes: [form])
    }
    return inner
  }

  /// What a block's parameter stands for: a word, a number or a tensor.
  private mutating func meaning(
    of expression: Expression, _ environment: Environment
  ) throws(Recovery) -> Meaning {
    if case .name(let name) = expression {
      if let known = environment[name.text] { return known }
      let isWord = InitializerTable.named(name.text) != nil || ArgumentKind.words.contains(name.text)
      if isWord, symbols.configs[name.text] == nil { return .symbol(name.text) }
    }
    if isNumeric(expression, environment) {
      return .constant(try evaluator(environment).constant(expression))
    }
    return .tensor(try tensor(expression, environment))
  }

  /// Whether an expression is made of numbers alone.
  func isNumeric(_ expression: Expression, _ environment: Environment) -> Bool {
    switch expression {
    case .number: return true
    case .parenthesized(let node): return isNumeric(node.content, environment)
    case .negation(let node): return isNumeric(node.operand, environment)
    case .binary(let node): return isNumeric(node.left, environment) && isNumeric(node.right, environment)
    case .name(let name):
      if case .constant? = environment[name.text] { return true }
      return environment[name.text] == nil && symbols.configs[name.text] != nil
    case .string, .call, .pipeline: return false
    }
  }

  func evaluator(_ environment: Environment) -> ConstantEvaluator {
    ConstantEvaluator(symbols: symbols, environment: environment, diagnostics: diagnostics)
  }
}
