import Diagnostics

extension ModelSyntax {
  /// What messages call the text of `replacingOptimizer`.
  public static let optimizerTextName = "--optimizer"

  /// The model with another optimizer in its `train` block, such as `sgd(momentum: 0.9)`. The rate and the decay that the model
  /// gives its own optimizer stay where the text gives no others.
  ///
  /// - Throws: what is wrong with the grammar of the text; whether there is such an optimizer is for `elaborate` to say.
  public func replacingOptimizer(_ text: String) throws(DiagnosticList) -> ModelSyntax {
    let source = SourceText(name: Self.optimizerTextName, text: text)
    let lexed = lex(source)
    var parser = Parser(tokens: lexed.tokens, comments: lexed.comments, file: source.name)
    let parsed = parser.loneExpression()
    let found = lexed.diagnostics + parser.diagnostics
    guard let parsed, found.isEmpty else { throw DiagnosticList(found) }

    var model = self
    let place = declarations.firstIndex { if case .train = $0 { true } else { false } }
    guard let place, case .train(var train) = declarations[place] else {
      let setting = Setting(
        name: Name(TrainTable.optimizer, at: parsed.range), value: parsed, range: parsed.range)
      model.declarations.append(
        .train(TrainDeclaration(documentation: nil, settings: [setting], range: parsed.range)))
      return model
    }
    let old = train.settings.firstIndex { $0.name.text == TrainTable.optimizer }
    let kept = old.map { train.settings[$0].value.runTimeArguments } ?? []
    let setting = Setting(
      name: Name(TrainTable.optimizer, at: parsed.range), value: parsed.inheriting(kept),
      range: parsed.range)
    if let old { train.settings[old] = setting } else { train.settings.append(setting) }
    model.declarations[place] = .train(train)
    return model
  }
}

extension Parser {
  /// An expression with nothing behind it; nil where there is none.
  fileprivate mutating func loneExpression() -> Expression? {
    guard let expression = try? expression() else { return nil }
    guard current.kind == .endOfFile else {
      report("expected nothing behind the optimizer, found \(current.description)", at: current.range)
      return nil
    }
    return expression
  }
}

extension Expression {
  /// The arguments of an optimizer that are given at run time and that all optimizers have.
  fileprivate var runTimeArguments: [Argument] {
    guard case .call(let call) = self else { return [] }
    return call.arguments.filter { ["rate", "decay"].contains($0.label?.text) }
  }

  /// The call with arguments of another, those that it has itself left out.
  fileprivate func inheriting(_ arguments: [Argument]) -> Expression {
    var call: Call
    switch self {
    case .call(let own): call = own
    case .name(let name):
      call = Call(name: name, arguments: [], hasParentheses: true, alias: nil, range: name.range)
    default: return self
    }
    let own = call.arguments.compactMap { $0.label?.text }
    call.arguments += arguments.filter { !own.contains($0.label?.text ?? "") }
    return .call(call)
  }
}
