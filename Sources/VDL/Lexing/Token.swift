import Diagnostics

/// The reserved words: those that begin a declaration or a statement, and `as`.
///
/// `with`, `from`, `frozen` and `same` have a meaning only where the grammar expects them and stay free as names.
public enum Keyword: String, Sendable, CaseIterable {
  case model, config, hyper, input, block, shared, encoder, prior, decoder, corrupt, maximize, minimize, use,
    train
  case `let`, `as`

  /// Whether a declaration inside a model begins with this word; recovery from errors starts afresh at such a word.
  public var beginsDeclaration: Bool {
    switch self {
    case .model, .let, .as: false
    default: true
    }
  }
}

/// The signs of the language, by their spelling.
public enum Punctuation: String, Sendable, CaseIterable {
  case leftBrace = "{"
  case rightBrace = "}"
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case leftBracket = "["
  case rightBracket = "]"
  case comma = ","
  case colon = ":"
  case equal = "="
  case tilde = "~"
  case plus = "+"
  case minus = "-"
  case star = "*"
  case slash = "/"
  case arrow = "->"
  case pipe = "|>"

  /// Whether a line that begins with this sign continues the line before it. No statement begins with one of them.
  public var continuesLine: Bool {
    switch self {
    case .plus, .minus, .star, .slash, .pipe, .leftBrace: true
    default: false
    }
  }
}

/// The smallest piece of a text that means something.
public struct Token: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case identifier
    case keyword(Keyword)
    case integer
    case real
    case string
    case punctuation(Punctuation)
    case endOfFile
  }

  public var kind: Kind
  /// As it stands in the source; of a string, what stands between the quotes.
  public var text: String
  public var range: SourceRange
  /// Whether a line break stands between this token and the one before it: what ends a statement.
  public var isFirstOnLine: Bool
  /// The text of the `///` lines directly before this token, without their slashes.
  public var documentation: String?

  /// How messages name the token.
  public var description: String {
    switch kind {
    case .endOfFile: "the end of the file"
    case .string: "the text \"\(text)\""
    case .keyword: "the keyword '\(text)'"
    default: "'\(text)'"
    }
  }
}

/// A `//` or `///` comment, kept beside the tree for tools that print the text anew.
public struct Comment: Sendable, Equatable {
  /// With its slashes.
  public var text: String
  public var range: SourceRange
  /// Whether it stands alone on its line.
  public var isFirstOnLine: Bool
}
