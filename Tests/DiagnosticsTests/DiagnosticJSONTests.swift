import Diagnostics
import Testing

@Suite struct DiagnosticJSONTests {
  private func range(_ start: Int, _ end: Int) -> SourceRange {
    SourceRange(
      file: "a.vdl", start: SourcePosition(line: 2, column: start), end: SourcePosition(line: 2, column: end))
  }

  @Test func eachDiagnosticIsOneLineWithPlaceAndNotes() {
    let list = DiagnosticList([
      Diagnostic(
        "unknown layer 'cnov'", at: range(15, 19),
        notes: [.init("did you mean 'conv'?"), .init("it stands here", at: range(1, 3))]),
      Diagnostic("'a' is never\n\"used\"", at: nil, severity: .warning, rule: "unused-name"),
    ])
    let lines = [
      #"{"file":"a.vdl","message":"unknown layer 'cnov'","notes":[{"message":"did you mean 'conv'?"},"#
        + #"{"file":"a.vdl","message":"it stands here","range":{"end":{"column":3,"line":2},"#
        + #""start":{"column":1,"line":2}}}],"range":{"end":{"column":19,"line":2},"#
        + #""start":{"column":15,"line":2}},"severity":"error"}"#,
      #"{"file":"b.vdl","message":"'a' is never\n\"used\"","notes":[],"rule":"unused-name","severity":"warning"}"#,
    ]
    #expect(list.jsonLines(file: "b.vdl") == lines.map { $0 + "\n" }.joined())
    #expect(DiagnosticList([]).jsonLines(file: "b.vdl").isEmpty)
  }

  @Test func theRuleStandsBehindAWarning() {
    let warning = Diagnostic("'a' is never used", at: nil, severity: .warning, rule: "unused-name")
    #expect(DiagnosticRenderer(sources: []).render(warning) == "warning: 'a' is never used [unused-name]")
  }

  @Test func diagnosticsAreOrderedByTheirPlacesAndCounted() {
    let list = DiagnosticList([
      Diagnostic("c", at: range(9, 10)), Diagnostic("b", at: range(2, 3), severity: .warning),
      Diagnostic("d", at: range(9, 12)), Diagnostic("a", at: nil),
    ])
    #expect(list.ordered.diagnostics.map(\.message) == ["a", "b", "c", "d"])
    #expect(list.count(.error) == 3 && list.count(.warning) == 1)
  }
}
