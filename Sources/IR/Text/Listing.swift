/// A module's text form with the numbers of its lines, from 1: what a line table of compiled code points into.
public struct ModuleListing: Sendable {
  public let text: String
  private let entries: [String: EntryLines]

  /// Where the parts of one entry stand.
  private struct EntryLines {
    var head: Int
    var firstOperation: Int
    var results: [Int]
  }

  public init(_ module: Module) {
    text = module.text
    let printers = module.entries.map { EntryPrinter($0, sourceFile: module.sourceFile) }
    var next = text.lineCount - printers.reduce(0) { $0 + $1.lineCount } - max(0, printers.count - 1) + 1
    var entries: [String: EntryLines] = [:]
    for (entry, printer) in zip(module.entries, printers) {
      entries[entry.name] = EntryLines(
        head: next, firstOperation: next + printer.firstOperationLine,
        results: printer.resultLineNumbers.map { next + $0 })
      next += printer.lineCount + 1  // An empty line stands between entries.
    }
    self.entries = entries
  }

  /// The number of lines.
  public var lineCount: Int { text.lineCount }

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

extension String {
  fileprivate var lineCount: Int { utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) } }
}
