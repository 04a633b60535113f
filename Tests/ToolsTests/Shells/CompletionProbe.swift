import CommandLineTable
import Foundation

/// Asks a shell, which has read the completions of a program, what it would offer behind command lines.
///
/// A line is what is typed: words between spaces. The last word, which may be empty, is the one to complete.
struct CompletionProbe {
  let shell: Shell
  let program: String

  static func isInstalled(_ shell: Shell) -> Bool { find(shell.rawValue) != nil }

  /// Where a program is found on the PATH.
  static func find(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return folders.map { $0 + "/" + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// What is offered behind each line, in one run of the shell in `folder`.
  func offers(for lines: [String], in folder: String) throws -> [String: Set<String>] {
    let script = try ProgramRun.tool(program, "completions \(shell.rawValue)", in: folder)
    try write(script.output, "completions", in: folder)
    try write(driver(lines), "driver", in: folder)
    let run =
      switch shell {
      case .bash: try ProgramRun("/usr/bin/env", ["bash", "--noprofile", "--norc", ".driver"], in: folder)
      case .zsh: try ProgramRun("/usr/bin/env", ["zsh", "-f", ".driver"], in: folder)
      case .fish: try ProgramRun("/usr/bin/env", ["fish", "--no-config", ".driver"], in: folder)
      }
    guard run.status == 0, run.errors.isEmpty else { throw ProbeError(output: run.output, errors: run.errors) }
    return Self.read(run.output)
  }

  struct ProbeError: Error {
    let output: String
    let errors: String
  }

  private func write(_ text: String, _ name: String, in folder: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/.\(name)"))
  }

  private static func read(_ output: String) -> [String: Set<String>] {
    var offers: [String: Set<String>] = [:]
    var line = ""
    for text in output.split(separator: "\n") {
      if text.hasPrefix("== ") {
        line = String(text.dropFirst(3))
        offers[line] = []
      } else if text.hasPrefix("> ") {
        // fish puts a description behind a tab; a folder ends in a slash or not, as the shell likes.
        let word = text.dropFirst(2).prefix { $0 != "\t" }
        offers[line]?.insert(word.hasSuffix("/") ? String(word.dropLast()) : String(word))
      }
    }
    return offers
  }

  /// A script in the shell's language that prints `== LINE`, and `> WORD` for each offer.
  private func driver(_ lines: [String]) -> String {
    switch shell {
    case .bash: bashDriver + lines.map { "query '\($0)' \(Self.bashWords($0))\n" }.joined()
    case .fish: "source .completions\n" + lines.map(fishQuery).joined()
    case .zsh: zshDriver + lines.map { "query '\($0)'\n" }.joined() + "zpty -d inner\n"
    }
  }

  /// The words of COMP_WORDS: bash splits at `=`, too.
  private static func bashWords(_ line: String) -> String {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).flatMap { word -> [String] in
      guard word.hasPrefix("-"), let sign = word.firstIndex(of: "=") else { return [String(word)] }
      let value = String(word[word.index(after: sign)...])
      return [String(word[..<sign]), "="] + (value.isEmpty ? [] : [value])
    }
    return words.map { "'\($0)'" }.joined(separator: " ")
  }

  private var bashDriver: String {
    """
    source .completions
    [[ $(complete -p \(program)) == 'complete -F _\(program) \(program)' ]] || exit 9
    query() {
      printf '== %s\\n' "$1"
      shift
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _\(program)
      ((${#COMPREPLY[@]} == 0)) || printf '> %s\\n' "${COMPREPLY[@]}"
    }

    """
  }

  private func fishQuery(_ line: String) -> String {
    "echo '== \(line)'\nfor word in (complete -C '\(line)')\n  echo \"> $word\"\nend\n"
  }

  /// Completion in zsh works in its line editor alone: an inner zsh edits a line on a pseudo-terminal, and a wrapper of
  /// `compadd` prints what is added.
  private var zshDriver: String {
    """
    zmodload zsh/zpty
    zpty -b inner 'TERM=dumb zsh -f -i'
    tell() { zpty -w inner "$1" }
    tell 'PS1= PS2=; stty -echo; setopt no_beep; unsetopt prompt_sp; autoload -Uz compinit; compinit -u -D'
    tell 'source .completions'
    tell 'compadd() {
      local -a hits
      [[ " ${argv[1,(i)(-|--)]} " == *" -"[OAD]" "* ]] && { builtin compadd "$@"; return $?; }
      builtin compadd -A hits "$@"
      local hit
      for hit in $hits; do print -r -- "> $IPREFIX$hit"; done
      builtin compadd "$@"
    }'
    tell 'offer() { print; _main_complete; print -r -- DO""NE; compstate[insert]= compstate[list]= }'
    tell 'zle -C offer complete-word offer; bindkey "^I" offer; bindkey "^U" kill-whole-line; print REA""DY'
    zpty -r inner output '*READY*'
    query() {
      print -r -- "== $1"
      zpty -w -n inner "$1"$'\\t'
      zpty -r inner output '*DONE*' || exit 9
      print -r -- "${output//$'\\r'/}" | grep -a '^> '
      zpty -w -n inner $'\\x15'
    }

    """
  }
}
