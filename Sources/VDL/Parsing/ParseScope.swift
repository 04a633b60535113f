import Diagnostics

// scope     = ( "encoder" | "prior" | "decoder" ) "(" name { "," name } ")" "->" name { "," name } "{" { statement } "}"
//           | "prior" draw
// statement = "let" name "=" expression | name "=" expression | draw
// draw      = name "~" call
// train     = "train" "{" [ setting { ( "," | newline ) setting } ] "}"
// setting   = name ":" expression

extension Parser {
  mutating func scope(_ kind: ScopeKind, after first: Token) throws(Recovery) -> ScopeDeclaration {
    if kind == .prior, !continues(with: .leftParenthesis) {
      guard current.kind == .identifier, !isAtStatementEnd else {
        throw failExpected("a latent's name or '(' after 'prior'")
      }
      let draw = try draw()
      return ScopeDeclaration(
        documentation: first.documentation, kind: kind, keywordRange: first.range, parameters: [],
        results: [draw.name], statements: [.draw(draw)], isShort: true, range: range(from: first.range))
    }
    let (parameters, results) = try scopeHeader(kind)
    let open = try expect(.leftBrace, "to begin the \(kind.rawValue)'s body")
    let statements = try statements(of: kind, open: open.range)
    return ScopeDeclaration(
      documentation: first.documentation, kind: kind, keywordRange: first.range, parameters: parameters,
      results: results, statements: statements, isShort: false, range: range(from: first.range))
  }

  /// `(x, y) -> z`. Where that is faulty but a body follows on the same line, the body is read all the same, so that
  /// its errors are found too.
  private mutating func scopeHeader(_ kind: ScopeKind) throws(Recovery) -> (parameters: [Name], results: [Name])
  {
    do {
      let parameters = try nameList("parameter", after: "'\(kind.rawValue)'")
      try expect(.arrow, "and the results of the \(kind.rawValue)")
      var results: [Name] = []
      repeat { results.append(try expectName("the name of a result")) } while take(.comma) != nil
      return (parameters, results)
    } catch {
      while !isAt(.leftBrace), !current.isFirstOnLine, current.kind != .endOfFile, !isAt(.rightBrace) {
        advance()
      }
      guard isAt(.leftBrace) else { throw error }
      closeBrackets()
      return ([], [])
    }
  }

  /// Statements up to and with the closing brace.
  private mutating func statements(of kind: ScopeKind, open: SourceRange) throws(Recovery) -> [Statement] {
    var statements: [Statement] = []
    while !isAt(.rightBrace) {
      if current.kind == .endOfFile || (isAtDeclaration && current.kind != .keyword(.let)) {
        throw fail(
          "expected '}' at the end of the \(kind.rawValue)", at: previousEnd,
          notes: [.init("to close this '{'", at: open)])
      }
      beginStatement()
      if let statement = try? statement() {
        statements.append(statement)
      } else {
        skipStatement()
      }
    }
    advance()
    return statements
  }

  private mutating func statement() throws(Recovery) -> Statement {
    let first = current
    if current.kind == .keyword(.let) {
      advance()
      let name = try expectName("a name after 'let'")
      if isAt(.tilde) { throw fail("a draw has no 'let': write '\(name.text) ~ ...'", at: first.range) }
      return .binding(try binding(name, isLet: true, after: first))
    }
    guard current.kind == .identifier else { throw failStatement() }
    if next.kind == .punctuation(.tilde) { return .draw(try draw()) }
    guard next.kind == .punctuation(.equal) else { throw failStatement() }
    advance()
    return .binding(try binding(Name(first.text, at: first.range), isLet: false, after: first))
  }

  private mutating func failStatement() -> Recovery {
    let forms = "'let name = ...', 'name = ...' or 'name ~ ...'"
    if current.kind == .identifier, next.kind == .identifier, !next.isFirstOnLine,
      closestMatch(to: current.text, in: ["let"]) != nil
    {
      return fail(
        "unknown statement '\(current.text)'", at: current.range, notes: [.init("did you mean 'let'?")])
    }
    if current.kind == .identifier {
      advance()
      let place = isAtStatementEnd && current.isFirstOnLine ? previousEnd : current.range
      let found = isAtStatementEnd && current.isFirstOnLine ? "the end of the line" : current.description
      // `var h = ...`, `return z`
      let isWordTooMany = current.kind == .identifier && !current.isFirstOnLine
      return fail(
        "expected '=' or '~' after the name, found \(found)", at: place,
        notes: isWordTooMany ? [.init("a value in between is 'let \(current.text) = ...'")] : [])
    }
    return fail("expected \(forms), found \(current.description)", at: current.range)
  }

  private mutating func binding(_ name: Name, isLet: Bool, after first: Token) throws(Recovery) -> Binding {
    try expect(.equal, "after '\(name.text)'")
    let value = try expression()
    try expectStatementEnd(after: "the value of '\(name.text)'", piped: true)
    return Binding(
      documentation: first.documentation, isLet: isLet, name: name, value: value,
      range: range(from: first.range))
  }

  private mutating func draw() throws(Recovery) -> Draw {
    let first = advance()
    let name = Name(first.text, at: first.range)
    if isAt(.equal), !isAtStatementEnd {
      throw fail("a draw is written with '~', not with '='", at: current.range)
    }
    try expect(.tilde, "and a distribution after '\(name.text)'")
    let distribution = try expectCall("a distribution after '~'")
    if isAt(.pipe) {
      throw fail(
        "no layer can be applied to a distribution", at: current.range,
        notes: [.init("a value that layers compute is given with '=': '\(name.text) = ...'")])
    }
    try expectStatementEnd(after: "the distribution")
    return Draw(
      documentation: first.documentation, name: name, distribution: distribution,
      range: range(from: first.range))
  }
}

extension Parser {
  mutating func train(after first: Token) throws(Recovery) -> TrainDeclaration {
    let open = try expect(.leftBrace, "after 'train'")
    var settings: [Setting] = []
    while !isAt(.rightBrace) {
      if current.kind == .endOfFile || isAtDeclaration {
        throw fail(
          "expected '}' at the end of the settings", at: previousEnd,
          notes: [.init("to close this '{'", at: open.range)])
      }
      beginStatement()
      if let setting = try? setting() {
        settings.append(setting)
      } else {
        skipStatement()
      }
    }
    advance()
    return TrainDeclaration(
      documentation: first.documentation, settings: settings, range: range(from: first.range))
  }

  private mutating func setting() throws(Recovery) -> Setting {
    guard current.kind == .identifier else { throw failExpected("a setting, such as 'batch: 128'") }
    let name = advance()
    try expect(.colon, "and a value after '\(name.text)'")
    let value = try expression()
    let range = range(from: name.range)
    if take(.comma) == nil, !isAtStatementEnd {
      throw failExpected("',' or the end of the line after the setting")
    }
    return Setting(name: Name(name.text, at: name.range), value: value, range: range)
  }
}
