import Diagnostics

/// What the parser accepts at most, so that no text makes it overflow the stack or run without end.
public enum ParserLimits {
  /// Bytes of a file.
  public static let fileBytes = 1 << 20
  /// Parentheses, brackets, calls and signs inside one another.
  public static let nesting = 64
  /// Binary operators in one statement; a chain of them is a tree as deep as it is long.
  public static let operators = 256
  /// Messages about one file.
  public static let diagnostics = 50
}

/// Reads one model. Finds as many errors as it can in one go.
///
/// - Throws: everything that is wrong with the text, in the order of the text.
public func parseModel(_ source: SourceText) throws(DiagnosticList) -> ModelSyntax {
  guard source.bytes.count <= ParserLimits.fileBytes else {
    let message = "\(source.name) has \(source.bytes.count) bytes; a model may have \(ParserLimits.fileBytes)"
    throw DiagnosticList([Diagnostic(message, at: nil)])
  }
  let lexed = lex(source)
  var parser = Parser(tokens: lexed.tokens, comments: lexed.comments, file: source.name)
  let model = parser.parseFile()
  let found = lexed.diagnostics + parser.diagnostics
  if let model, found.isEmpty { return model }
  let start = SourcePosition(line: 1, column: 1)
  let ordered = found.sorted { ($0.range?.start ?? start) < ($1.range?.start ?? start) }
  throw DiagnosticList(Array(ordered.prefix(ParserLimits.diagnostics)))
}

/// Thrown after an error has been reported, up to where parsing can go on.
struct Recovery: Error {}

/// The parser's place in the tokens, and the ways to move on from it. The grammar is in the extensions.
struct Parser {
  let tokens: [Token]
  let comments: [Comment]
  let file: String
  private(set) var index = 0
  /// Where the current statement began: recovery moves at least past that token.
  private var statementStart = 0
  /// Open `(` and `[` of the statement; while there are any, line breaks do not count.
  var openBrackets: [SourceRange] = []
  /// Expressions inside one another at this point.
  var nesting = 0
  /// Binary operators of the current statement so far.
  var operators = 0
  var diagnostics: [Diagnostic] = []

  var current: Token { tokens[index] }
  var next: Token { tokens[min(index + 1, tokens.count - 1)] }
  /// The end of what was read last: where something missing is reported that should have stood on the same line.
  var previousEnd: SourceRange {
    guard index > 0 else { return current.range }
    let range = tokens[index - 1].range
    return SourceRange(file: file, start: range.end, end: range.end)
  }

  /// - Parameter tokens: never empty, the last one is `endOfFile`.
  init(tokens: [Token], comments: [Comment], file: String) {
    self.tokens = tokens
    self.comments = comments
    self.file = file
  }

  @discardableResult
  mutating func advance() -> Token {
    let token = current
    if index + 1 < tokens.count { index += 1 }
    return token
  }

  /// From the start of `token` to the end of what was read last.
  func range(from start: SourceRange) -> SourceRange {
    SourceRange(file: file, start: start.start, end: max(start.start, tokens[max(index - 1, 0)].range.end))
  }

  /// Whether the current token begins a declaration on a line of its own, which no expression can contain:
  /// there even an open bracket ends.
  var isAtDeclaration: Bool {
    guard case .keyword(let word) = current.kind, current.isFirstOnLine else { return false }
    return (word.beginsDeclaration || word == .let) && next.kind != .punctuation(.colon)
  }

  /// Whether the statement ends before the current token.
  var isAtStatementEnd: Bool {
    switch current.kind {
    case .endOfFile, .punctuation(.rightBrace): return true
    case .punctuation(let sign) where sign.continuesLine: return false
    default: return openBrackets.isEmpty ? current.isFirstOnLine : isAtDeclaration
    }
  }

  func isAt(_ sign: Punctuation) -> Bool {
    current.kind == .punctuation(sign)
  }

  /// Whether `sign` stands here and belongs to the statement that is being read.
  func continues(with sign: Punctuation) -> Bool {
    isAt(sign) && (!isAtStatementEnd || sign == .rightBrace)
  }

  /// Consumes `sign` if the statement goes on with it.
  mutating func take(_ sign: Punctuation) -> Token? {
    continues(with: sign) ? advance() : nil
  }

  /// Consumes a word that is reserved only here, such as `from`.
  mutating func take(word: String) -> Token? {
    !isAtStatementEnd && current.kind == .identifier && current.text == word ? advance() : nil
  }
}

// MARK: - Errors

extension Parser {
  mutating func report(_ message: String, at range: SourceRange, notes: [Diagnostic.Note] = []) {
    diagnostics.append(Diagnostic(message, at: range, notes: notes))
  }

  mutating func fail(_ message: String, at range: SourceRange, notes: [Diagnostic.Note] = []) -> Recovery {
    report(message, at: range, notes: notes)
    return Recovery()
  }

  /// Reports that something else was expected where the current token stands or, where the line has ended, behind
  /// what was read last.
  mutating func failExpected(_ expected: String, notes: [Diagnostic.Note] = []) -> Recovery {
    if isAtStatementEnd, current.isFirstOnLine || current.kind == .endOfFile {
      let found = current.kind == .endOfFile ? current.description : "the end of the line"
      return fail("expected \(expected), found \(found)", at: previousEnd, notes: notes)
    }
    return fail("expected \(expected), found \(current.description)", at: current.range, notes: notes)
  }

  @discardableResult
  mutating func expect(_ sign: Punctuation, _ purpose: String) throws(Recovery) -> Token {
    if let token = take(sign) { return token }
    throw failExpected("'\(sign.rawValue)' \(purpose)")
  }

  /// - Parameter what: what the name is of, as in "a name for the input".
  mutating func expectName(_ what: String) throws(Recovery) -> Name {
    if current.kind == .identifier, !isAtStatementEnd {
      let token = advance()
      return Name(token.text, at: token.range)
    }
    if case .keyword(let word) = current.kind, !isAtStatementEnd {
      throw fail("'\(word.rawValue)' is a keyword of the language and cannot be a name", at: current.range)
    }
    throw failExpected(what)
  }

  /// - Parameter piped: whether layers can be applied to what was read: then what follows may be one without its `|>`.
  mutating func expectStatementEnd(after what: String, piped: Bool = false) throws(Recovery) {
    guard !isAtStatementEnd else { return }
    throw failExpected("the end of the line after \(what)", notes: piped ? missingPipeNotes : [])
  }

  private var missingPipeNotes: [Diagnostic.Note] {
    let before = index > 0 ? tokens[index - 1] : current
    switch current.kind {
    case .identifier: return [.init("a layer is applied with '|>': '|> \(current.text)'")]
    case .punctuation(.arrow): return [.init("a layer is applied with '|>'")]
    case .integer, .real:
      guard before.kind == .identifier else { return [] }
      return [.init("arguments stand in parentheses: '\(before.text)(\(current.text))'")]
    default: return []
    }
  }

  /// Skips to where the next statement of the same braces can begin: a line's start outside the brackets and braces
  /// that are open or open on the way, or the closing brace. A declaration's keyword at a line's start always ends the
  /// search, so that an unclosed bracket costs one statement, not the rest of the file.
  mutating func skipStatement() {
    var brackets = openBrackets.count
    var braces = 0
    closeBrackets()
    while current.kind != .endOfFile {
      let isFirst = index == statementStart
      if isAtDeclaration, !isFirst { return }
      if !isFirst, braces == 0, brackets <= 0, current.isFirstOnLine, isAtStatementEnd { return }
      switch current.kind {
      case .punctuation(.leftBrace): braces += 1
      case .punctuation(.rightBrace):
        if braces == 0 { return }
        braces -= 1
      case .punctuation(.leftParenthesis), .punctuation(.leftBracket): brackets += 1
      case .punctuation(.rightParenthesis), .punctuation(.rightBracket): brackets -= 1
      default: break
      }
      advance()
    }
  }

  /// Forgets what was open in the statement before.
  mutating func beginStatement() {
    statementStart = index
    closeBrackets()
  }

  mutating func closeBrackets() {
    openBrackets = []
    nesting = 0
    operators = 0
  }
}
