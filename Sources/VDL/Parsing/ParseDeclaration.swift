import Diagnostics

// file        = model
// model       = "model" name "{" { declaration } "}"
// declaration = config | hyper | input | block | shared | scope | corrupt | objective | use | train

extension Parser {
  /// Nil where there is no model at all; what is wrong is in `diagnostics`.
  mutating func parseFile() -> ModelSyntax? {
    guard let model = try? model() else { return nil }
    if current.kind != .endOfFile {
      report("expected the end of the file: a file holds one model", at: current.range)
    }
    return model
  }

  private mutating func model() throws(Recovery) -> ModelSyntax {
    let first = current
    guard case .keyword(.model) = first.kind else {
      throw fail("expected 'model', found \(first.description)", at: first.range)
    }
    advance()
    let name = try expectName("the model's name")
    let open = try expect(.leftBrace, "after the model's name")
    var declarations: [Declaration] = []
    while !isAt(.rightBrace) {
      guard current.kind != .endOfFile else {
        throw fail(
          "expected '}' at the end of the model", at: previousEnd,
          notes: [.init("to close this '{'", at: open.range)])
      }
      beginStatement()
      if let declaration = try? declaration() {
        declarations.append(declaration)
      } else {
        skipStatement()
      }
    }
    advance()
    return ModelSyntax(
      documentation: first.documentation, name: name, declarations: declarations,
      range: range(from: first.range),
      comments: comments)
  }

  private mutating func declaration() throws(Recovery) -> Declaration {
    let first = current
    guard case .keyword(let word) = first.kind, word != .as else { throw failUnknownDeclaration() }
    advance()
    switch word {
    case .config: return .config(try constant("config", after: first))
    case .hyper: return .hyper(try constant("hyper", after: first))
    case .input: return .input(try input(after: first))
    case .block: return .block(try block(after: first))
    case .shared: return .shared(try shared(after: first))
    case .encoder: return .scope(try scope(.encoder, after: first))
    case .decoder: return .scope(try scope(.decoder, after: first))
    case .prior: return .scope(try scope(.prior, after: first))
    case .corrupt: return .corrupt(try corrupt(after: first))
    case .maximize: return .objective(try objective(.maximize, after: first))
    case .minimize: return .objective(try objective(.minimize, after: first))
    case .use: return .use(try use(after: first))
    case .train: return .train(try train(after: first))
    case .let:
      throw fail(
        "'let' belongs inside encoder, prior or decoder", at: first.range,
        notes: [.init("a number that is fixed when compiled is 'config name = value'")])
    case .model: throw fail("a model cannot stand inside a model", at: first.range)
    case .as: throw failUnknownDeclaration()
    }
  }

  private mutating func failUnknownDeclaration() -> Recovery {
    let words = Keyword.allCases.filter(\.beginsDeclaration).map(\.rawValue)
    let suggestion = DiagnosticCollector.suggestion(for: current.text, in: words)
    if current.kind == .identifier, !suggestion.isEmpty {
      return fail("unknown declaration '\(current.text)'", at: current.range, notes: suggestion)
    }
    return fail(
      "expected a declaration, found \(current.description)", at: current.range,
      notes: [
        .init("declarations begin with " + words.joined(separator: ", "))
      ])
  }
}

extension Parser {
  // config = "config" name "=" expression      hyper = "hyper" name "=" expression
  private mutating func constant(_ word: String, after first: Token) throws(Recovery) -> ConstantDeclaration {
    let name = try expectName("a name after '\(word)'")
    try expect(.equal, "and a number after '\(name.text)'")
    let value = try expression()
    try expectStatementEnd(after: "the number")
    return ConstantDeclaration(
      documentation: first.documentation, name: name, value: value, range: range(from: first.range))
  }

  // input = "input" name ":" type { "|>" call }      type = name "[" expression { "," expression } "]"
  private mutating func input(after first: Token) throws(Recovery) -> InputDeclaration {
    let name = try expectName("the input's name")
    try expect(.colon, "and a type, such as image[1, 28, 28], after '\(name.text)'")
    let typeName = try expectName("a type, such as image[1, 28, 28]")
    let open = try expect(.leftBracket, "with the extents after '\(typeName.text)'")
    openBrackets.append(open.range)
    var extents: [Expression] = []
    repeat { extents.append(try expression()) } while take(.comma) != nil
    try close(.rightBracket, or: "','")
    let type = TypeSyntax(name: typeName, extents: extents, range: range(from: typeName.range))
    var operations: [Call] = []
    while take(.pipe) != nil {
      guard current.kind == .identifier else {
        throw failExpected("an operation, such as threshold(0.5), after '|>'")
      }
      operations.append(try call())
    }
    try expectStatementEnd(after: operations.isEmpty ? "the type" : "the operation")
    return InputDeclaration(
      documentation: first.documentation, name: name, type: type, operations: operations,
      range: range(from: first.range))
  }

  // block = "block" name "(" name { "," name } ")" "=" expression
  private mutating func block(after first: Token) throws(Recovery) -> BlockDeclaration {
    let name = try expectName("the block's name")
    let parameters = try nameList("parameter", after: "the block's name")
    try expect(.equal, "and the block's layers")
    let body = try expression()
    try expectStatementEnd(after: "the block", piped: true)
    return BlockDeclaration(
      documentation: first.documentation, name: name, parameters: parameters, body: body,
      range: range(from: first.range))
  }

  // shared = "shared" name "=" call
  private mutating func shared(after first: Token) throws(Recovery) -> SharedDeclaration {
    let name = try expectName("a name after 'shared'")
    try expect(.equal, "and a layer after '\(name.text)'")
    // As after every '=', the line may end here.
    guard current.kind == .identifier else { throw failExpected("a layer") }
    let layer = try call()
    try expectStatementEnd(after: "the layer")
    return SharedDeclaration(
      documentation: first.documentation, name: name, layer: layer, range: range(from: first.range))
  }

  // corrupt = "corrupt" name "with" call
  private mutating func corrupt(after first: Token) throws(Recovery) -> CorruptDeclaration {
    let input = try expectName("an input's name after 'corrupt'")
    guard take(word: "with") != nil else { throw failExpected("'with' after '\(input.text)'") }
    let corruption = try expectCall("a corruption, such as noise(std: 0.3)")
    try expectStatementEnd(after: "the corruption")
    return CorruptDeclaration(
      documentation: first.documentation, input: input, corruption: corruption, range: range(from: first.range))
  }

  // objective = ( "maximize" | "minimize" ) expression
  private mutating func objective(
    _ direction: ObjectiveDeclaration.Direction, after first: Token
  ) throws(Recovery) -> ObjectiveDeclaration {
    let value = try expression()
    try expectStatementEnd(after: "the objective")
    return ObjectiveDeclaration(
      documentation: first.documentation, direction: direction, value: value, range: range(from: first.range))
  }

  // use = "use" ( "encoder" | "prior" | "decoder" ) "from" string [ "frozen" ]
  private mutating func use(after first: Token) throws(Recovery) -> UseDeclaration {
    let part = current
    guard case .keyword(let word) = part.kind, let kind = ScopeKind(rawValue: word.rawValue), !isAtStatementEnd
    else {
      throw failExpected("'encoder', 'prior' or 'decoder' after 'use'")
    }
    advance()
    guard take(word: "from") != nil else { throw failExpected("'from' after '\(part.text)'") }
    guard current.kind == .string, !isAtStatementEnd else { throw failExpected("a file name in quotes") }
    let file = advance()
    let isFrozen = take(word: "frozen") != nil
    try expectStatementEnd(after: "'use'")
    return UseDeclaration(
      documentation: first.documentation, part: kind, partRange: part.range,
      file: StringLiteral(text: file.text, range: file.range), isFrozen: isFrozen,
      range: range(from: first.range))
  }

  /// `"(" name { "," name } ")"`.
  mutating func nameList(_ what: String, after place: String) throws(Recovery) -> [Name] {
    let open = try expect(.leftParenthesis, "and the \(what)s after \(place)")
    openBrackets.append(open.range)
    var names: [Name] = []
    repeat { names.append(try expectName("a \(what)")) } while take(.comma) != nil
    try close(.rightParenthesis, or: "','")
    return names
  }

  mutating func expectCall(_ what: String) throws(Recovery) -> Call {
    guard current.kind == .identifier, !isAtStatementEnd else { throw failExpected(what) }
    return try call()
  }
}
