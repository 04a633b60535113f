import Diagnostics
import LanguageTesting
import Testing

/// Expects exactly these messages at exactly the marked places.
func expect(
  _ diagnostics: [Diagnostic], are messages: [String], at text: MarkedText,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(diagnostics.map(\.message) == messages, sourceLocation: sourceLocation)
  let rendered = DiagnosticRenderer(sources: [text.source]).render(DiagnosticList(diagnostics))
  #expect(diagnostics.map(\.range) == text.ranges, "\(rendered)", sourceLocation: sourceLocation)
}
