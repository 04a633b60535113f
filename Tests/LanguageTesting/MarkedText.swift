import Diagnostics

/// A model's text in which `«` and `»` mark where diagnostics must point, and `‹` and `›` where their notes must, both in
/// the order of the text. `«»` marks a place between characters.
public struct MarkedText: Sendable {
  public let source: SourceText
  /// What `«` and `»` mark.
  public let ranges: [SourceRange]
  /// What `‹` and `›` mark.
  public let noteRanges: [SourceRange]

  public init(_ marked: String, name: String = "test.vdl") {
    var text = ""
    var marks = Marks(file: name)
    var notes = Marks(file: name)
    var position = SourcePosition(line: 1, column: 1)
    for character in marked {
      switch character {
      case "«": marks.open(position)
      case "»": marks.close(position)
      case "‹": notes.open(position)
      case "›": notes.close(position)
      default:
        text.append(character)
        position.column += 1
        if character.isNewline { position = SourcePosition(line: position.line + 1, column: 1) }
      }
    }
    source = SourceText(name: name, text: text)
    ranges = marks.ranges.sorted { $0.start < $1.start }
    noteRanges = notes.ranges.sorted { $0.start < $1.start }
  }

  /// Pairs of one kind of mark.
  private struct Marks {
    let file: String
    var starts: [SourcePosition] = []
    var ranges: [SourceRange] = []

    mutating func open(_ position: SourcePosition) { starts.append(position) }

    mutating func close(_ position: SourcePosition) {
      if let start = starts.popLast() { ranges.append(SourceRange(file: file, start: start, end: position)) }
    }
  }
}
