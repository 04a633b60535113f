import Diagnostics

/// The text of a model in the canonical layout, all comments kept. Formatting a formatted text changes nothing, and the
/// result means what the text means: their trees are equal.
///
/// - Two spaces indent; what stands in `{ }` has lines of its own, except settings of `train` written on one line. Of
///   several blank lines one is left.
/// - The line breaks that an author made before `|>`, before `+` and `-`, and between arguments are kept; more are made
///   where a line would be longer than 100 characters. Lines that go on with `|>` stand under the first `|>`, arguments under the first
///   argument.
/// - `config` and `hyper`, the arguments of equal layers under one another, and comments behind lines are aligned.
///
/// - Throws: what is wrong with a text that cannot be parsed.
public func formatModel(_ source: SourceText) throws(DiagnosticList) -> String {
  let model = try parseModel(source)
  var formatter = Formatter(model, lex(source))
  formatter.file(model)
  return formatter.buffer.text()
}

/// Prints the tokens of a model in order, each with the comments before it. The tree decides where lines begin.
struct Formatter {
  /// Lines are broken where they would be longer.
  static let width = 100

  let tokens: [Token]
  /// The comments before each token.
  let comments: [[Comment]]
  private let starts: [SourcePosition: Int]
  private let ends: [SourcePosition: Int]
  /// Tokens before which a line may be broken.
  let breakable: Set<Int>
  /// The next token.
  var index = 0
  private var previous: Token?
  private var isPreviousSign = false
  /// Further spaces behind a token, for alignment.
  var padding: [Int: Int] = [:]
  private var owedSpaces = 0
  /// The token before which the comments have been printed.
  private var printedGap: Int?
  /// The indent of the statement at hand.
  var indent = 0
  /// Where the statement goes on in another line.
  var continuation = 0
  /// Open brackets.
  var nesting = 0
  var buffer = LineBuffer()

  init(_ model: ModelSyntax, _ text: LexedText) {
    tokens = text.tokens
    starts = Dictionary(
      tokens.enumerated().map { ($0.element.range.start, $0.offset) }, uniquingKeysWith: { first, _ in first })
    ends = Dictionary(
      tokens.enumerated().map { ($0.element.range.end, $0.offset) }, uniquingKeysWith: { first, _ in first })
    var gaps = [[Comment]](repeating: [], count: tokens.count)
    var gap = 0
    for comment in text.comments {
      while gap < tokens.count - 1, tokens[gap].range.start < comment.range.start { gap += 1 }
      gaps[gap].append(comment)
    }
    comments = gaps
    breakable = Self.breakableTokens(model, starts)
  }

  /// `|>`, `+`, `-` between two operands, and the first tokens of all arguments but the first.
  private static func breakableTokens(_ model: ModelSyntax, _ starts: [SourcePosition: Int]) -> Set<Int> {
    var found: Set<Int> = []
    func insert(_ range: SourceRange, offset: Int = 0) {
      if let index = starts[range.start] { found.insert(index + offset) }
    }
    for expression in model.declarations.flatMap(\.expressions) {
      expression.walk { node in
        switch node {
        case .pipeline(let pipeline): for stage in pipeline.stages { insert(stage.range, offset: -1) }
        case .binary(let binary) where binary.operation.isSum: insert(binary.operatorRange)
        case .call(let call): for argument in call.arguments.dropFirst() { insert(argument.range) }
        default: break
        }
      }
    }
    return found
  }

  /// The tokens of a node.
  func range(_ node: SourceRange) -> Range<Int> {
    let first = first(node)
    return first..<max(first, (ends[node.end] ?? first) + 1)
  }

  func first(_ node: SourceRange) -> Int { starts[node.start] ?? index }

  // MARK: Printing

  /// Prints the next token behind its comments.
  mutating func emit() {
    guard index < tokens.count else { return }
    printComments()
    if isDropped(index) {
      index += 1
      return emit()
    }
    if buffer.isClosed { buffer.newLine(indent: continuation) }
    if !buffer.isAtLineStart {
      if needsSpace(before: index) { buffer.append(" ") }
      buffer.append(String(repeating: " ", count: owedSpaces))
    }
    let token = tokens[index]
    buffer.append(token.kind == .string ? "\"\(token.text)\"" : token.text)
    isPreviousSign = isSign(at: index)
    previous = token
    owedSpaces = padding[index] ?? 0
    index += 1
  }

  mutating func emit(to end: Int) {
    while index < end { emit() }
  }

  /// A comma that nothing follows is left out.
  private func isDropped(_ index: Int) -> Bool {
    guard tokens[index].kind == .punctuation(.comma) else { return false }
    let next = tokens[index + 1].kind
    return next == .punctuation(.rightParenthesis) || next == .punctuation(.rightBrace)
  }

  /// Leaves out the next token, but not its comments.
  mutating func skip() {
    printComments()
    index += 1
  }

  /// Begins a line for the next token.
  mutating func breakLine(at column: Int) {
    let outer = continuation
    continuation = column
    printComments()
    continuation = outer
    buffer.newLine(indent: column)
  }

  /// The comments before the next token, inside a statement.
  private mutating func printComments() {
    for comment in pendingComments() {
      if comment.isFirstOnLine {
        buffer.appendComment(comment.trimmed, indent: continuation)
      } else {
        buffer.closeLine(comment: comment.trimmed)
      }
    }
  }

  /// The comments before the next token, once.
  private mutating func pendingComments() -> [Comment] {
    guard printedGap != index else { return [] }
    printedGap = index
    return comments[index]
  }

  /// Begins the line of the next declaration, statement, setting or closing brace, behind the comments before it.
  mutating func beginLine(
    indent: Int, isFirst: Bool = false, isClosing: Bool = false, commentIndent: Int? = nil
  ) {
    var isFirst = isFirst
    var line = index > 0 ? tokens[index - 1].range.end.line : 1
    func separate(_ next: Int, _ buffer: inout LineBuffer) {
      if !isFirst, next > line + 1 { buffer.addBlankLine() }
    }
    for comment in pendingComments() {
      if comment.isFirstOnLine {
        separate(comment.range.start.line, &buffer)
        buffer.appendComment(comment.trimmed, indent: commentIndent ?? indent)
        isFirst = false
      } else {
        buffer.closeLine(comment: comment.trimmed)
      }
      line = comment.range.end.line
    }
    guard tokens[index].kind != .endOfFile else { return }
    if !isClosing { separate(tokens[index].range.start.line, &buffer) }
    buffer.newLine(indent: indent)
    owedSpaces = 0
    self.indent = indent
    continuation = indent + 4
  }

  // MARK: Measuring

  /// Whether a token begins a line because the author or a comment wants it.
  func isBroken(before token: Int) -> Bool { tokens[token].isFirstOnLine || !comments[token].isEmpty }

  /// The characters of tokens in one line; nil where a comment or a line break of the author parts them.
  func width(_ range: Range<Int>) -> Int? {
    var width = 0
    var wasSign = false
    for index in range {
      if index > range.lowerBound {
        guard comments[index].isEmpty, !(tokens[index].isFirstOnLine && breakable.contains(index)) else {
          return nil
        }
        if isDropped(index) { continue }
        if needsSpace(between: tokens[index - 1], isSign: wasSign, and: tokens[index]) { width += 1 }
      }
      width += tokens[index].width
      wasSign = isSign(at: index)
    }
    return width
  }

  /// Where the next token will stand.
  var nextColumn: Int {
    let isCommentDue = !comments[index].isEmpty && printedGap != index
    if buffer.isClosed || isCommentDue { return continuation }
    if buffer.isAtLineStart { return buffer.column }
    return buffer.column + (needsSpace(before: index) ? 1 : 0) + owedSpaces
  }

  private func needsSpace(before index: Int) -> Bool {
    guard let previous else { return false }
    return needsSpace(between: previous, isSign: isPreviousSign, and: tokens[index])
  }

  private func needsSpace(between first: Token, isSign: Bool, and second: Token) -> Bool {
    if isSign { return false }
    switch (first.kind, second.kind) {
    case (.punctuation(.leftParenthesis), _), (.punctuation(.leftBracket), _): return false
    case (_, .punctuation(.rightParenthesis)), (_, .punctuation(.rightBracket)): return false
    case (_, .punctuation(.comma)), (_, .punctuation(.colon)), (_, .punctuation(.leftBracket)): return false
    case (.identifier, .punctuation(.leftParenthesis)): return false
    default: return true
    }
  }

  /// Whether the token is the minus of a negation: it follows no operand.
  private func isSign(at index: Int) -> Bool {
    guard tokens[index].kind == .punctuation(.minus), index > 0 else { return false }
    switch tokens[index - 1].kind {
    case .identifier, .integer, .real, .string, .punctuation(.rightParenthesis), .punctuation(.rightBracket):
      return false
    default: return true
    }
  }
}

extension Comment {
  fileprivate var trimmed: String { String(text.reversed().drop(while: \.isWhitespace).reversed()) }
}

extension Token {
  fileprivate var width: Int { text.count + (kind == .string ? 2 : 0) }
}
