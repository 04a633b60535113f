import Diagnostics
import Testing
import VDL

/// Broken models must give diagnostics: never a trap, never a hang, never silence about a text that lost its sense.
@Suite struct MutationTests {
  /// The model's text with some of its tokens replaced; a nil drops the token.
  private func text(of tokens: [Token], replacing changes: [Int: String?]) -> SourceText {
    var result = ""
    for (index, token) in tokens.enumerated() where token.kind != .endOfFile {
      if index > 0 { result += token.isFirstOnLine ? "\n" : " " }
      let original = token.kind == .string ? "\"\(token.text)\"" : token.text
      if let change = changes[index] { result += change ?? "" } else { result += original }
    }
    return SourceText(name: "mutant.vdl", text: result)
  }

  private func check(_ source: SourceText) {
    do {
      _ = try elaborate(source)
    } catch {
      #expect(!error.diagnostics.isEmpty)
      for diagnostic in error.diagnostics {
        let range = diagnostic.range
        let isInside = range.map { $0.start <= $0.end && $0.end.line <= source.lineCount } == true
        #expect(isInside, "\(diagnostic) in \(String(decoding: source.bytes, as: UTF8.self))")
      }
      let rendered = DiagnosticRenderer(sources: [source]).render(error)
      #expect(rendered.contains("error: "))
    }
  }

  @Test(arguments: Models.names)
  func everyTokenDeletedDoubledOrSwapped(model: String) throws {
    let tokens = lex(try Models.source(model)).tokens
    #expect(throws: Never.self) { try parseModel(text(of: tokens, replacing: [:])) }
    for index in 0..<tokens.count - 1 {
      check(text(of: tokens, replacing: [index: nil]))
      check(text(of: tokens, replacing: [index: tokens[index].text + " " + tokens[index].text]))
      check(text(of: tokens, replacing: [index: tokens[index + 1].text, index + 1: tokens[index].text]))
    }
  }

  @Test(arguments: Models.names, [1, 2, 3] as [UInt64])
  func randomMutations(model: String, seed: UInt64) throws {
    var generator = TestGenerator(state: seed)
    let tokens = lex(try Models.source(model)).tokens
    let words = Keyword.allCases.map(\.rawValue) + Punctuation.allCases.map(\.rawValue)
    let vocabulary =
      words + ["x", "1", "0.5", "\"a\"", "\"", "@", "//", "///", "\n", "é", "99999999999999999999"]
    for _ in 0..<1200 {
      var changes: [Int: String?] = [:]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<tokens.count - 1, using: &generator)
        changes[index] = .some(
          Bool.random(using: &generator) ? nil : vocabulary.randomElement(using: &generator))
      }
      check(text(of: tokens, replacing: changes))
    }
  }

  @Test(arguments: Models.names, [1, 2] as [UInt64])
  func textsThatEndAnywhere(model: String, seed: UInt64) throws {
    let bytes = try Models.source(model).bytes
    for length in stride(from: 0, to: bytes.count, by: 3) {
      check(SourceText(name: "mutant.vdl", text: String(decoding: bytes.prefix(length), as: UTF8.self)))
    }
  }
}
