import Diagnostics

/// What the lexer made of a text. `tokens` always ends with one `endOfFile`.
public struct LexedText: Sendable {
  public var tokens: [Token]
  public var comments: [Comment]
  public var diagnostics: [Diagnostic]
}

/// Splits a text into tokens. What belongs to no token is reported and skipped, so that the parser can go on.
///
/// Takes time in proportion to the text: columns are counted while advancing, never from the line's start.
public func lex(_ source: SourceText) -> LexedText {
  var lexer = Lexer(source)
  lexer.run()
  return LexedText(tokens: lexer.tokens, comments: lexer.comments, diagnostics: lexer.diagnostics)
}

struct Lexer {
  let source: SourceText
  var offset = 0
  var position = SourcePosition(line: 1, column: 1)
  var isFirstOnLine = true
  var documentation: [String] = []
  var tokens: [Token] = []
  var comments: [Comment] = []
  var diagnostics: [Diagnostic] = []

  init(_ source: SourceText) {
    self.source = source
  }

  mutating func run() {
    while let byte = peek() { scan(byte) }
    append(.endOfFile, text: "", from: position)
  }

  private mutating func scan(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\n"):
      offset += 1
      position = SourcePosition(line: position.line + 1, column: 1)
      isFirstOnLine = true
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
      advance(1)
    case UInt8(ascii: "/") where peek(1) == byte:
      scanComment()
    case UInt8(ascii: "#"):
      report("comments begin with '//'", lineFrom: position)
    case UInt8(ascii: "\""):
      scanString()
    case _ where byte.isNameStart:
      let start = position
      let text = take { $0.isNamePart }
      append(Keyword(rawValue: text).map { .keyword($0) } ?? .identifier, text: text, from: start)
    case _ where byte.isDigit:
      scanNumber()
    case UInt8(ascii: ".") where peek(1)?.isDigit == true:
      scanNumber()
    default:
      scanPunctuation(byte)
    }
  }

  private mutating func scanPunctuation(_ byte: UInt8) {
    let start = position
    let pair = peek(1).map { String(decoding: [byte, $0], as: UTF8.self) }
    if let pair, let sign = Punctuation(rawValue: pair) {
      advance(2)
      return append(.punctuation(sign), text: pair, from: start)
    }
    let single = String(decoding: [byte], as: UTF8.self)
    if byte.isASCII, let sign = Punctuation(rawValue: single) {
      advance(1)
      return append(.punctuation(sign), text: single, from: start)
    }
    scanUnexpected(byte)
  }

  /// Reports a character that begins no token; a run of characters outside ASCII is one report.
  private mutating func scanUnexpected(_ byte: UInt8) {
    let start = position
    var notes: [Diagnostic.Note] = []
    let name: String
    if byte.isASCII {
      advance(1)
      name = byte < 0x20 || byte == 0x7f ? "control character \(byte)" : "'\(Character(UnicodeScalar(byte)))'"
      notes = Self.remedies[byte].map { [.init($0)] } ?? []
    } else {
      name = "'\(take { !$0.isASCII })'"
      notes = [.init("only comments and texts in quotes may hold characters outside ASCII")]
    }
    diagnostics.append(Diagnostic("unexpected \(name)", at: range(from: start), notes: notes))
    // Half a pipe was meant as one, a power as a product; the parser goes on as if they were there.
    switch byte {
    case UInt8(ascii: "|"), UInt8(ascii: ">"): append(.punctuation(.pipe), text: "|>", from: start)
    case UInt8(ascii: "^"): append(.punctuation(.star), text: "*", from: start)
    default: break
    }
  }

  /// What helps against a character that begins no token.
  private static let remedies: [UInt8: String] = [
    UInt8(ascii: "|"): "a layer is applied with '|>'", UInt8(ascii: ">"): "a layer is applied with '|>'",
    UInt8(ascii: ";"): "a statement ends with its line",
    UInt8(ascii: "'"): "a text stands in double quotes: \"...\"",
    UInt8(ascii: "^"): "there are no powers: a square is 'h * h'",
  ]

  private mutating func scanComment() {
    let start = position
    // Up to the end of the line, wherever a carriage return stands: text behind one would look like a token of this line.
    var text = take { $0 != UInt8(ascii: "\n") }
    if text.last == "\r" { text.removeLast() }
    comments.append(Comment(text: text, range: range(from: start), isFirstOnLine: isFirstOnLine))
    guard text.hasPrefix("///"), isFirstOnLine else { return }
    let body = text.dropFirst(3)
    documentation.append(String(body.hasPrefix(" ") ? body.dropFirst() : body))
  }

  private mutating func scanString() {
    let start = position
    advance(1)
    let text = take { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    if peek() == UInt8(ascii: "\"") {
      advance(1)
    } else {
      diagnostics.append(Diagnostic("this text has no closing quote", at: range(from: start)))
    }
    append(.string, text: text, from: start)
  }

  /// Reports what stands from here to the end of the line and skips it.
  private mutating func report(_ message: String, lineFrom start: SourcePosition) {
    _ = take { $0 != UInt8(ascii: "\n") }
    diagnostics.append(Diagnostic(message, at: range(from: start)))
  }
}

extension Lexer {
  /// Digits, an optional fraction, an optional exponent. A number that runs into letters or has no digit where one
  /// is due is one token nevertheless, reported once.
  private mutating func scanNumber() {
    let start = position
    var text = take { $0.isDigit }
    let beginsWithPoint = text.isEmpty
    var isReal = false
    if peek() == UInt8(ascii: ".") {
      isReal = true
      text += takeOne() + take { $0.isDigit }
    }
    if peek().map({ $0 | 0x20 }) == UInt8(ascii: "e") {
      isReal = true
      text += takeOne()
      if peek() == UInt8(ascii: "-") || peek() == UInt8(ascii: "+") { text += takeOne() }
      text += take { $0.isDigit }
    }
    let tail = take { $0.isNamePart || $0 == UInt8(ascii: ".") }
    append(isReal ? .real : .integer, text: text, from: start)
    if !tail.isEmpty || text.last?.isNumber != true {
      diagnostics.append(Diagnostic("'\(text + tail)' is not a number", at: range(from: start)))
    } else if beginsWithPoint {
      diagnostics.append(Diagnostic("a number begins with a digit: 0\(text)", at: range(from: start)))
    } else if isReal ? Double(text)?.isFinite != true : Int(text) == nil {
      diagnostics.append(Diagnostic("the number \(text) is too large", at: range(from: start)))
    }
  }

  private func peek(_ distance: Int = 0) -> UInt8? {
    offset + distance < source.bytes.count ? source.bytes[offset + distance] : nil
  }

  private mutating func advance(_ count: Int) {
    offset += count
    position.column += count
  }

  private mutating func takeOne() -> String {
    let text = String(decoding: source.bytes[offset...offset], as: UTF8.self)
    advance(1)
    return text
  }

  /// Consumes the bytes that fit `condition`; columns advance by characters.
  private mutating func take(while condition: (UInt8) -> Bool) -> String {
    let start = offset
    var isASCII = true
    while offset < source.bytes.count, condition(source.bytes[offset]) {
      isASCII = isASCII && source.bytes[offset].isASCII
      offset += 1
    }
    let text = String(decoding: source.bytes[start..<offset], as: UTF8.self)
    position.column += isASCII ? offset - start : text.count
    return text
  }

  private func range(from start: SourcePosition) -> SourceRange {
    SourceRange(file: source.name, start: start, end: position)
  }

  private mutating func append(_ kind: Token.Kind, text: String, from start: SourcePosition) {
    tokens.append(
      Token(
        kind: kind, text: text, range: range(from: start), isFirstOnLine: isFirstOnLine,
        documentation: documentation.isEmpty ? nil : documentation.joined(separator: "\n")))
    isFirstOnLine = false
    documentation = []
  }
}

extension UInt8 {
  fileprivate var isASCII: Bool { self < 0x80 }
  fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
  fileprivate var isNameStart: Bool {
    (0x61...0x7a).contains(self) || (0x41...0x5a).contains(self) || self == UInt8(ascii: "_")
  }
  fileprivate var isNamePart: Bool { isNameStart || isDigit }
}
