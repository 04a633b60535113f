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

  public init(_ message: String, at range: SourceRange?, severity: Severity = .error, notes: [Note] = []) {
    self.severity = severity
    self.message = message
    self.range = range
    self.notes = notes
  }
}

/// All that is wrong with an input: stages collect what they find and throw once.
public struct DiagnosticList: Error, Sendable, Equatable {
  public var diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }
}
