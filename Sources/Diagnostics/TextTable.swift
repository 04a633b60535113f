/// A table for a terminal: columns as wide as their widest cell, two spaces between them.
public struct TextTable: Sendable {
  public enum Alignment: Sendable { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]] = []
  /// The numbers of the rows that a rule is drawn above.
  private var rules: [Int] = []

  public init(_ columns: [(title: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.title)]
  }

  /// Adds a row; cells that are left out are empty, those too many are dropped.
  public mutating func add(_ cells: String...) { add(cells) }

  /// Adds a row; cells that are left out are empty, those too many are dropped.
  public mutating func add(_ cells: [String]) {
    rows.append(
      Array(cells.prefix(alignments.count))
        + Array(repeating: "", count: max(0, alignments.count - cells.count)))
  }

  /// Draws a line above the next row, over the table's width or a terminal's.
  public mutating func addRule() { rules.append(rows.count) }

  /// The lines, each with a line break; no spaces at the ends.
  public var text: String {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let rule = String(repeating: "-", count: min(80, widths.reduce(-2) { $0 + $1 + 2 }))
    var lines: [String] = []
    for (number, row) in rows.enumerated() {
      if rules.contains(number) { lines.append(rule) }
      let cells = row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return alignments[column] == .left ? row[column] + space : space + row[column]
      }
      let line = cells.joined(separator: "  ")
      lines.append(String(line.reversed().drop { $0 == " " }.reversed()))
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

/// A whole number with its digits in groups of three: `668,709`.
public func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var groups: [Substring] = []
  var rest = digits[...]
  while rest.count > 3 {
    groups.append(rest.suffix(3))
    rest = rest.dropLast(3)
  }
  return (number < 0 ? "-" : "") + ([rest] + groups.reversed()).joined(separator: ",")
}

/// Bytes in the unit that fits: `2.68 MB`.
public func byteText(_ bytes: Int) -> String {
  let units = ["kB", "MB", "GB", "TB"]
  guard bytes >= 1000 else { return "\(bytes) B" }
  var value = Double(bytes) / 1000
  var unit = 0
  while value >= 1000, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  return decimal(value, value < 10 ? 2 : 1) + " " + units[unit]
}

/// A number with that many digits behind the point, rounded; `-` for one that is not finite or beyond 64-bit integers.
public func decimal(_ number: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = (number * scale).rounded()
  guard let units = Int(exactly: scaled) else { return "-" }
  guard digits > 0 else { return "\(units)" }
  let text = String(units.magnitude)
  let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
  return (units < 0 ? "-" : "") + padded.dropLast(digits) + "." + padded.suffix(digits)
}
