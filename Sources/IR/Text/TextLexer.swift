import Diagnostics

/// A token of the IR's text form.
struct TextToken {
  enum Kind {
    /// A name or keyword: `conv2d`, `encoder.h.conv0.weight`.
    case word
    /// `%z` or `%12`; the text is without the sign.
    case value
    /// `@weight`; the text is without the sign.
    case global
    /// Digits, or `0x` and hexadecimal digits.
    case integer
    case float
    /// Text in quotes; the token's text is what it stands for.
    case string
    case punctuation
    case end
  }

  var kind: Kind
  var text: String
  /// Offsets in the source's bytes.
  var range: Range<Int>
  var isFirstOnLine: Bool

  /// As a message names it.
  var description: String {
    switch kind {
    case .end: "the end of the text"
    case .value: "'%\(text)'"
    case .global: "'@\(text)'"
    case .string: quoted(text)
    default: "'\(text)'"
    }
  }
}

/// Splits the text form into tokens; `//` begins a comment. What belongs to no token is reported and skipped.
struct TextLexer {
  private let source: SourceText
  private var offset = 0
  private var isFirstOnLine = true
  private(set) var tokens: [TextToken] = []
  private(set) var diagnostics: [Diagnostic] = []

  init(_ source: SourceText) {
    self.source = source
    while let byte = peek() { scan(byte) }
    append(.end, "", from: offset)
  }

  private func peek(_ ahead: Int = 0) -> UInt8? {
    offset + ahead < source.bytes.count ? source.bytes[offset + ahead] : nil
  }

  private mutating func append(_ kind: TextToken.Kind, _ text: String, from start: Int) {
    tokens.append(TextToken(kind: kind, text: text, range: start..<offset, isFirstOnLine: isFirstOnLine))
    isFirstOnLine = false
  }

  private mutating func report(_ message: String, from start: Int) {
    diagnostics.append(Diagnostic(message, at: source.range(start..<offset)))
  }

  private func text(from start: Int) -> String {
    String(decoding: source.bytes[start..<offset], as: UTF8.self)
  }

  private mutating func scan(_ byte: UInt8) {
    let start = offset
    switch byte {
    case UInt8(ascii: "\n"):
      offset += 1
      isFirstOnLine = true
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): offset += 1
    case UInt8(ascii: "/") where peek(1) == byte:
      while let next = peek(), next != UInt8(ascii: "\n") { offset += 1 }
    case UInt8(ascii: "%"), UInt8(ascii: "@"): scanSigned(byte == UInt8(ascii: "%") ? .value : .global)
    case UInt8(ascii: "\""): scanString()
    case _ where byte.beginsName:
      skipName()
      append(.word, text(from: start), from: start)
    case _ where byte.isDigit: scanNumber()
    case _ where ",:={}[]()*?-".utf8.contains(byte):
      offset += 1
      append(.punctuation, text(from: start), from: start)
    default:
      offset += 1
      // The rest of a character of several bytes.
      while let next = peek(), next & 0xC0 == 0x80 { offset += 1 }
      report("the character '\(text(from: start))' has no place here", from: start)
    }
  }

  private mutating func skipName() {
    while let byte = peek() {
      guard byte.continuesName || (byte.joinsName && peek(1)?.continuesName == true) else { return }
      offset += 1
    }
  }

  private mutating func scanSigned(_ kind: TextToken.Kind) {
    let start = offset
    offset += 1
    if kind == .value, peek()?.isDigit == true {
      while peek()?.isDigit == true { offset += 1 }
    } else if peek()?.beginsName == true {
      skipName()
    } else {
      return report("a name has to follow '\(text(from: start))'", from: start)
    }
    append(kind, String(text(from: start).dropFirst()), from: start)
  }

  private mutating func scanNumber() {
    let start = offset
    if peek() == UInt8(ascii: "0"), peek(1) == UInt8(ascii: "x") {
      offset += 2
      while peek()?.continuesName == true { offset += 1 }
      return append(.integer, text(from: start), from: start)
    }
    var kind = TextToken.Kind.integer
    while peek()?.isDigit == true { offset += 1 }
    if peek() == UInt8(ascii: "."), peek(1)?.isDigit == true {
      kind = .float
      offset += 1
      while peek()?.isDigit == true { offset += 1 }
    }
    if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
      let signed = peek(1) == UInt8(ascii: "-") || peek(1) == UInt8(ascii: "+")
      guard peek(signed ? 2 : 1)?.isDigit == true else { return append(kind, text(from: start), from: start) }
      kind = .float
      offset += signed ? 2 : 1
      while peek()?.isDigit == true { offset += 1 }
    }
    append(kind, text(from: start), from: start)
  }

  private mutating func scanString() {
    let start = offset
    offset += 1
    var bytes: [UInt8] = []
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      offset += 1
      if byte == UInt8(ascii: "\"") {
        return append(.string, String(decoding: bytes, as: UTF8.self), from: start)
      }
      guard byte == UInt8(ascii: "\\"), let escaped = peek(), escaped != UInt8(ascii: "\n") else {
        bytes.append(byte)
        continue
      }
      offset += 1
      switch escaped {
      case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
      default: bytes.append(escaped)
      }
    }
    report("the text has no closing '\"'", from: start)
  }
}

extension SourceText {
  /// The places of a range of offsets.
  func range(_ offsets: Range<Int>) -> SourceRange {
    SourceRange(file: name, start: position(of: offsets.lowerBound), end: position(of: offsets.upperBound))
  }
}
