/// The lines of a formatted text while they are being made. Indents and columns count characters from 0.
struct LineBuffer {
  private struct Line {
    var text: String
    /// A comment behind the text.
    var comment: String?
    var isBlank: Bool { text.isEmpty && comment == nil }
  }

  private var lines: [Line] = []
  /// Whether the line at hand takes no more text: a comment ends it.
  private(set) var isClosed = false

  /// Characters of the line at hand.
  var column: Int { lines.last?.text.count ?? 0 }
  /// Whether the line at hand holds nothing but its indent.
  var isAtLineStart: Bool { lines.last?.text.allSatisfy { $0 == " " } ?? true }

  mutating func newLine(indent: Int) {
    lines.append(Line(text: String(repeating: " ", count: indent)))
    isClosed = false
  }

  /// Puts one blank line before the next one.
  mutating func addBlankLine() {
    lines.append(Line(text: ""))
    isClosed = true
  }

  mutating func append(_ text: String) {
    if lines.isEmpty { newLine(indent: 0) }
    lines[lines.count - 1].text += text
  }

  /// A comment on a line of its own.
  mutating func appendComment(_ text: String, indent: Int) {
    newLine(indent: indent)
    append(text)
    isClosed = true
  }

  /// A comment behind what the line at hand holds.
  mutating func closeLine(comment: String) {
    guard !lines.isEmpty, !lines[lines.count - 1].isBlank, lines[lines.count - 1].comment == nil else {
      return appendComment(comment, indent: 0)
    }
    lines[lines.count - 1].comment = comment
    isClosed = true
  }

  /// The text, with the comments behind lines aligned.
  func text() -> String {
    var result = ""
    let columns = commentColumns()
    for (line, column) in zip(lines, columns) {
      result += line.text
      if let comment = line.comment {
        result += String(repeating: " ", count: max(0, column - line.text.count)) + comment
      }
      result += "\n"
    }
    return result
  }

  /// Comments of neighbouring lines stand in one column, two spaces behind the longest of these lines. One line
  /// without a comment does not part neighbours, a blank line does.
  private func commentColumns() -> [Int] {
    var columns = [Int](repeating: 0, count: lines.count)
    var run: [Int] = []
    var distance = 0
    func align(_ columns: inout [Int]) {
      let column = (run.map { lines[$0].text.count }.max() ?? 0) + 2
      for index in run { columns[index] = column }
    }
    for (index, line) in lines.enumerated() {
      if line.comment != nil {
        run.append(index)
        distance = 0
        continue
      }
      distance += 1
      if distance > 1 || line.isBlank {
        align(&columns)
        run = []
      }
    }
    align(&columns)
    return columns
  }
}
