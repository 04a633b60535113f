extension CommandTable {
  /// Needs bash 4.4 and nothing else; bash-completion is not used, so that one file does.
  var bashCompletions: String {
    let name = functionName
    return """
      # bash completions of \(program) \(version), made by '\(program) completions bash'

      # Offers words.
      _\(name)_words() {
        mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$*" -- "$current")
      }

      # Offers words behind the commas of a list.
      _\(name)_list() {
        local begun=
        [[ $current == *,* ]] && begun=${current%,*},
        mapfile -t COMPREPLY < <(compgen -P "$prefix$begun" -W "$*" -- "${current##*,}")
        compopt -o nospace 2>/dev/null
      }

      # Offers folders, and files with one of the endings, or all files where none is named.
      _\(name)_files() {
        local ending
        compopt -o filenames 2>/dev/null
        if (($# == 0)); then
          mapfile -t COMPREPLY < <(compgen -P "$prefix" -f -- "$current")
          return
        fi
        mapfile -t COMPREPLY < <(compgen -P "$prefix" -d -- "$current")
        for ending; do
          mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$prefix" -f -X "!*.$ending" -- "$current")
        done
      }

      _\(name)_folders() {
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -P "$prefix" -d -- "$current")
      }

      _\(name)() {
        local IFS=$' \\t\\n' current=${COMP_WORDS[COMP_CWORD]} before= prefix= command= ended= word
        COMPREPLY=()
        for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
          [[ $word == -- ]] && ended=1
          [[ -z $command && $word != -* ]] && command=$word
          # bash takes '--name=value' for three words.
          [[ $word == '=' ]] || before=$word
        done
        if [[ $current == '=' ]]; then
          current=
        elif [[ ${COMP_WORDS[COMP_CWORD-1]} == '=' ]]; then
          :
        elif [[ $current == --*=* ]]; then
          before=${current%%=*}
          prefix=$before=
          current=${current#*=}
        fi
        if [[ -z $command ]]; then
          _\(name)_words \(words(commands.map(\.name) + ["--help", "--version"]))
          return
        fi
        if [[ -z $ended ]]; then
          case "$command $before" in
      \(lines(valueCases, indent: 6))
          esac
          if [[ $current == -* && -z $prefix ]]; then
            case $command in
      \(lines(optionCases, indent: 8))
            esac
            return
          fi
        fi
        case $command in
      \(lines(positionalCases, indent: 4))
        esac
      }

      complete -F _\(name) \(program)
      """
  }

  /// What to offer behind an option that takes a value.
  private var valueCases: [String] {
    commands.flatMap { command in
      command.options.filter { $0.placeholder != nil }.map { option in
        let patterns = (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.name)"]
        let pattern = patterns.map { "'\(command.name) \($0)'" }.joined(separator: " | ")
        let offer = bashOffer(option.completion).map { "\($0); " } ?? ""
        return "\(pattern)) \(offer)return ;;"
      }
    }
  }

  private var optionCases: [String] {
    commands.map { command in
      let names = command.options.flatMap { option in
        (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.name)"]
      }
      return "\(command.name)) _\(functionName)_words \(words(names + ["-h", "--help"])) ;;"
    }
  }

  private var positionalCases: [String] {
    commands.compactMap { command in
      command.positionals.first.flatMap { bashOffer($0.completion) }.map { "\(command.name)) \($0) ;;" }
    }
  }

  private func bashOffer(_ completion: ValueCompletion) -> String? {
    switch completion {
    case .anything: nil
    case .words(let words): "_\(functionName)_words \(self.words(words))"
    case .list(let words): "_\(functionName)_list \(self.words(words))"
    case .files(let endings): (["_\(functionName)_files"] + endings).joined(separator: " ")
    case .folders: "_\(functionName)_folders"
    }
  }

  private func words(_ words: [String]) -> String { words.map(shellQuoted).joined(separator: " ") }
}

/// Lines in a text that is indented by so much; the first line's indentation too.
func lines(_ lines: [String], indent: Int) -> String {
  lines.map { String(repeating: " ", count: indent) + $0 }.joined(separator: "\n")
}
