import Diagnostics
import Foundation
import Testing

/// A model's text in which `«` and `»` mark where diagnostics must point, in order. `«»` marks a place between characters.
struct MarkedText {
  let source: SourceText
  let ranges: [SourceRange]

  init(_ marked: String, name: String = "test.vdl") {
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

/// Expects exactly these messages at exactly the marked places.
func expect(
  _ diagnostics: [Diagnostic], are messages: [String], at text: MarkedText,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(diagnostics.map(\.message) == messages, sourceLocation: sourceLocation)
  let rendered = DiagnosticRenderer(sources: [text.source]).render(DiagnosticList(diagnostics))
  #expect(diagnostics.map(\.range) == text.ranges, "\(rendered)", sourceLocation: sourceLocation)
}

/// The models of the repository.
enum Models {
  static let names = ["convvae", "densevae", "convae"]

  static func source(_ name: String) throws -> SourceText {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../Models")
    let text = try String(contentsOf: root.appendingPathComponent("\(name).vdl"), encoding: .utf8)
    return SourceText(name: "\(name).vdl", text: text)
  }
}

/// Numbers for random tests (SplitMix64, Steele et al. 2014); the seed is part of a failing test's name.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
