/// One message about a text: what is wrong, where, and what helps.
public struct Diagnostic: Error, Sendable, Equatable {
  public enum Severity: String, Sendable {
    case error
    case warning
  }

  /// A further remark, with or without a place of its own.
  public struct Note: Sendable, Equatable {
    public var message: String
    public var range: SourceRange?

    public init(_ message: String, at range: SourceRange? = nil) {
      self.message = message
      self.range = range
    }
  }

  public var severity: Severity
  public var message: String
  public var range: SourceRange?
  public var notes: [Note]
  /// The lint rule that found it, for a warning.
  public var rule: String?

  public init(
    _ message: String, at range: SourceRange?, severity: Severity = .error, notes: [Note] = [],
    rule: String? = nil
  ) {
    self.severity = severity
    self.message = message
    self.range = range
    self.notes = notes
    self.rule = rule
  }
}

/// All that is wrong with an input: stages collect what they find and throw once.
public struct DiagnosticList: Error, Sendable, Equatable {
  public var diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }

  /// In the order of the text; what has no place comes first.
  public var ordered: DiagnosticList {
    let start = SourcePosition(line: 0, column: 0)
    return DiagnosticList(
      diagnostics.enumerated().sorted { a, b in
        let (first, second) = (a.element.range?.start ?? start, b.element.range?.start ?? start)
        return first == second ? a.offset < b.offset : first < second
      }.map(\.element))
  }

  public func count(_ severity: Diagnostic.Severity) -> Int {
    diagnostics.filter { $0.severity == severity }.count
  }
}
