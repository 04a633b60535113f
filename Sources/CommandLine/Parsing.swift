/// A command line that is not of the table's form.
public struct UsageError: Error, Equatable, CustomStringConvertible {
  /// One line: what is wrong, and what to do.
  public let description: String

  public init(_ problem: String, _ remedy: String) {
    description = "\(problem): \(remedy)"
  }
}

extension CommandTable {
  /// Reads a command line, without the program's name.
  public func parse(_ arguments: [String]) throws(UsageError) -> ParsedCommandLine {
    guard let first = arguments.first else { return .print(help) }
    switch first {
    case "--help", "-h": return .print(help)
    case "--version": return .print("\(program) \(version)")
    case "help":
      guard arguments.count > 1 else { return .print(help) }
      return .print(help(of: try command(named: arguments[1])))
    default: break
    }
    let command = try command(named: first)
    var parser = CommandParser(program: program, command: command)
    guard let invocation = try parser.parse(Array(arguments.dropFirst())) else {
      return .print(help(of: command))
    }
    return .run(invocation)
  }

  private func command(named name: String) throws(UsageError) -> Command {
    if let command = commands.first(where: { $0.name == name }) { return command }
    let kind = name.hasPrefix("-") ? "option" : "command"
    let remedy = nearest(to: name, among: commands.map(\.name)).map { "did you mean '\($0)'?" }
    throw UsageError("unknown \(kind) '\(name)'", remedy ?? "'\(program) --help' lists the commands")
  }
}

/// Reads the arguments of one command.
private struct CommandParser {
  let program: String
  let command: Command
  var invocation: Invocation
  var loose: [String] = []

  init(program: String, command: Command) {
    self.program = program
    self.command = command
    self.invocation = Invocation(command: command)
  }

  private var seeHelp: String { "see '\(program) \(command.name) --help'" }

  /// The invocation, or nil where help is asked for.
  mutating func parse(_ arguments: [String]) throws(UsageError) -> Invocation? {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" { return nil }
      if argument == "--" {
        loose += rest
        break
      }
      if argument.hasPrefix("-"), argument.count > 1 {
        try take(option: argument, &rest)
      } else {
        loose.append(argument)
      }
    }
    try assignPositionals()
    return invocation
  }

  private mutating func take(option argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
    let sign = argument.firstIndex(of: "=")
    let written = String(argument[..<(sign ?? argument.endIndex)])
    var text = sign.map { String(argument[argument.index(after: $0)...]) }
    let option = try find(written)
    guard option.placeholder != nil else {
      if let text { throw UsageError("\(written) takes no value, not '\(text)'", seeHelp) }
      invocation.values[option.name] = [true]
      return
    }
    if text == nil {
      guard let next = rest.first, !next.hasPrefix("--") else {
        throw UsageError("\(written) needs a value", "it takes \(option.expected)")
      }
      text = rest.popFirst()
    }
    guard let text, let value = option.value(of: text) else {
      throw UsageError("\(written) takes \(option.expected), not '\(text ?? "")'", seeHelp)
    }
    if invocation.values[option.name] != nil, !option.isRepeated {
      throw UsageError("\(written) is given twice", "give it once")
    }
    invocation.values[option.name, default: []].append(value)
  }

  private func find(_ written: String) throws(UsageError) -> any CommandOption {
    let found = command.options.first { option in
      written == "--" + option.name || option.short.map { written == "-\($0)" } ?? false
    }
    if let found { return found }
    let remedy = nearest(to: written, among: command.options.map { "--" + $0.name }).map {
      "did you mean \($0)?"
    }
    throw UsageError(
      "'\(program) \(command.name)' has no option \(written)",
      remedy ?? "'\(program) \(command.name) --help' lists the options")
  }

  private mutating func assignPositionals() throws(UsageError) {
    var rest = loose[...]
    for positional in command.positionals {
      if positional.isRepeated {
        invocation.positionals[positional.name] = Array(rest)
        rest = []
      } else if let argument = rest.popFirst() {
        invocation.positionals[positional.name] = [argument]
      }
      if positional.isRequired, (invocation.positionals[positional.name] ?? []).isEmpty {
        throw UsageError("\(positional.name) is missing", "it is \(positional.help); \(seeHelp)")
      }
    }
    if let extra = rest.first { throw UsageError("'\(extra)' is one argument too many", seeHelp) }
  }
}

/// The candidate that is nearest to a word, where it is near enough to have been meant: at most one edit in three
/// letters (insertions, deletions, substitutions, neighbours exchanged).
public func nearest(to word: String, among candidates: [String]) -> String? {
  let limit = max(1, word.filter { $0 != "-" }.count / 3)
  let ranked = candidates.map { (distance: editDistance(word, $0), name: $0) }
  guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
  return best.name
}

/// Optimal string alignment distance (Damerau 1964, Levenshtein 1966).
private func editDistance(_ first: String, _ second: String) -> Int {
  // A longer word is never meant; the bound keeps the work small whatever is typed.
  let a = Array(first.prefix(64))
  let b = Array(second.prefix(64))
  var rows = [Array(0...b.count)]
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
      row.append(best)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
