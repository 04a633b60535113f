import Foundation
import Testing

/// What the README quotes has to be what there is.
struct ReadmeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent()

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
  }

  @Test func theModelInTheReadmeIsTheModel() throws {
    let readme = try text("README.md")
    let start = try #require(readme.range(of: "<!-- begin model -->\n```\n")).upperBound
    let end = try #require(readme.range(of: "```\n<!-- end model -->")).lowerBound
    #expect(try String(readme[start..<end]) == text("Models/convvae.vdl"))
  }

  @Test func theNumbersOfOperationsInTheReadmeAreThoseOfTheDumps() throws {
    func operations(_ dump: String) throws -> Int {
      let lines = try text("Models/convvae.dumps/\(dump)").split(separator: "\n")
      let entry = lines.drop { !$0.hasPrefix("entry @train_step") }.prefix { !$0.hasPrefix("  return") }
      return entry.count { $0.hasPrefix("  %") && $0.contains(" = ") }
    }
    let readme = try text("README.md")
    let before = try operations("05-simplify.vir")
    let after = try operations("13-assign-layouts.vir")
    #expect(readme.contains("`train_step` has \(before) operations before fusion and \(after) after it"))
  }

  @Test func everyFileThatTheDocumentsLinkToIsThere() throws {
    for document in [
      "README.md", "docs/experiments.md", "docs/language.md", "docs/running.md", "docs/search.md",
    ] {
      let folder = Self.root.appendingPathComponent(document).deletingLastPathComponent()
      for match in try text(document).matches(of: /\]\(([^)#:]+)\)/) {
        let path = folder.appendingPathComponent(String(match.1)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(document) links to \(match.1)")
      }
    }
  }
}
