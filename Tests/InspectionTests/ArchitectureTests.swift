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
}
