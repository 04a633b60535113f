import Diagnostics
import Foundation
import LanguageTesting
import Testing
import VDL

/// docs/language.md against the compiler. Set VAEC_RECORD=1 to write the tables anew.
@Suite(.serialized) struct LanguageReferenceTests {
  private static func page(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/\(name)")
  }

  private var file: URL { Self.page("language.md") }

  @Test(arguments: [("tables", "language.md"), ("planned", "language.md"), ("lint", "lint.md")])
  func whatIsMadeFromTheCompilersTablesIsCurrent(part: String, page: String) throws {
    let file = Self.page(page)
    let text = try String(contentsOf: file, encoding: .utf8)
    let begin = try #require(text.range(of: "<!-- made from the compiler's tables, \(part): begin -->\n"))
    let end = try #require(text.range(of: "<!-- made from the compiler's tables, \(part): end -->\n"))
    let parts = [
      "tables": LanguageReference.markdown, "planned": LanguageReference.planned,
      "lint": LanguageReference.lintRules,
    ]
    let made = try #require(parts[part])
    let expected = "\n" + made + "\n"
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
    #expect(text.contains("```vdl\n\(model)```"))
  }

  @Test(arguments: LintRule.all.map(\.id))
  func everyRuleIsExplained(rule: String) throws {
    let text = try String(contentsOf: Self.page("lint.md"), encoding: .utf8)
    #expect(text.contains("\n## `\(rule)`\n"))
  }

  @Test(arguments: Keyword.allCases)
  func everyReservedWordIsListed(word: Keyword) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains("\"\(word.rawValue)\""))
  }
}
