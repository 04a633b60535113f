import CommandLineTable
import Foundation
import Testing
import vaec
import vaerun

/// The manual pages, as text and as the programs that render them take them.
@Suite struct ManualPageTests {
  private static let tables = [VaecCommands.table, Vaerun.table]
  private static let hasGroff = CompletionProbe.find("groff") != nil
  private static let hasMandoc = CompletionProbe.find("mandoc") != nil

  private func pages(_ table: CommandTable) -> [(name: String, text: String)] {
    [(table.program, table.manualPage)]
      + table.commands.map { ("\(table.program)-\($0.name)", table.manualPage(of: $0)) }
  }

  /// The page as a reader sees it, without line breaks and the marks of hyphenation.
  private func rendered(_ text: String, in folder: String) throws -> (text: String, warnings: String) {
    try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/page.1"))
    let run = try ProgramRun(
      "/usr/bin/env", ["groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rHY=0", "page.1"], in: folder)
    return (run.output.split(whereSeparator: \.isWhitespace).joined(separator: " "), run.errors)
  }

  @Test(.enabled(if: hasGroff, "groff is not installed"), arguments: tables.map(\.program))
  func groffRendersEveryPageWithoutAWarningAndEveryOptionIsThere(program: String) throws {
    let table = try #require(Self.tables.first { $0.program == program })
    try withTemporaryFolder { folder in
      for page in pages(table) {
        let (text, warnings) = try rendered(page.text, in: folder)
        #expect(warnings.isEmpty, "\(page.name): \(warnings)")
        #expect(text.hasPrefix("\(page.name.uppercased())(1) Manual of \(program)"))
        guard let command = table.commands.first(where: { page.name == "\(program)-\($0.name)" }) else {
          for command in table.commands { #expect(text.contains(" \(command.name) \(command.summary); see ")) }
          continue
        }
        for option in command.options {
          let names = (option.short.map { "-\($0), " } ?? "") + "--\(option.name)"
          let head = names + option.valueText
          #expect(text.contains(" \(head) \(option.help)"), "\(page.name): \(head)")
        }
        for positional in command.positionals { #expect(text.contains(positional.help)) }
        for example in command.examples {
          #expect(text.contains("\(example.line) \(example.meaning)"), "\(example.line)")
        }
      }
    }
  }

  @Test(.enabled(if: hasMandoc, "mandoc is not installed"), arguments: tables.map(\.program))
  func mandocFindsNothingWrong(program: String) throws {
    let table = try #require(Self.tables.first { $0.program == program })
    try withTemporaryFolder { folder in
      for page in pages(table) {
        try Data((page.text + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/page.1"))
        let run = try ProgramRun(
          "/usr/bin/env", ["mandoc", "-T", "lint", "-W", "warning", "page.1"], in: folder)
        // Pages have no date, so that they are the same whenever they are made.
        let found = run.output.split(separator: "\n").filter { !$0.contains("missing date") }
        #expect(found.isEmpty, "\(page.name): \(found)")
      }
    }
  }

  @Test(arguments: tables.map(\.program)) func programsPrintTheirPages(program: String) throws {
    let table = try #require(Self.tables.first { $0.program == program })
    try withTemporaryFolder { folder in
      #expect(try ProgramRun.tool(program, "man", in: folder).output == table.manualPage + "\n")
      let list = try ProgramRun.tool(program, "man --list", in: folder).output
      #expect(list.split(separator: "\n").map(String.init) == table.commands.map(\.name))
      for command in table.commands {
        let run = try ProgramRun.tool(program, "man \(command.name)", in: folder)
        #expect(run.status == 0 && run.output == table.manualPage(of: command) + "\n")
      }
    }
  }
}
