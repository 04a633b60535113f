import Diagnostics

// expression = sum { "|>" stage }
// sum        = product { ( "+" | "-" ) product }
// product    = unary { ( "*" | "/" ) unary }
// unary      = "-" unary | primary
// primary    = number | string | call | name | "(" expression ")"
// stage      = call [ "as" name ]
// call       = name [ "(" [ argument { "," argument } [ "," ] ] ")" ]
// argument   = [ label ":" ] expression

extension Parser {
  mutating func expression() throws(Recovery) -> Expression {
    try enterNesting()
    defer { nesting -= 1 }
    let start = current.range
    let source = try sum()
    var stages: [Call] = []
    while take(.pipe) != nil { stages.append(try stage()) }
    if stages.isEmpty { return source }
    return .pipeline(Pipeline(source: source, stages: stages, range: range(from: start)))
  }

  private mutating func sum() throws(Recovery) -> Expression {
    let start = current.range
    var left = try product()
    while let (sign, operation) = takeOperator([(.plus, .add), (.minus, .subtract)]) {
      left = try binary(operation, sign, left, try product(), from: start)
    }
    return left
  }

  private mutating func product() throws(Recovery) -> Expression {
    let start = current.range
    var left = try unary()
    while let (sign, operation) = takeOperator([(.star, .multiply), (.slash, .divide)]) {
      left = try binary(operation, sign, left, try unary(), from: start)
    }
    return left
  }

  private mutating func takeOperator(_ table: [(Punctuation, BinaryOperator)]) -> (Token, BinaryOperator)? {
    for (sign, operation) in table {
      if let token = take(sign) { return (token, operation) }
    }
    return nil
  }

  private mutating func binary(
    _ operation: BinaryOperator, _ sign: Token, _ left: Expression, _ right: Expression, from start: SourceRange
  ) throws(Recovery) -> Expression {
    operators += 1
    guard operators <= ParserLimits.operators else {
      throw fail("a statement may have at most \(ParserLimits.operators) operators", at: sign.range)
    }
    return .binary(
      BinaryExpression(
        operation: operation, operatorRange: sign.range, left: left, right: right, range: range(from: start)))
  }

  private mutating func unary() throws(Recovery) -> Expression {
    guard let sign = take(.minus) else { return try primary() }
    try enterNesting()
    defer { nesting -= 1 }
    let operand = try unary()
    return .negation(Negation(operand: operand, range: range(from: sign.range)))
  }

  private mutating func primary() throws(Recovery) -> Expression {
    guard !isAtOperandEnd else { throw failExpected("a value") }
    let token = current
    switch token.kind {
    case .integer:
      advance()
      let value = Int(token.text) ?? 0  // the lexer has reported what does not fit
      return .number(NumberLiteral(value: .integer(value), text: token.text, range: token.range))
    case .real:
      advance()
      let value = Double(token.text) ?? 0
      return .number(NumberLiteral(value: .real(value), text: token.text, range: token.range))
    case .string:
      advance()
      return .string(StringLiteral(text: token.text, range: token.range))
    case .punctuation(.leftParenthesis):
      advance()
      openBrackets.append(token.range)
      let content = try expression()
      try close(.rightParenthesis)
      return .parenthesized(Parenthesized(content: content, range: range(from: token.range)))
    case .identifier:
      let call = try call()
      return call.hasParentheses ? .call(call) : .name(call.name)
    case .keyword:
      throw fail("'\(token.text)' is a keyword of the language and cannot be a value", at: token.range)
    default:
      throw failExpected("a value")
    }
  }

  /// An operand may stand on the line after its operator, but not where a declaration begins.
  private var isAtOperandEnd: Bool {
    switch current.kind {
    case .endOfFile, .punctuation(.rightBrace): true
    default: isAtDeclaration
    }
  }

  private mutating func stage() throws(Recovery) -> Call {
    guard current.kind == .identifier else { throw failExpected("a layer after '|>'") }
    var call = try call()
    if current.kind == .keyword(.as), !isAtStatementEnd {
      advance()
      call.alias = try expectName("a name after 'as'")
      call.range = range(from: call.range)
    }
    return call
  }

  /// A name, and arguments if a `(` follows on the same line.
  mutating func call() throws(Recovery) -> Call {
    let name = advance()
    var call = Call(
      name: Name(name.text, at: name.range), arguments: [], hasParentheses: false, alias: nil, range: name.range
    )
    guard let open = take(.leftParenthesis) else { return call }
    call.hasParentheses = true
    openBrackets.append(open.range)
    while !continues(with: .rightParenthesis) {
      call.arguments.append(try argument())
      if take(.comma) == nil { break }
    }
    try close(.rightParenthesis, or: "','")
    call.range = range(from: name.range)
    return call
  }

  private mutating func argument() throws(Recovery) -> Argument {
    let start = current.range
    var label: Name?
    switch (current.kind, next.kind) {
    case (.identifier, .punctuation(.colon)), (.keyword, .punctuation(.colon)):
      label = Name(current.text, at: current.range)
      advance()
      advance()
    case (.identifier, .punctuation(.equal)), (.keyword, .punctuation(.equal)):
      throw fail("arguments are labeled with ':', as in '\(current.text): ...'", at: next.range)
    default: break
    }
    let value = try expression()
    return Argument(label: label, value: value, range: range(from: start))
  }

  /// The bracket that closes the innermost open one; errors point back to that.
  mutating func close(_ sign: Punctuation, or alternative: String? = nil) throws(Recovery) {
    let open = openBrackets.last
    if take(sign) != nil {
      openBrackets.removeLast()
      return
    }
    let expected = (alternative.map { "\($0) or " } ?? "") + "'\(sign.rawValue)'"
    let opening = sign == .rightBracket ? "[" : "("
    throw failExpected(expected, notes: open.map { [.init("to close this '\(opening)'", at: $0)] } ?? [])
  }

  private mutating func enterNesting() throws(Recovery) {
    nesting += 1
    guard nesting <= ParserLimits.nesting else {
      throw fail("this is nested deeper than \(ParserLimits.nesting) levels", at: current.range)
    }
  }
}
