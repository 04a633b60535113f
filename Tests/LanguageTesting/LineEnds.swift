import VDL

/// Line ends as docs/language.md has them: which of them end something, and which are space.
public enum LineEnds {
  private static let spaceBehind: Set<String> = [
    "{", "}", "=", "+", "-", "*", "/", "|>", "maximize", "minimize",
  ]
  private static let spaceBefore: Set<String> = ["}", "{", "|>", "+", "-", "*", "/"]

  /// What the grammar calls the end of a line.
  public static let end = "end"

  /// The terminals that each token may stand for, with the line ends that end something. Before a `}` something always ends.
  public static func terminals(of tokens: [Token]) -> [Set<String>] {
    var result: [Set<String>] = []
    var lines = Tracker()
    for token in tokens where token.kind != .endOfFile {
      if token.text == "}", token.kind != .string {
        if lines.endsBeforeBrace { result.append([end]) }
      } else if token.isFirstOnLine, !lines.isSpace(before: token.text, isText: token.kind == .string) {
        result.append([end])
        lines.endStatement()
      }
      lines.advance(token.text, isText: token.kind == .string)
      result.append(terminals(of: token))
    }
    return result
  }

  private static func terminals(of token: Token) -> Set<String> {
    switch token.kind {
    case .identifier: ["name", token.text]
    case .keyword: ["keyword", token.text]
    case .integer, .real: ["number"]
    case .string: ["string"]
    case .punctuation: [token.text]
    case .endOfFile: []
    }
  }

  /// What stands before a place in the text, as far as line ends depend on it.
  public struct Tracker {
    private var depth = 0
    private var previous = "{"
    private var first: String?

    public init() {}

    var endsBeforeBrace: Bool { !["{", "}"].contains(previous) }

    public func isSpace(before word: String, isText: Bool = false) -> Bool {
      if depth > 0 || LineEnds.spaceBehind.contains(previous) { return true }
      if previous == ":", first != "input" { return true }
      return !isText && LineEnds.spaceBefore.contains(word)
    }

    public mutating func endStatement() { first = nil }

    public mutating func advance(_ word: String, isText: Bool = false) {
      let word = isText ? "\"" : word
      switch word {
      case "(", "[": depth += 1
      case ")", "]": depth = max(0, depth - 1)
      case "{", "}": first = nil
      default: break
      }
      if first == nil, word != "{", word != "}" { first = word }
      previous = word
    }
  }
}
