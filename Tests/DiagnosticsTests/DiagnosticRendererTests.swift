import Diagnostics
import Testing

@Suite struct DiagnosticRendererTests {
  private let source = SourceText(name: "a.vdl", text: "model m {\n\tlet h = x |> cnov(32)\n}")
  private var renderer: DiagnosticRenderer { DiagnosticRenderer(sources: [source]) }

  private func range(_ line: Int, _ start: Int, _ endLine: Int, _ end: Int) -> SourceRange {
    SourceRange(
      file: "a.vdl", start: SourcePosition(line: line, column: start),
      end: SourcePosition(line: endLine, column: end))
  }

  @Test func anErrorShowsItsLineWithACaretUnderItsCharacters() {
    let diagnostic = Diagnostic(
      "unknown layer 'cnov'", at: range(2, 15, 2, 19), notes: [.init("did you mean 'conv'?")])
    #expect(
      renderer.render(diagnostic) == """
        a.vdl:2:15: error: unknown layer 'cnov'
           let h = x |> cnov(32)
                        ^~~~
        note: did you mean 'conv'?
        """)
  }

  @Test func aNoteWithAPlaceShowsThatLineToo() {
    let diagnostic = Diagnostic(
      "expected '}'", at: range(3, 2, 3, 2), notes: [.init("to close this '{'", at: range(1, 9, 1, 10))])
    #expect(
      renderer.render(diagnostic) == """
        a.vdl:3:2: error: expected '}'
          }
           ^
        a.vdl:1:9: note: to close this '{'
          model m {
                  ^
        """)
  }

  @Test func aRangeOverSeveralLinesIsMarkedToTheEndOfItsFirst() {
    let diagnostic = Diagnostic("too long", at: range(1, 7, 3, 2), severity: .warning)
    #expect(renderer.render(diagnostic) == "a.vdl:1:7: warning: too long\n  model m {\n        ^~~")
  }

  @Test(arguments: [(9, 1), (2, 400), (1, 0), (0, 0), (-3, 2)])
  func aPlaceOutsideTheTextIsNamedAllTheSame(line: Int, column: Int) {
    let text = renderer.render(Diagnostic("wrong", at: range(line, column, line, column + 1)))
    #expect(text.hasPrefix("a.vdl:\(line):\(column): error: wrong"))
  }

  @Test func ofALongLineOnlyThePlaceIsShown() {
    let line = String(repeating: "a", count: 300) + "(b)" + String(repeating: "c", count: 300)
    let long = SourceText(name: "a.vdl", text: line)
    let text = DiagnosticRenderer(sources: [long]).render(Diagnostic("no", at: range(1, 302, 1, 303)))
    let lines = text.split(separator: "\n").map(Array.init)
    #expect(lines[1].count < 170)
    #expect(lines[1][lines[2].count - 1] == "b")
    #expect(lines[2].last == "^")
  }

  @Test func longWordsOfAMessageAreShortened() {
    let name = String(repeating: "a", count: 10_000)
    let text = renderer.render(Diagnostic("unknown layer '\(name)' in 'm'", at: nil))
    #expect(text.count < 200)
    #expect(text.hasPrefix("error: unknown layer 'aaa"))
    #expect(text.hasSuffix("aaa' in 'm'"))
  }

  @Test func controlCharactersNeverReachTheTerminal() {
    let source = SourceText(name: "a.vdl", text: "let \u{1B}[2J\0x")
    let text = DiagnosticRenderer(sources: [source]).render(
      Diagnostic("no '\u{1B}[2J'", at: range(1, 11, 1, 12)))
    #expect(text == "a.vdl:1:11: error: no ' [2J'\n  let  [2J x\n            ^")
  }

  @Test func longNamesHaveNoSuggestion() {
    let name = String(repeating: "a", count: 100_000)
    #expect(closestMatch(to: name + "b", in: [name]) == nil)
  }

  @Test func anErrorWithoutAPlaceIsOneLine() {
    #expect(renderer.render(Diagnostic("there is no model", at: nil)) == "error: there is no model")
  }

  @Test(arguments: [
    ("cnov", "conv"), ("Conv", "conv"), ("dense2", "dense"), ("rleu", "relu"), ("flaten", "flatten"),
  ])
  func aMisspeltNameIsRecognised(name: String, meant: String) {
    #expect(closestMatch(to: name, in: ["conv", "deconv", "dense", "relu", "flatten"]) == meant)
  }

  @Test(arguments: ["banana", "", "x", "de"])
  func aDifferentNameIsNot(name: String) {
    #expect(closestMatch(to: name, in: ["conv", "deconv", "dense", "relu", "flatten"]) == nil)
  }
}
