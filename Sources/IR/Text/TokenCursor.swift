import Diagnostics

/// A place among the tokens of a text, with the small rules that the parsers of modules and entries share. A rule that is
/// not met throws a diagnostic that points at the token.
struct TokenCursor {
  let source: SourceText
  private let tokens: [TextToken]
  private let locatedInText: Bool
  private var position = 0

  /// - Parameter locatedInText: true where what is read gets its places in this text.
  init(_ source: SourceText, _ tokens: [TextToken], locatedInText: Bool = false) {
    self.source = source
    self.tokens = tokens
    self.locatedInText = locatedInText
  }

  var next: TextToken { tokens[min(position, tokens.count - 1)] }
  var isAtEnd: Bool { next.kind == .end }

  @discardableResult
  mutating func advance() -> TextToken {
    let token = next
    if position < tokens.count - 1 { position += 1 }
    return token
  }

  func error(_ message: String, at token: TextToken, note: String? = nil) -> Diagnostic {
    Diagnostic(message, at: source.range(token.range), notes: note.map { [Diagnostic.Note($0)] } ?? [])
  }

  func expected(_ what: String) -> Diagnostic {
    error("expected \(what), not \(next.description)", at: next)
  }

  func isNext(_ text: String) -> Bool {
    (next.kind == .punctuation || next.kind == .word) && next.text == text
  }

  /// Takes the next token where it is that word or sign.
  mutating func accept(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    advance()
    return true
  }

  mutating func expect(_ text: String, _ purpose: String = "") throws(Diagnostic) {
    guard accept(text) else { throw expected("'\(text)'" + (purpose.isEmpty ? "" : " \(purpose)")) }
  }

  mutating func expect(_ kind: TextToken.Kind, _ what: String) throws(Diagnostic) -> TextToken {
    guard next.kind == kind else { throw expected(what) }
    return advance()
  }

  // MARK: Numbers

  /// A whole number, perhaps negative.
  mutating func integer(_ what: String = "a whole number") throws(Diagnostic) -> Int {
    let isNegative = accept("-")
    let token = try expect(.integer, what)
    let digits = token.text.hasPrefix("0x") ? token.text.dropFirst(2) : Substring(token.text)
    let radix = token.text.hasPrefix("0x") ? 16 : 10
    guard let value = Int((isNegative ? "-" : "") + digits, radix: radix) else {
      throw error("'\(token.text)' is not a whole number of 64 bits", at: token)
    }
    return value
  }

  /// A whole number of at least 1.
  mutating func positive(_ what: String) throws(Diagnostic) -> Int {
    let token = next
    let value = try integer(what)
    guard value >= 1 else { throw error("\(what) is 1 or more", at: token) }
    return value
  }

  /// Any number; `inf` for infinity.
  mutating func number() throws(Diagnostic) -> Double {
    let sign: Double = accept("-") ? -1 : 1
    if accept("inf") { return sign * .infinity }
    if next.kind == .integer { return sign * Double(try integer("a number")) }
    let token = try expect(.float, "a number")
    guard let value = Double(token.text) else { throw error("'\(token.text)' is not a number", at: token) }
    return sign * value
  }

  // MARK: Types and places

  /// A type, or nil for `?`.
  mutating func type() throws(Diagnostic) -> TensorType? {
    if accept("?") { return nil }
    let first = try expect(.word, "a type such as f32[N,2]")
    guard let element = ElementType(rawValue: first.text) else {
      let match = closestMatch(to: first.text, in: ElementType.allCases.map(\.rawValue))
      throw error(
        "there is no element type '\(first.text)'", at: first, note: match.map { "did you mean '\($0)'?" })
    }
    try expect("[", "behind the element type")
    var dimensions: [Dimension] = []
    while !isNext("]") {
      if !dimensions.isEmpty { try expect(",", "or ']'") }
      dimensions.append(try dimension())
    }
    var last = advance()
    var layout = Layout.canonical
    if accept("{") {
      layout = try self.layout()
      last = next
      try expect("}", "behind the layout")
    }
    let type = TensorType(element, dimensions, layout: layout)
    if let defect = type.defect {
      let range = first.range.lowerBound..<last.range.upperBound
      throw Diagnostic("\(type) is no type: \(defect)", at: source.range(range))
    }
    return type
  }

  private mutating func dimension() throws(Diagnostic) -> Dimension {
    if accept("?") { return .unknown }
    guard accept("N") else { return .fixed(try integer("an extent, 'N' or '?'")) }
    return .images(accept("*") ? try positive("the factor of N") : 1)
  }

  /// `canonical`, or `n` and the images in a block.
  mutating func layout() throws(Diagnostic) -> Layout {
    let token = try expect(.word, "a layout, canonical or such as n32")
    if token.text == "canonical" { return .canonical }
    guard token.text.hasPrefix("n"), let lanes = Int(token.text.dropFirst()), (1...maximumLanes).contains(lanes)
    else { throw error("'\(token.text)' is no layout: it is canonical or such as n32", at: token) }
    return .lanes(lanes)
  }

  /// The places behind `at`, if there are any, or that of `token` where places in this text are wanted. `file` is the one
  /// of ranges that name none.
  mutating func sources(of token: TextToken, file: String) throws(Diagnostic) -> [SourceRange] {
    var ranges: [SourceRange] = []
    if accept("at") { repeat { ranges.append(try range(file: file)) } while accept(",") }
    return locatedInText ? [source.range(token.range)] : ranges
  }

  private mutating func range(file: String) throws(Diagnostic) -> SourceRange {
    let name = next.kind == .string ? advance().text : file
    let start = try placeInText()
    try expect("-", "and the end of the range")
    let number = try positive("a line or column")
    let end =
      accept(":")
      ? SourcePosition(line: number, column: try positive("a column"))
      : SourcePosition(line: start.line, column: number)
    return SourceRange(file: name, start: start, end: end)
  }

  private mutating func placeInText() throws(Diagnostic) -> SourcePosition {
    let line = try positive("a line")
    try expect(":", "and the column")
    return SourcePosition(line: line, column: try positive("a column"))
  }
}
