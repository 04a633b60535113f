/// Turns diagnostics into the text that a user reads:
///
///     convvae.vdl:12:40: error: unknown layer 'cnov'
///       let h = x |> cnov(32)
///                    ^~~~
///     note: did you mean 'conv'?
public struct DiagnosticRenderer: Sendable {
  private let sources: [String: SourceText]

  /// - Parameter sources: the texts that ranges may point into, found by their names.
  public init(sources: [SourceText]) {
    self.sources = Dictionary(sources.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public func render(_ diagnostic: Diagnostic) -> String {
    let rule = diagnostic.rule.map { " [\($0)]" } ?? ""
    var lines = render(
      label: diagnostic.severity.rawValue, message: diagnostic.message + rule, range: diagnostic.range)
    for note in diagnostic.notes {
      lines += render(label: "note", message: note.message, range: note.range)
    }
    return lines.joined(separator: "\n")
  }

  public func render(_ list: DiagnosticList) -> String {
    list.diagnostics.map(render).joined(separator: "\n")
  }

  private func render(label: String, message: String, range: SourceRange?) -> [String] {
    let message = Self.shortened(message)
    guard let range else { return ["\(label): \(message)"] }
    let place = "\(range.file):\(range.start.line):\(range.start.column)"
    var lines = ["\(place): \(label): \(message)"]
    guard let source = sources[range.file], range.start.line <= source.lineCount else { return lines }
    let text = source.line(range.start.line)
    // Of a long line, what stands around the place: the columns behind `left`.
    let isLong = text.utf8.count > Self.widest
    let left = isLong ? max(0, range.start.column - Self.widest / 2) : 0
    let rest = text.dropFirst(left)
    let shown = rest.prefix(Self.widest)
    let (before, behind) = (left > 0 ? "..." : "", shown.endIndex < rest.endIndex ? "..." : "")
    lines.append("  " + before + Self.printable(shown) + behind)
    let behindText = shown.count + 1
    let first = min(max(range.start.column - left, 1), behindText)
    let last = range.end.line == range.start.line ? min(range.end.column - left, behindText) : behindText
    let marker = "^" + String(repeating: "~", count: max(0, last - first - 1))
    lines.append("  " + String(repeating: " ", count: before.count + first - 1) + marker)
    return lines
  }

  /// The most columns of a source line that are shown.
  private static let widest = 160
  /// The longest word of a message that is printed in full.
  private static let longestWord = 120

  /// Every column as one that shows: a tab counts as one, and a control character would move a terminal's cursor.
  private static func printable(_ text: Substring) -> String {
    String(
      text.map { character in
        character.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : character
      })
  }

  /// A message without the middle of words that are too long to be read: names can have any length.
  private static func shortened(_ message: String) -> String {
    guard message.utf8.count > longestWord else { return printable(message[...]) }
    let words = message.split(separator: " ", omittingEmptySubsequences: false).map { word in
      word.utf8.count <= longestWord ? word : word.prefix(longestWord / 2) + "..." + word.suffix(8)
    }
    return printable(words.joined(separator: " ")[...])
  }
}

/// The candidate that `name` most likely was meant to be: the nearest by edit distance, if it is near enough.
public func closestMatch<Candidates: Sequence<String>>(to name: String, in candidates: Candidates) -> String? {
  // Nobody misspells a longer name; the work grows with the product of the lengths.
  let longest = 64
  guard name.utf8.count <= longest else { return nil }
  var best: (name: String, distance: Int)?
  for candidate in candidates.sorted() where candidate.utf8.count <= longest {
    let distance = editDistance(name, candidate)
    if distance < best?.distance ?? Int.max { best = (candidate, distance) }
  }
  // Something of the name has to be left: 'z' is no misspelling of 'w'.
  guard let best, best.distance <= max(1, min(name.count, best.name.count) / 3),
    best.distance < max(name.count, best.name.count)
  else { return nil }
  return best.name
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other (Damerau 1964,
/// optimal string alignment).
func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a.lowercased())
  let b = Array(b.lowercased())
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
  for i in 0...a.count { rows[i][0] = i }
  for j in 0...b.count { rows[0][j] = j }
  for i in 1...a.count {
    for j in 1...b.count {
      let substitution = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, substitution)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
      }
    }
  }
  return rows[a.count][b.count]
}
