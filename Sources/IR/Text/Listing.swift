/// A module's text form with the numbers of its lines, from 1: what a line table of compiled code points into.
public struct ModuleListing: Sendable {
  public let text: String
  /// The number of lines.
  public let lineCount: Int
  private let entries: [String: EntryLines]

  /// Where the parts of one entry stand.
  private struct EntryLines {
    var head: Int
    var firstOperation: Int
    var results: [Int]
  }

  public init(_ module: Module) {
    text = module.text
    lineCount = text.utf8.count { $0 == UInt8(ascii: "\n") }
    let printers = module.entries.map { EntryPrinter($0, sourceFile: module.sourceFile) }
    var next = lineCount - printers.reduce(0) { $0 + $1.lineCount } - max(0, printers.count - 1) + 1
    var entries: [String: EntryLines] = [:]
    for (entry, printer) in zip(module.entries, printers) {
      entries[entry.name] = EntryLines(
        head: next, firstOperation: next + printer.firstOperationLine,
        results: printer.resultLineNumbers.map { next + $0 })
      next += printer.lineCount + 1  // An empty line stands between entries.
    }
    self.entries = entries
  }

  /// The line where an entry begins; 1 for one that is not there.
  public func line(ofEntry name: String) -> Int { entries[name]?.head ?? 1 }

  /// The line of the operation at a position of an entry.
  public func line(ofOperation position: Int, in name: String) -> Int {
    entries[name].map { $0.firstOperation + position } ?? 1
  }

  /// The line on which a result of an entry is named.
  public func line(ofResult index: Int, in name: String) -> Int {
    guard let entry = entries[name], entry.results.indices.contains(index) else { return line(ofEntry: name) }
    return entry.results[index]
  }
}
