import Diagnostics
import VDL

/// Texts with some of their tokens dropped or replaced.
public enum Mutation {
  private static let vocabulary =
    Keyword.allCases.map(\.rawValue) + Punctuation.allCases.map(\.rawValue)
    + ["x", "1", "0.5", "\"a\"", "\"", "@", "//", "///", "\n", "é", "99999999999999999999"]

  /// The text of tokens with the line breaks between them; a nil drops the token.
  public static func text(of tokens: [Token], replacing changes: [Int: String?]) -> String {
    var result = ""
    for (index, token) in tokens.enumerated() where token.kind != .endOfFile {
      if index > 0 { result += token.isFirstOnLine ? "\n" : " " }
      let original = token.kind == .string ? "\"\(token.text)\"" : token.text
      if let change = changes[index] { result += change ?? "" } else { result += original }
    }
    return result
  }

  public static func changes(
    of tokens: [Token], count: ClosedRange<Int>, _ generator: inout TestGenerator
  ) -> [Int: String?] {
    var changes: [Int: String?] = [:]
    for _ in 0..<Int.random(in: count, using: &generator) {
      let index = Int.random(in: 0..<tokens.count - 1, using: &generator)
      let word = Bool.random(using: &generator) ? nil : vocabulary.randomElement(using: &generator)
      changes[index] = .some(word)
    }
    return changes
  }

  public static func tokens(of text: String, changes count: ClosedRange<Int>, _ generator: inout TestGenerator)
    -> String
  {
    let tokens = lex(SourceText(name: "mutant.vdl", text: text)).tokens
    return Self.text(of: tokens, replacing: changes(of: tokens, count: count, &generator))
  }
}
