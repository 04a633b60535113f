import Foundation

extension DiagnosticList {
  /// One JSON object a line for each diagnostic, for editors and scripts:
  ///
  ///     {"file":"m.vdl","message":"unknown layer 'cnov'","notes":[{"message":"did you mean 'conv'?"}],
  ///      "range":{"end":{"column":20,"line":4},"start":{"column":16,"line":4}},"severity":"error"}
  ///
  /// (without the line break). Lines and columns count from 1, columns in characters; the end is behind the last character. `file` is also
  /// there without a `range`; `rule` names the lint rule of a warning.
  ///
  /// - Parameter file: the file that diagnostics without a place are about.
  public func jsonLines(file: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return diagnostics.compactMap { diagnostic in
      let data = try? encoder.encode(DiagnosticRecord(diagnostic, file: file))
      return data.map { String(decoding: $0, as: UTF8.self) + "\n" }
    }.joined()
  }
}

private struct DiagnosticRecord: Encodable {
  struct Position: Encodable {
    let line: Int
    let column: Int
  }
  struct Range: Encodable {
    let start: Position
    let end: Position

    init(_ range: SourceRange) {
      start = Position(line: range.start.line, column: range.start.column)
      end = Position(line: range.end.line, column: range.end.column)
    }
  }
  struct Note: Encodable {
    let message: String
    let file: String?
    let range: Range?
  }

  let file: String
  let range: Range?
  let severity: String
  let rule: String?
  let message: String
  let notes: [Note]

  init(_ diagnostic: Diagnostic, file: String) {
    self.file = diagnostic.range?.file ?? file
    range = diagnostic.range.map(Range.init)
    severity = diagnostic.severity.rawValue
    rule = diagnostic.rule
    message = diagnostic.message
    notes = diagnostic.notes.map {
      Note(message: $0.message, file: $0.range?.file, range: $0.range.map(Range.init))
    }
  }
}
