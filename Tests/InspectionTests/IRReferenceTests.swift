import Diagnostics
import Foundation
import IR
import Inspection
import Passes
import Testing

/// docs/ir.md against the compiler. Set VAEC_RECORD=1 to write the generated part anew.
@Suite struct IRReferenceTests {
  private static let begin = "<!-- made from the compiler's tables: begin -->\n"
  private static let end = "<!-- made from the compiler's tables: end -->\n"

  private var file: URL { Example.repository.appendingPathComponent("docs/ir.md") }

  @Test func theOpsAndPassesOfTheDocumentationAreCurrent() throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let begin = try #require(text.range(of: Self.begin))
    let end = try #require(text.range(of: Self.end))
    let expected = "\n" + (try IRReference.markdown()) + "\n"
    if ProcessInfo.processInfo.environment["VAEC_RECORD"] == "1" {
      let new = text.replacingCharacters(in: begin.upperBound..<end.lowerBound, with: expected)
      try new.write(to: file, atomically: true, encoding: .utf8)
    } else {
      #expect(text[begin.upperBound..<end.lowerBound] == expected, "run this test with VAEC_RECORD=1")
    }
  }

  @Test func everyOpAndPassHasItsPlace() throws {
    let text = try IRReference.markdown()
    for op in OpTable.standard.definitions { #expect(text.contains("\n### \(op.name)\n\n\(op.summary)\n")) }
    for pass in Pass.registry { #expect(text.contains("| `\(pass.name)` | \(pass.summary) |")) }
  }

  @Test func everyRoleIsExplained() throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    for role in ArgumentRole.allCases { #expect(text.contains("`\(role.rawValue)`"), "\(role)") }
  }

  /// The entries that stand in the documentation are programs.
  @Test func theExamplesOfTheDocumentationParse() throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let entries = text.split(separator: "```text\n").filter { $0.hasPrefix("entry ") }.map {
      $0.prefix { $0 != "`" }
    }
    #expect(entries.count == 3)
    let globals = ["encoder.z.dense0", "encoder.z.dense1"].flatMap { name in
      ["weight : f32[?,?]", "bias : f32[?]"].map { "parameter @\(name).\($0) init constant(0)\n" }
    }
    for entry in entries {
      let module = "module small\n" + globals.joined() + entry
      _ = try Module(parsing: SourceText(name: "ir.md", text: module))
    }
  }
}
