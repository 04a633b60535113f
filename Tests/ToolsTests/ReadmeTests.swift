import Foundation
import Testing

/// What the README quotes has to be what there is.
struct ReadmeTests {
  @Test func theModelInTheReadmeIsTheModel() throws {
    let readme = try Repository.text("README.md")
    let start = try #require(readme.range(of: "<!-- begin model -->\n```\n")).upperBound
    let end = try #require(readme.range(of: "```\n<!-- end model -->")).lowerBound
    #expect(try String(readme[start..<end]) == Repository.text("Models/convvae.vdl"))
  }

  @Test func theNumbersOfOperationsAreThoseOfTheDumps() throws {
    func operations(_ dump: String) throws -> Int {
      let lines = try Repository.text("Models/convvae.dumps/\(dump)").split(separator: "\n")
      let entry = lines.drop { !$0.hasPrefix("entry @train_step") }.prefix { !$0.hasPrefix("  return") }
      return entry.count { $0.hasPrefix("  %") && $0.contains(" = ") }
    }
    let page = try Repository.text("docs/architecture.md").split(whereSeparator: \.isWhitespace).joined(
      separator: " ")
    let before = try operations("05-simplify.vir")
    let after = try operations("14-assign-layouts.vir")
    #expect(
      page.contains("`train_step` of [Models/convvae.vdl](../Models/convvae.vdl) has \(before) operations"))
    #expect(page.contains(" operations before fusion and \(after) after it"))
  }

  @Test func everyFileThatTheDocumentsLinkToIsThere() throws {
    for document in Repository.documents {
      let folder = Repository.root.appendingPathComponent(document).deletingLastPathComponent()
      for match in try Repository.text(document).matches(of: /\]\(([^)#:]+)\)/) {
        let path = folder.appendingPathComponent(String(match.1)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(document) links to \(match.1)")
      }
    }
  }
}
