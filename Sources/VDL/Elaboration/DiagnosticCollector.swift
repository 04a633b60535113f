import Diagnostics

/// What elaboration finds wrong. A scope is elaborated once for every entry that needs it; what is said about it is
/// kept once.
final class DiagnosticCollector {
  private(set) var diagnostics: [Diagnostic] = []

  /// Past the limit nothing is kept: nobody reads it, and the search for duplicates and suggestions would take ever longer.
  func report(_ message: String, at range: SourceRange?, notes: @autoclosure () -> [Diagnostic.Note] = []) {
    guard diagnostics.count < ParserLimits.diagnostics else { return }
    let diagnostic = Diagnostic(message, at: range, notes: notes())
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }

  /// Reports and gives what is thrown to leave the faulty construct.
  func fail(
    _ message: String, at range: SourceRange?, notes: @autoclosure () -> [Diagnostic.Note] = []
  ) -> Recovery {
    report(message, at: range, notes: notes())
    return Recovery()
  }

  /// The note that proposes a name: our word for another library's, or one that is spelt nearly the same.
  static func suggestion<Names: Sequence<String>>(for name: String, in names: Names) -> [Diagnostic.Note] {
    let translated = ForeignNames.translation(of: name).flatMap { names.contains($0) ? $0 : nil }
    return (translated ?? closestMatch(to: name, in: names)).map { [.init("did you mean '\($0)'?")] } ?? []
  }
}
