extension CommandTable {
  /// Needs fish 3.0.
  var fishCompletions: String {
    let name = functionName
    let head = """
      # fish completions of \(program) \(version), made by '\(program) completions fish'

      # The command that is typed, if it is.
      function __\(name)_command
        set -l words (commandline -opc)
        for word in $words[2..-1]
          string match -q -- '-*' $word; or begin
            echo $word
            return
          end
        end
      end

      # Files with one of the endings, and folders.
      function __\(name)_files
        for ending in $argv
          __fish_complete_suffix .$ending
        end
      end

      # Words behind the commas of a list.
      function __\(name)_list
        set -l begun (string match -r '.*,' -- (commandline -ct) | string replace -r '^--[^=]*=' '')
        printf '%s\\n' $begun$argv
      end

      complete -c \(program) -f
      complete -c \(program) -n 'not string length -q -- (__\(name)_command)' -s h -l help -d 'explains the program'
      complete -c \(program) -n 'not string length -q -- (__\(name)_command)' -l version -d 'names the version'
      """
    let rows = commands.flatMap { command in
      [
        "",
        "complete -c \(program) -n 'not string length -q -- (__\(name)_command)' -a \(command.name) -d \(shellQuoted(command.summary))",
      ]
        + command.positionals.prefix(1).compactMap { positional in
          fishOffer(positional.completion).map { "\(inside(command)) \($0)" }
        } + command.options.map { row($0, in: command) }
        + ["\(inside(command)) -s h -l help -d 'explains the command'"]
    }
    return ([head] + rows).joined(separator: "\n")
  }

  private func inside(_ command: Command) -> String {
    "complete -c \(program) -n 'contains -- \(command.name) (__\(functionName)_command)'"
  }

  private func row(_ option: any CommandOption, in command: Command) -> String {
    let names = (option.short.map { "-s \($0) " } ?? "") + "-l \(option.name)"
    let value = option.placeholder == nil ? "" : " -r " + (fishOffer(option.completion) ?? "-f")
    return "\(inside(command)) \(names)\(value) -d \(shellQuoted(option.help))"
  }

  private func fishOffer(_ completion: ValueCompletion) -> String? {
    switch completion {
    case .anything: nil
    case .words(let words): "-f -a '\(words.joined(separator: " "))'"
    case .list(let words): "-f -a '(__\(functionName)_list \(words.joined(separator: " ")))'"
    case .files(let endings):
      endings.isEmpty ? "-F" : "-f -k -a '(__\(functionName)_files \(endings.joined(separator: " ")))'"
    case .folders: "-f -a '(__fish_complete_directories)'"
    }
  }
}
