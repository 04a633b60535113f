import Diagnostics

/// A model's text in which `«` and `»` mark where diagnostics must point, in order. `«»` marks a place between characters.
public struct MarkedText: Sendable {
  public let source: SourceText
  public let ranges: [SourceRange]

  public init(_ marked: String, name: String = "test.vdl") {
    var text = ""
    var starts: [SourcePosition] = []
    var ranges: [SourceRange] = []
    var position = SourcePosition(line: 1, column: 1)
    for character in marked {
      switch character {
      case "«": starts.append(position)
      case "»":
        if let start = starts.popLast() { ranges.append(SourceRange(file: name, start: start, end: position)) }
      default:
        text.append(character)
        position.column += 1
        if character.isNewline { position = SourcePosition(line: position.line + 1, column: 1) }
      }
    }
    self.source = SourceText(name: name, text: text)
    self.ranges = ranges.sorted { $0.start < $1.start }
  }
}
