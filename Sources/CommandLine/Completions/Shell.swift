/// A shell that completions can be made for.
public enum Shell: String, Sendable, CaseIterable {
  case bash
  case zsh
  case fish
}

extension CommandTable {
  /// A script that makes a shell complete this program's command lines.
  public func completions(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletions
    case .zsh: zshCompletions
    case .fish: fishCompletions
    }
  }

  /// `vaec` as a part of a function's name.
  var functionName: String { program.map { $0.isLetter || $0.isNumber ? "\($0)" : "_" }.joined() }
}

/// A word that a shell takes as it is: in quotes where it has to be.
func shellQuoted(_ text: String) -> String {
  let plain = text.unicodeScalars.allSatisfy {
    $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_./,=".unicodeScalars.contains($0))
  }
  return plain && !text.isEmpty
    ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
