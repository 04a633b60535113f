extension CommandTable {
  /// The program's manual page in roff (the macros of man(7)).
  public var manualPage: String {
    var page = Roff(name: program, version: version, program: program)
    page.section("NAME", ["\(page.text(program)) \\- \(page.text(summary))"])
    page.section("SYNOPSIS")
    page.lines += [".B \(page.text(program))", ".I COMMAND", ".RI [ options ]"]
    page.section(
      "DESCRIPTION", [page.text("'\(program) COMMAND --help' and the command's own page explain a command.")])
    page.section("COMMANDS")
    for command in commands {
      page.item("\\fB\(page.text(command.name))\\fR", "\(command.summary); see \(program)-\(command.name)(1)")
    }
    page.section("OPTIONS")
    page.item("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "prints the commands")
    page.item("\\fB\\-\\-version\\fR", "prints the version")
    page.add(environment: environment)
    page.addExitStatus()
    page.add(examples: examples)
    page.section(
      "SEE ALSO", [commands.map { page.text("\(program)-\($0.name)") + "(1)" }.joined(separator: ", ")])
    return page.lines.joined(separator: "\n")
  }

  /// The manual page of one command.
  public func manualPage(of command: Command) -> String {
    var page = Roff(name: "\(program)-\(command.name)", version: version, program: program)
    page.section("NAME", ["\(page.text(page.name)) \\- \(page.text(command.summary))"])
    page.section("SYNOPSIS")
    page.lines.append(".B \(page.text("\(program) \(command.name)"))")
    page.lines += command.positionals.map { ".I \(page.text($0.usage))" }
    page.lines.append(".RI [ options ]")
    page.section("DESCRIPTION")
    let paragraphs =
      command.details.isEmpty ? ["\(program) \(command.name) \(command.summary)."] : command.details
    page.lines += paragraphs.flatMap { [".PP", page.text($0)] }.dropFirst()
    if !command.positionals.isEmpty {
      page.section("ARGUMENTS")
      for positional in command.positionals {
        page.item("\\fI\(page.text(positional.usage))\\fR", positional.help)
      }
    }
    page.section("OPTIONS")
    for option in command.options { page.item(page.head(of: option), option.wholeHelp) }
    page.item("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "explains the command")
    page.add(environment: environment)
    page.addExitStatus()
    page.add(examples: command.examples)
    page.section("SEE ALSO", ["\(page.text(program))(1)"])
    return page.lines.joined(separator: "\n")
  }
}

/// A manual page that is being written.
private struct Roff {
  let name: String
  var lines: [String]

  init(name: String, version: String, program: String) {
    self.name = name
    lines = []
    // No date: the same program prints the same page.
    lines.append(
      ".TH \"\(text(name.uppercased()))\" \"1\" \"\" \"\(text("\(program) \(version)"))\" \"\(text("Manual of \(program)"))\""
    )
  }

  /// Text as roff takes it: no letter of it is a command, and minus signs stay what can be typed.
  func text(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\": "\\(rs"
      case "-": "\\-"
      case "'": "\\(aq"
      case "`": "\\(ga"
      case "^": "\\(ha"
      case "~": "\\(ti"
      case "\"": "\\(dq"
      case "\n": " "
      case _ where scalar.isASCII: "\(scalar)"
      default: "\\[u" + String(repeating: "0", count: max(0, 4 - hex(scalar).count)) + hex(scalar) + "]"
      }
    }.joined()
    return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
  }

  private func hex(_ scalar: Unicode.Scalar) -> String { String(scalar.value, radix: 16, uppercase: true) }

  func head(of option: any CommandOption) -> String {
    let names = (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.name)"]
    return names.map { "\\fB\(text($0))\\fR" }.joined(separator: ", ")
      + (option.placeholder.map { " \\fI\(text($0))\\fR" } ?? "")
      + (option.optionalPlaceholder.map { "[=\\fI\(text($0))\\fR]" } ?? "")
  }

  mutating func section(_ title: String, _ lines: [String] = []) { self.lines += [".SH \"\(title)\""] + lines }

  /// A head that is roff already, and a text.
  mutating func item(_ head: String, _ text: String) { lines += [".TP", head, self.text(text)] }

  mutating func add(examples: [Example]) {
    guard !examples.isEmpty else { return }
    section("EXAMPLES")
    for example in examples { item("\\fB\(text(example.line))\\fR", example.meaning) }
  }

  mutating func add(environment: [EnvironmentVariable]) {
    guard !environment.isEmpty else { return }
    section("ENVIRONMENT")
    for variable in environment { item("\\fB\(text(variable.name))\\fR", variable.meaning) }
  }

  mutating func addExitStatus() {
    section("EXIT STATUS")
    for status in ExitStatus.allCases { item("\\fB\(status.rawValue)\\fR", status.meaning) }
  }
}
