import Diagnostics
import Testing

@Suite struct SourceTextTests {
  private let source = SourceText(name: "a.vdl", text: "one\r\nzwölf 🦊 x\n\nlast")

  @Test func positionsCountLinesAndCharactersFromOne() {
    #expect(source.position(of: 0) == SourcePosition(line: 1, column: 1))
    #expect(source.position(of: 5) == SourcePosition(line: 2, column: 1))
    #expect(source.position(of: 17) == SourcePosition(line: 2, column: 9))
    #expect(source.position(of: source.bytes.count) == SourcePosition(line: 4, column: 5))
  }

  @Test func offsetsOutsideTheTextAreClamped() {
    #expect(source.position(of: -5) == SourcePosition(line: 1, column: 1))
    #expect(source.position(of: 10_000) == SourcePosition(line: 4, column: 5))
  }

  @Test func linesComeWithoutTheirBreaks() {
    #expect((0...5).map(source.line) == ["", "one", "zwölf 🦊 x", "", "last", ""])
    #expect(source.lineCount == 4)
  }

  @Test func anEmptyTextHasOneEmptyLine() {
    let empty = SourceText(name: "a.vdl", text: "")
    #expect(empty.lineCount == 1)
    #expect(empty.line(1) == "")
    #expect(empty.position(of: 0) == SourcePosition(line: 1, column: 1))
  }
}
