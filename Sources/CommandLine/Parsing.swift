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
    if ["--help", "-h", "--version"].contains(first) {
      if first != "--version", arguments.count == 2 {
        return .print(self.help(of: try command(named: arguments[1])))
      }
      if let extra = arguments.dropFirst().first {
        throw UsageError("'\(extra)' is one argument too many", "'\(program) \(first)' takes none")
      }
      let versions = (["\(program) \(version)"] + components).joined(separator: "\n")
      return .print(first == "--version" ? versions : help)
    }
    let command = try command(named: first)
    var parser = CommandParser(program: program, command: command)
    guard let invocation = try parser.parse(Array(arguments.dropFirst())) else {
      return .print(help(of: command))
    }
    return try printed(invocation) ?? .run(invocation)
  }

  /// The command of this name.
  func command(named name: String) throws(UsageError) -> Command {
    if let command = commands.first(where: { $0.name == name }) { return command }
    let isOption = name.hasPrefix("-")
    if isOption, commands.contains(where: { $0.options.contains { $0.isWritten(name) } }) {
      throw UsageError("the option \(name) stands before the command", "write '\(program) COMMAND \(name)'")
    }
    // A file in the place of the command: the command was left out.
    if !isOption, name.contains(where: { $0 == "." || $0 == "/" }) {
      throw UsageError(
        "the command before '\(name)' is missing",
        "write '\(program) COMMAND \(name)'; '\(program) --help' lists the commands")
    }
    let candidates = isOption ? ["--help", "--version"] : commands.map(\.name)
    let remedy = nearest(to: name, among: candidates).map { "did you mean '\($0)'?" }
    throw UsageError(
      "unknown \(isOption ? "option" : "command") '\(name)'", remedy ?? "'\(program) --help' lists the commands"
    )
  }
}

extension CommandOption {
  /// Whether an argument is this option's name.
  fileprivate func isWritten(_ argument: String) -> Bool {
    argument == "--" + name || short.map { argument == "-\($0)" } ?? false
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
    // Whoever asks for help gets it, whatever else is wrong.
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) { return nil }
    while let argument = rest.popFirst() {
      if argument == "--" {
        loose += rest
        break
      }
      if argument.hasPrefix("--") {
        try takeLong(argument, &rest)
      } else if argument.hasPrefix("-"), argument.count > 1 {
        try takeShort(argument, &rest)
      } else {
        loose.append(argument)
      }
    }
    try assignPositionals()
    return invocation
  }

  /// `--name`, `--name value`, `--name=value`
  private mutating func takeLong(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
    let sign = argument.firstIndex(of: "=")
    let written = String(argument[..<(sign ?? argument.endIndex)])
    let text = sign.map { String(argument[argument.index(after: $0)...]) }
    let option = try find(written)
    guard option.placeholder != nil else {
      if let text {
        guard option.optionalPlaceholder != nil else {
          throw UsageError("\(written) takes no value, not '\(text)'", seeHelp)
        }
        return try take(text, for: option, written)
      }
      invocation.values[option.name] = [true]
      invocation.written.append((option.name, nil))
      return
    }
    if let text { return try take(text, for: option, written) }
    try take(try next(for: option, written, &rest), for: option, written)
  }

  /// `-n value`, `-nvalue`, `-n=value`; flags may stand before it in the same argument.
  private mutating func takeShort(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      let written = "-\(letter)"
      let option = try find(written, in: argument)
      guard option.placeholder == nil else {
        if letters.first == "=" {
          letters.removeFirst()
        } else if letters.isEmpty {
          return try take(try next(for: option, written, &rest), for: option, written)
        }
        return try take(String(letters), for: option, written)
      }
      if letters.first == "=" {
        throw UsageError("\(written) takes no value, not '\(letters.dropFirst())'", seeHelp)
      }
      invocation.values[option.name] = [true]
      invocation.written.append((option.name, nil))
    }
  }

  /// The argument behind an option, which is its value unless it is an option itself.
  private func next(
    for option: any CommandOption, _ written: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let next = rest.first, !next.hasPrefix("--"), !command.options.contains(where: { $0.isWritten(next) })
    else { throw UsageError("\(written) needs a value", "it takes \(option.expected)") }
    rest.removeFirst()
    return next
  }

  private mutating func take(_ text: String, for option: any CommandOption, _ written: String)
    throws(UsageError)
  {
    guard let value = option.value(of: text) else {
      let meant = nearest(to: text, among: option.completion.words).map { "did you mean '\($0)'?" }
      throw UsageError(
        "\(written) takes \(option.expected), not '\(text)'", option.fault(of: text) ?? meant ?? seeHelp)
    }
    if invocation.values[option.name] != nil, !option.isRepeated {
      throw UsageError("\(written) is given twice", "give it once")
    }
    invocation.values[option.name, default: []].append(value)
    invocation.written.append((option.name, text))
  }

  private func find(_ written: String, in argument: String? = nil) throws(UsageError) -> any CommandOption {
    if let found = command.options.first(where: { $0.isWritten(written) }) { return found }
    // `-epochs`: the whole argument is what was meant, not its first letter.
    let whole = argument.map { "-" + $0.prefix { $0 != "=" } } ?? written
    let names = command.options.map { "--" + $0.name }
    let remedy = nearest(to: whole, among: names).map { "did you mean \($0)?" }
    throw UsageError(
      "'\(program) \(command.name)' has no option \(remedy == nil ? written : argument ?? written)",
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
      let arguments = invocation.positionals[positional.name] ?? []
      if positional.isRequired, arguments.isEmpty {
        throw UsageError("\(positional.name) is missing", "it is \(positional.help); \(seeHelp)")
      }
      if arguments.contains("") {
        throw UsageError("\(positional.name) is empty", "it is \(positional.help); \(seeHelp)")
      }
      if !positional.choices.isEmpty, let other = arguments.first(where: { !positional.choices.contains($0) }) {
        let meant = nearest(to: other, among: positional.choices).map { "did you mean '\($0)'?" }
        throw UsageError(
          "\(positional.name) is \(alternatives(positional.choices)), not '\(other)'", meant ?? seeHelp)
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
