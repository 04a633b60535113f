import Foundation
import Testing

/// docs/architecture.md against the package.
@Suite struct ArchitectureTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOf: Example.repository.appendingPathComponent(path), encoding: .utf8)
  }

  @Test func everyModuleIsOnTheMap() throws {
    let map = try text("docs/architecture.md")
    let package = try text("Package.swift")
    let targets = package.matches(of: /\.(?:target|executableTarget)\(\s*name: "(\w+)"/)
    let names = targets.map { String($0.output.1) }
    #expect(names.count > 15)
    // What several tests share is named for it.
    for name in names where !name.hasSuffix("Testing") { #expect(map.contains("`\(name)`"), "\(name)") }
  }

  @Test func filesThatItNamesAreThere() throws {
    let map = try text("docs/architecture.md")
    let paths = map.matches(of: /`((?:Sources|Codegen|Tests)\/[\w\/]+\.swift)`/).map { String($0.output.1) }
    // The pass that is added as an example is not there.
    for path in paths where path != "Sources/Passes/RecognizeSquares.swift" {
      let file = Example.repository.appendingPathComponent(path).path
      #expect(FileManager.default.fileExists(atPath: file), "\(path)")
    }
    #expect(paths.count > 3)
  }

  /// The worked examples are diffs: what they leave and take away has to be in the code, or the page is of another day.
  @Test func theLinesThatItsDiffsChangeAreInTheCode() throws {
    func plain(_ line: some StringProtocol) -> String {
      line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    var code: Set<String> = []
    for folder in ["Sources", "Codegen", "Tests"] {
      let root = Example.repository.appendingPathComponent(folder).path
      for path in try FileManager.default.subpathsOfDirectory(atPath: root) where path.hasSuffix(".swift") {
        code.formUnion(try text("\(folder)/\(path)").split(separator: "\n").map(plain))
      }
    }
    let page = try text("docs/architecture.md")
    var tried = 0
    for block in page.matches(of: /```diff\n(?<lines>[^`]*)```/) {
      for line in block.output.lines.split(separator: "\n") where !line.hasPrefix("+") && !line.hasPrefix("---")
      {
        // The line of a place is quoted behind "@@".
        let quoted = plain(line.drop { "@- ".contains($0) })
        let start = quoted.firstRange(of: "...").map { String(quoted[..<$0.lowerBound]) } ?? quoted
        guard start.count > 3 else { continue }
        tried += 1
        #expect(code.contains { $0.hasPrefix(start) }, "\(line)")
      }
    }
    #expect(tried >= 5)
  }

  /// A diff that says which file it is of is one that was made: its lines stand there, one behind the other. The others are of
  /// examples that the package does not have.
  @Test func diffsOfFilesAreWhatTheFilesHave() throws {
    var tried: [String] = []
    for block in try text("docs/architecture.md").matches(
      of: /```diff\n--- a\/(?<old>\S+)\n\+\+\+ b\/(?<new>\S+)\n(?<lines>[^`]*)```/)
    {
      let path = String(block.output.new)
      #expect(block.output.old == block.output.new)
      let code = try text(path)
      for hunk in block.output.lines.split(separator: /@@.*\n/) {
        let lines = hunk.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("-") }
        let there = lines.map { $0.dropFirst() }.joined(separator: "\n")
        #expect(!there.isEmpty && code.contains(there), "\(path) has no\n\(there)")
      }
      tried.append(path)
    }
    #expect(tried == ["Sources/IR/Ops/Activation.swift"])
  }
}
