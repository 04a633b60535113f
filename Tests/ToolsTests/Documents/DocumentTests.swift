import CommandLineTable
import Foundation
import PictureTesting
import Testing
import vaec
import vaerun

/// The commands of the README and of the tutorial, typed one behind the other as a reader types them.
@Suite struct DocumentTests {
  /// What no test can run: it installs packages, builds and tests the package itself, or needs the network.
  private static let notTyped = ["Tools/demo", "Tools/test", "Tools/install"]
  /// What makes the README's commands cheap; the tutorial's are cheap as they are.
  private static let cheaper = ["vaerun train": " --limit 256 --epochs 1"]

  @Test(.timeLimit(.minutes(5))) func theReadmeCanBeTyped() throws {
    try type("README.md", adding: Self.cheaper)
  }

  @Test(.timeLimit(.minutes(5)), .enabled(if: Self.hasCompiler, "there is no C compiler"))
  func theTutorialCanBeTyped() throws { try type("docs/tutorial.md") }

  private static let hasCompiler = FileManager.default.isExecutableFile(atPath: "/usr/bin/cc")

  private func type(_ path: String, adding options: [String: String] = [:]) throws {
    let document = Document(try Repository.text(path))
    #expect(document.strayCommands == [], "lines of \(path) with commands that are in no sh or console block")
    #expect(document.steps.count > 5)
    try withTemporaryFolder { folder in
      try prepare(folder)
      for numbered in document.steps {
        switch numbered.step {
        case .file(let name, let text):
          try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        case .command(let command, let shown):
          if Self.notTyped.contains(where: command.hasPrefix) { continue }
          let added = options.first { command.hasPrefix($0.key) }?.value ?? ""
          // Before a comment at the end.
          let whole = command.replacing(#/( {2,}# .*)?$/#, maxReplacements: 1) { added + $0.output.0 }
          let problem = try TypedCommand(whole, in: folder).problem(shown: shown)
          // What comes behind depends on it.
          try #require(problem == nil, "\(path):\(numbered.line): \(command)\n\(problem ?? "")")
        }
      }
    }
  }

  /// What a reader has: the models of the repository and pictures.
  private func prepare(_ folder: String) throws {
    try FileManager.default.copyItem(atPath: Repository.root.path + "/Models", toPath: folder + "/Models")
    let pictures = folder + "/pictures"
    try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: true)
    for number in 0..<40 {
      let pixels = (0..<40 * 30 * 3).map { UInt8(($0 * (number + 5)) / 7 % 256) }
      try Data(PNGFile(width: 40, height: 30, .rgb, pixels).bytes)
        .write(to: URL(fileURLWithPath: "\(pictures)/\(number).png"))
    }
  }

  /// Lines of the other documents are not run, but have to be command lines of the programs.
  @Test(arguments: Repository.documents) func everyCommandLineIsOneOfTheProgram(path: String) throws {
    let tables = [VaecCommands.table, Vaerun.table]
    for (index, line) in try Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      for candidate in Self.commandLines(line) {
        let words = candidate.split(separator: " ").map { $0.trimmingCharacters(in: ["'", "\""]) }
        guard let table = tables.first(where: { $0.program == words.first }) else { continue }
        do {
          _ = try table.parse(Array(words.dropFirst()))
        } catch {
          // Code within a sentence may name a command, or one with an option, without their values.
          let isMention = line.firstMatch(of: #/^( {4,}|\$ )(vaec|vaerun) /#) == nil
          let isUnfinished = "\(error)".contains(#/ is missing: | needs a value: /#)
          #expect(isMention && isUnfinished, "\(path):\(index + 1): \(candidate): \(error)")
        }
      }
    }
  }

  /// The commands in a line that begin with a program's name: the line itself, or code in it. What has a place for a
  /// reader's own word (`FILE`, `...`) is none.
  private static func commandLines(_ line: Substring) -> [String] {
    let code = line.matches(of: #/`([^`]+)`/#).map { String($0.1) }
    let whole = line.firstMatch(of: #/^(?: {4,}|\$ )((?:vaec|vaerun) .*)/#).map { [String($0.1)] } ?? []
    return (whole + code).compactMap { text in
      let end = text.firstMatch(of: #/ +#| *[|>&<;]|\\$/#)?.range.lowerBound ?? text.endIndex
      let command = String(text[..<end])
      let isPattern = command.contains(#/\.\.\.|--name |[$\[\]{}]|\b[A-Z]{2,}\b|\b[A-Z]$|: |=[A-Z]\b| [A-Z] /#)
      return isPattern || !command.contains(" ") ? nil : command
    }
  }
}

/// The repository that the tests belong to.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The README and all pages of docs.
  static let documents: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/docs")) ?? []
    return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
  }()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
