import Diagnostics
import LanguageTesting
import Testing
import VDL

/// Broken models must give diagnostics: never a trap, never a hang, never silence about a text that lost its sense.
@Suite struct MutationTests {
  private func text(of tokens: [Token], replacing changes: [Int: String?]) -> SourceText {
    SourceText(name: "mutant.vdl", text: Mutation.text(of: tokens, replacing: changes))
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

  @Test(arguments: Models.names, [1, 2] as [UInt64])
  func textsThatEndAnywhere(model: String, seed: UInt64) throws {
    let bytes = try Models.source(model).bytes
    for length in stride(from: 0, to: bytes.count, by: 3) {
      check(SourceText(name: "mutant.vdl", text: String(decoding: bytes.prefix(length), as: UTF8.self)))
    }
  }
}
