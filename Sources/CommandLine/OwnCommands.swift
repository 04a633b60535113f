/// The commands that every table has: they print what derives from the table itself.
enum OwnCommand {
  static let shells = Shell.allCases.map(\.rawValue)

  private static let shell = Positional(
    "SHELL", choices: shells, help: "the shell to complete in", isRequired: true)
  private static let list = Flag("list", help: "lists the commands that have a page, one a line")

  /// The command that `help` and `man` are asked about. A name that is none is reported as an unknown command.
  private static func subject(_ names: [String], help: String) -> Positional {
    Positional("COMMAND", help: help, completion: .words(names))
  }

  static func commands(program: String, others: [String]) -> [Command] {
    let names = others + ["help", "completions", "man"]
    return [
      Command(
        "help", summary: "explains a command",
        positionals: [subject(names, help: "the command; without it the commands are listed")],
        examples: [Example("\(program) help \(others.first ?? "help")", "the same as with --help behind it")]),
      Command(
        "completions", summary: "prints a shell's completions of this program",
        details: [
          "The completions know the commands, their options, the values that options choose from, and which files a command "
            + "takes. Tools/install puts them where the shells look for them."
        ],
        positionals: [shell],
        examples: [
          Example("source <(\(program) completions bash)", "in ~/.bashrc"),
          Example("source <(\(program) completions zsh)", "in ~/.zshrc, behind compinit"),
          Example("\(program) completions fish | source", "in ~/.config/fish/config.fish"),
        ]),
      Command(
        "man", summary: "prints a manual page in roff",
        positionals: [subject(names, help: "the command; without it the page is the program's")],
        options: [list],
        examples: [
          Example("\(program) man \(others.first ?? "help") | man -l -", "reads a command's page"),
          Example("\(program) man > \(program).1", "writes the program's page to a file"),
        ]),
    ]
  }

  /// What `table` prints for an invocation of one of these commands; nil for another command.
  static func text(_ invocation: Invocation, of table: CommandTable) throws(UsageError) -> String? {
    func named() throws(UsageError) -> Command? {
      guard let name = invocation[subject([], help: "")] else { return nil }
      return try table.command(named: name)
    }
    switch invocation.command.name {
    case "help": return try named().map { table.help(of: $0) } ?? table.help
    case "completions": return invocation[shell].flatMap(Shell.init).map { table.completions(for: $0) }
    case "man":
      if invocation[list] { return table.commands.map(\.name).joined(separator: "\n") }
      return try named().map { table.manualPage(of: $0) } ?? table.manualPage
    default: return nil
    }
  }
}

extension CommandTable {
  /// The text of a command that every table has; nil where the invocation is of another.
  func printed(_ invocation: Invocation) throws(UsageError) -> ParsedCommandLine? {
    try OwnCommand.text(invocation, of: self).map { .print($0) }
  }
}
