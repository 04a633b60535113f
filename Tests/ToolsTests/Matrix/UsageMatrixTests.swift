import CommandLineTable
import Testing
import vaec
import vaerun

/// Command lines that are not of a command's form, made from the tables: every option of every command misspelt, without its
/// value, with a value that is none, and twice; arguments too many and too few.
@Suite struct UsageMatrixTests {
  private struct Case {
    let table: CommandTable
    let command: Command
    /// Arguments that are right.
    let words: [String]

    func line(_ more: String...) -> [String] { [command.name] + words + more }
  }

  private static let cases: [Case] = {
    let rows = vaecRows + vaerunRows
    return [VaecCommands.table, Vaerun.table].flatMap { table in
      table.commands.map { command in
        let row = rows.first { $0.command == "\(table.program) \(command.name)" }
        // Its arguments alone: the row's options would stand twice.
        let words = row?.line.split(separator: " ").map(String.init) ?? []
        return Case(table: table, command: command, words: Array(words.prefix { !$0.hasPrefix("-") }))
      }
    }
  }()

  /// Refused as usage, in one line with this part.
  private func expectUsageError(_ table: CommandTable, _ line: [String], _ part: String) {
    do {
      _ = try table.parse(line)
      Issue.record("\(table.program) \(line.joined(separator: " ")) is taken")
    } catch {
      let report = table.report(error)
      #expect(report.status == .usage)
      #expect(report.line.hasPrefix("\(table.program): error: ") && !report.line.contains("\n"))
      #expect(report.line.contains(part), "\(line): \(report.line)")
    }
  }

  @Test func aMisspeltOptionIsAnsweredWithTheNearest() {
    for tried in Self.cases {
      for option in tried.command.options {
        expectUsageError(
          tried.table, tried.line("--\(option.name)x"),
          "'\(tried.table.program) \(tried.command.name)' has no option --\(option.name)x: did you mean --\(option.name)?"
        )
      }
      expectUsageError(tried.table, tried.line("--zzzzzzzz"), "--help' lists the options")
    }
  }

  @Test func anOptionWithoutItsValueIsRefused() {
    for tried in Self.cases {
      for option in tried.command.options where option.placeholder != nil {
        expectUsageError(
          tried.table, tried.line("--\(option.name)"), "--\(option.name) needs a value: it takes ")
        expectUsageError(
          tried.table, tried.line("--\(option.name)="), "--\(option.name) takes \(option.expected)")
      }
      for option in tried.command.options where option.optionalPlaceholder != nil {
        expectUsageError(
          tried.table, tried.line("--\(option.name)="), "--\(option.name) takes \(option.expected)")
      }
      for flag in tried.command.options where flag.valueText.isEmpty {
        expectUsageError(tried.table, tried.line("--\(flag.name)=yes"), "--\(flag.name) takes no value")
      }
    }
  }

  /// Numbers that no option takes: not numbers, out of every range, or not finite.
  @Test func aBadNumberIsRefused() {
    let numeric = ["N", "X", "SECONDS", "TIME", "SPAN", "N|TIME", "N,..."]
    var tries = 0
    for tried in Self.cases {
      for option in tried.command.options
      where numeric.contains(option.placeholder ?? option.optionalPlaceholder ?? "") {
        for text in ["3x", "nan", "inf", "1e999", "1,", "٣", "-", "0x10"] {
          expectUsageError(
            tried.table, tried.line("--\(option.name)=\(text)"), "--\(option.name) takes \(option.expected)")
          tries += 1
        }
      }
    }
    #expect(tries > 100)
  }

  @Test func anOptionStandsOnce() {
    for tried in Self.cases {
      for option in tried.command.options where option.placeholder != nil && !option.isRepeated {
        let values =
          ["2", "0.5", "5", "a.png", "2:3", "a=1", "grey", "1m", "constant", "2/3", "60/40"]
          + words(option.completion)
        guard let value = values.first(where: { option.value(of: $0) != nil }) else {
          Issue.record("no value for --\(option.name)")
          continue
        }
        let twice = ["--\(option.name)=\(value)", "--\(option.name)=\(value)"]
        expectUsageError(tried.table, tried.line() + twice, "--\(option.name) is given twice")
      }
    }
  }

  private func words(_ completion: ValueCompletion) -> [String] {
    switch completion {
    case .words(let words), .list(let words): words
    case .anything, .files, .folders: []
    }
  }

  @Test func argumentsTooManyAndTooFewAreRefused() {
    for tried in Self.cases {
      if !tried.command.positionals.contains(where: \.isRepeated) {
        let words = Array(repeating: "extra", count: tried.command.positionals.count + 1)
        let hasChoices = tried.command.positionals.contains { !$0.choices.isEmpty }
        expectUsageError(
          tried.table, [tried.command.name] + words, hasChoices ? "'extra'" : "'extra' is one argument too many"
        )
      }
      if let first = tried.command.positionals.first, first.isRequired {
        expectUsageError(tried.table, [tried.command.name], "\(first.name) is missing")
      }
    }
  }
}
