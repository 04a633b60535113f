extension CommandTable {
  /// The help of the program: its commands and examples.
  public var help: String {
    var lines = ["\(program): \(summary)", "", "Usage: \(program) COMMAND [options]", "", "Commands:"]
    lines += columns(commands.map { ($0.name, $0.summary) })
    if !examples.isEmpty {
      lines += ["", "Examples:"] + columns(examples.map { ($0.line, $0.meaning) }, widest: widestExample)
    }
    lines += ["", "'\(program) COMMAND --help' explains a command, '\(program) --version' names the version."]
    return lines.joined(separator: "\n")
  }

  /// The help of one command.
  public func help(of command: Command) -> String {
    var lines = wrapped("\(program) \(command.name): \(command.summary)", width: helpWidth)
    let usage =
      ["Usage: \(program) \(command.name)"] + command.positionals.map(\.usage)
      + (command.options.isEmpty ? [] : ["[options]"])
    lines += ["", usage.joined(separator: " ")]
    for paragraph in command.details { lines += [""] + wrapped(paragraph, width: helpWidth) }
    if !command.positionals.isEmpty {
      lines += ["", "Arguments:"] + columns(command.positionals.map { ($0.name, $0.help) })
    }
    if !command.options.isEmpty { lines += ["", "Options:"] + columns(command.options.map(row)) }
    if !command.examples.isEmpty {
      lines +=
        ["", "Examples:"] + columns(command.examples.map { ($0.line, $0.meaning) }, widest: widestExample)
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ option: any CommandOption) -> (String, String) {
    let name = option.short.map { "-\($0), --\(option.name)" } ?? "--\(option.name)"
    return (name + option.valueText, option.wholeHelp)
  }
}

extension CommandOption {
  /// The help with the default and whether the option may be repeated.
  var wholeHelp: String {
    help + (defaultText.map { " (default: \($0))" } ?? "") + (isRepeated ? " (may be repeated)" : "")
  }
}

/// Help is read in terminals of 80 columns and more.
private let helpWidth = 80
private let widestName = 26
private let widestExample = 40

/// Two columns; a name too wide for its column stands on a line of its own.
private func columns(_ rows: [(String, String)], widest: Int = widestName) -> [String] {
  let width = rows.map(\.0.count).filter { $0 <= widest }.max() ?? widest
  return rows.flatMap { name, help -> [String] in
    let text = wrapped(help, width: helpWidth - width - 4)
    let indent = String(repeating: " ", count: width + 4)
    if name.count > width { return ["  " + name] + text.map { indent + $0 } }
    let padded = "  " + name + String(repeating: " ", count: width - name.count + 2)
    return text.enumerated().map { ($0 == 0 ? padded : indent) + $1 }
  }
}

private func wrapped(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = ""
    }
    line += (line.isEmpty ? "" : " ") + word
  }
  return lines + (line.isEmpty && !lines.isEmpty ? [] : [line])
}
