extension CommandTable {
  var zshCompletions: String {
    let name = functionName
    let names = commands.map { shellQuoted("\(escaped($0.name)):\($0.summary)") }
    return """
      #compdef \(program)
      # zsh completions of \(program) \(version), made by '\(program) completions zsh'

      # Words behind the commas of a list.
      _\(name)_list() {
        compset -P '*,'
        compadd -S '' -- "$@"
      }

      _\(name)() {
        local curcontext="$curcontext" state state_descr line
        typeset -A opt_args
        _arguments -C -S \\
          '(- : *)'{-h,--help}'[explains the program]' \\
          '(- : *)--version[names the version]' \\
          '1:command:->command' \\
          '*::argument:->arguments' && return
        case $state in
          command)
            local -a commands=(
      \(lines(names, indent: 8))
            )
            _describe -t commands command commands
            ;;
          arguments)
            curcontext="${curcontext%:*}-$line[1]:"
            case $line[1] in
      \(lines(commands.map(commandCase), indent: 8))
            esac
            ;;
        esac
      }

      # Called by itself where it was found in fpath, defined here where it was sourced.
      if [[ $funcstack[1] == _\(name) ]]; then
        _\(name) "$@"
      else
        compdef _\(name) \(program)
      fi
      """
  }

  private func commandCase(_ command: Command) -> String {
    let specifications =
      ["'(- : *)'{-h,--help}'[explains the command]'"] + command.options.map(specification)
      + command.positionals.enumerated().map { index, positional in
        let place = positional.isRepeated ? "*" : "\(index + 1)"
        let optional = positional.isRequired || positional.isRepeated ? ":" : "::"
        return shellQuoted("\(place)\(optional)\(escaped(positional.name)):") + action(positional.completion)
      }
    let list = specifications.joined(separator: " \\\n            ")
    return "\(command.name)) _arguments -s -S \\\n            \(list) ;;"
  }

  /// `'(-o --output)'{-o+,--output=}'[help]:PATH:_files'`
  private func specification(_ option: any CommandOption) -> String {
    let value = option.placeholder.map { ":\(escaped($0)):" } ?? ""
    let action = option.placeholder == nil ? "" : action(option.completion)
    let text = shellQuoted("[\(escaped(option.help))]\(value)") + action
    let long = "--\(option.name)" + (value.isEmpty ? "" : "=")
    guard let short = option.short else { return option.isRepeated ? "'*'\(long)\(text)" : "\(long)\(text)" }
    let names = "{-\(short)\(value.isEmpty ? "" : "+"),\(long)}"
    return (option.isRepeated ? "'*'" : "'(-\(short) --\(option.name))'") + names + text
  }

  /// What completes a value, as a quoted word.
  private func action(_ completion: ValueCompletion) -> String {
    switch completion {
    case .anything: "' '"
    case .words(let words): shellQuoted("(\(words.joined(separator: " ")))")
    case .list(let words): shellQuoted("{_\(functionName)_list \(words.joined(separator: " "))}")
    case .files(let endings):
      endings.isEmpty ? "_files" : shellQuoted("_files -g \"*.(\(endings.joined(separator: "|")))(-.)\"")
    case .folders: shellQuoted("_files -/")
    }
  }

  /// In a specification of `_arguments`, brackets and colons have a meaning.
  private func escaped(_ text: String) -> String {
    text.map { "[]:\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }
}
