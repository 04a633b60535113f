import Diagnostics
import Foundation
import Inspection
import LanguageTesting
import Passes
import Testing
import VDL

/// The examples of docs/language.md: models in ```vdl, and mistakes in ```vdl mistake with what `vaec check` says in the block behind
/// them.
@Suite struct LanguageExampleTests {
  private static let text: String =
    (try? String(
      contentsOf: Example.repository.appendingPathComponent("docs/language.md"), encoding: .utf8)) ?? ""

  private static func blocks(_ kind: String) -> [String] {
    let fence = "```\(kind)\n"
    return text.components(separatedBy: fence).dropFirst().map { $0.components(separatedBy: "```")[0] }
  }

  private func source(_ text: String) throws -> SourceText {
    let name = try #require(try /model (\w+) \{/.firstMatch(in: text)?.output.1)
    return SourceText(name: "\(name).vdl", text: text)
  }

  @Test func thereAreExamplesOfEachKind() {
    #expect(Self.blocks("vdl").count >= 5)
    #expect(!Self.blocks("vdl mistake").isEmpty)
  }

  @Test(arguments: blocks("vdl"))
  func modelsCompileWithoutAWarning(text: String) throws {
    let source = try source(text)
    // Models of others are used from where Models/experiments lies.
    let read = Models.reader(for: "experiments/\(source.name)")
    #expect(try ModelCheck.diagnostics(source, read: read).diagnostics.isEmpty)
    let tree = try parseModel(source).withUsedModels(read: read)
    let module = try Pipeline.standard.run(try elaborate(tree)).module
    #expect(module.entry("train_step") != nil)
    #expect(try formatModel(source) == text, "an example has the canonical layout")
  }

  @Test func mistakesGiveTheMessagesBehindThem() throws {
    for mistake in Self.blocks("vdl mistake") {
      let source = try source(mistake)
      let rest = try #require(Self.text.components(separatedBy: mistake + "```").last)
      let shown = try #require(rest.components(separatedBy: "```text\n").dropFirst().first)
      let found = try ModelCheck.diagnostics(source)
      let rendered = DiagnosticRenderer(sources: [source]).render(found)
      #expect(shown.components(separatedBy: "```")[0] == rendered + "\n")
    }
  }
}
