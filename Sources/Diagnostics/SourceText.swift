/// A text with a name: what diagnostics point into. Offsets are UTF-8 bytes from the start.
public struct SourceText: Sendable, Equatable {
  /// The name shown in messages, usually the path as the user gave it.
  public let name: String
  public let bytes: [UInt8]
  /// Offsets of the first byte of each line; never empty.
  private let lineStarts: [Int]

  public init(name: String, text: String) {
    self.name = name
    self.bytes = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
    self.lineStarts = starts
  }

  /// One-based line and column of an offset. Columns count characters, so that a caret lands under the
  /// character that the reader sees.
  public func position(of offset: Int) -> SourcePosition {
    let offset = min(max(offset, 0), bytes.count)
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let prefix = String(decoding: bytes[lineStarts[low]..<offset], as: UTF8.self)
    return SourcePosition(line: low + 1, column: prefix.count + 1)
  }

  /// The text of a one-based line without its line break; empty where there is no such line.
  public func line(_ number: Int) -> String {
    guard number >= 1, number <= lineStarts.count else { return "" }
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
  }

  public var lineCount: Int { lineStarts.count }
}

/// A one-based line and column.
public struct SourcePosition: Sendable, Hashable, Comparable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (a: SourcePosition, b: SourcePosition) -> Bool {
    (a.line, a.column) < (b.line, b.column)
  }
}

/// Where something stands in a named text: from `start` up to, not including, `end`.
///
/// Positions, not offsets, are kept: they survive in the printed IR, where the text itself is not at hand.
public struct SourceRange: Sendable, Hashable {
  public var file: String
  public var start: SourcePosition
  public var end: SourcePosition

  public init(file: String, start: SourcePosition, end: SourcePosition) {
    self.file = file
    self.start = start
    self.end = end
  }
}
