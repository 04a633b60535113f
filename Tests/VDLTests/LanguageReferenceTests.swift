import Diagnostics
import Foundation
import LanguageTesting
import Testing
import VDL

/// docs/language.md against the compiler. Set VAEC_RECORD=1 to write the tables anew.
@Suite struct LanguageReferenceTests {
  private static let begin = "<!-- made from the compiler's tables: begin -->\n"
  private static let end = "<!-- made from the compiler's tables: end -->\n"

  private var file: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/language.md")
  }

  @Test func theTablesOfTheDocumentationAreCurrent() throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let begin = try #require(text.range(of: Self.begin))
    let end = try #require(text.range(of: Self.end))
    let expected = "\n" + LanguageReference.markdown + "\n"
    if ProcessInfo.processInfo.environment["VAEC_RECORD"] == "1" {
      let new = text.replacingCharacters(in: begin.upperBound..<end.lowerBound, with: expected)
      try new.write(to: file, atomically: true, encoding: .utf8)
    } else {
      #expect(text[begin.upperBound..<end.lowerBound] == expected, "run this test with VAEC_RECORD=1")
    }
  }

  @Test func theExampleOfTheDocumentationIsTheModelOfTheRepository() throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let model = String(decoding: try Models.source("convvae").bytes, as: UTF8.self)
    let indented = model.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
    #expect(text.contains(indented))
  }

  @Test(arguments: Keyword.allCases)
  func everyReservedWordIsListed(word: Keyword) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains("\"\(word.rawValue)\""))
  }
}
