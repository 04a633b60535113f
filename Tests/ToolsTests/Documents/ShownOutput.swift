import Foundation

/// What a document shows of a command's output, held against what it printed.
///
/// `...` stands for any lines, or within a line for any text. Whole numbers are the same in both; numbers with a point may differ
/// by two in a hundred, since processors add in other orders; times (`1.5 s`, `0:04`) and speeds (`5422 images/s`) are another
/// machine's. Spaces in a row count as one.
struct ShownOutput {
  private let lines: [String]

  init(_ lines: [String]) {
    self.lines = Self.trimmed(lines)
  }

  /// Why the printed text is not what is shown; nil where it is.
  func difference(from printed: String) -> String? {
    let there = Self.trimmed(
      printed.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    var furthest = 0
    if matches(lines[...], there[...], &furthest) { return nil }
    let shown = furthest < lines.count ? "'\(lines[furthest])'" : "nothing more"
    return "line \(furthest + 1) shows \(shown), and printed was:\n\(printed)"
  }

  /// Whether the beginning of what is shown has been printed.
  func isPrefix(of printed: String) -> Bool {
    ShownOutput(lines + ["..."]).difference(from: printed) == nil
  }

  private func matches(_ shown: ArraySlice<String>, _ there: ArraySlice<String>, _ furthest: inout Int) -> Bool
  {
    guard let first = shown.first else { return there.isEmpty }
    furthest = max(furthest, shown.startIndex)
    if first == "..." {
      return (there.startIndex...there.endIndex).contains {
        matches(shown.dropFirst(), there[$0...], &furthest)
      }
    }
    guard let line = there.first, Self.matches(first, line) else { return false }
    return matches(shown.dropFirst(), there.dropFirst(), &furthest)
  }

  private static func trimmed(_ lines: [String]) -> [String] {
    let lines = lines.map { line in
      line.split(whereSeparator: \.isWhitespace).joined(separator: " ").replacing(#/-{4,}/#, with: "---")
    }
    let end = lines.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
    return Array(lines[..<end])
  }

  /// A number that is a word of its own.
  nonisolated(unsafe) private static let number =
    #/(?<before>^|[ (±+,\-])(?<digits>\d[\d,]*(\.\d+)?)(?=[ ,)%]|$)/#
  nonisolated(unsafe) private static let time = #/\b\d+:\d\d\b/#

  private static func matches(_ shown: String, _ printed: String) -> Bool {
    // A pattern in which each number and each "..." is a group.
    var pattern = ""
    var checks: [(String) -> Bool] = []
    var rest = shown.replacing(time, with: "0:00")[...]
    while !rest.isEmpty {
      let number = rest.firstMatch(of: Self.number)
      let gap = rest.firstRange(of: "...")
      if let gap, number.map({ gap.lowerBound < $0.range.lowerBound }) ?? true {
        pattern += escaped(rest[..<gap.lowerBound]) + "(.*)"
        checks.append { _ in true }
        rest = rest[gap.upperBound...]
      } else if let number {
        let digits = String(number.output.digits)
        let start = rest.index(number.range.lowerBound, offsetBy: number.output.before.count)
        pattern += escaped(rest[..<start]) + "(-?[\\d,]+(?:\\.\\d+)?)"
        rest = rest[number.range.upperBound...]
        let isFree = rest.contains(#/^ (s|us|ms|images\/s|GFLOP\/s|GB\/s)\b/#)
        checks.append { isFree || isClose(digits, $0) }
      } else {
        pattern += escaped(rest)
        rest = ""
      }
    }
    let text = printed.replacing(time, with: "0:00")
    guard let expression = try? NSRegularExpression(pattern: "^" + pattern + "$"),
      let match = expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text))
    else { return false }
    return checks.enumerated().allSatisfy { place, check in
      Range(match.range(at: place + 1), in: text).map { check(String(text[$0])) } ?? false
    }
  }

  private static func escaped(_ text: Substring) -> String {
    NSRegularExpression.escapedPattern(for: String(text))
  }

  private static func isClose(_ shown: String, _ printed: String) -> Bool {
    guard shown.contains(".") else { return shown == printed }
    guard let a = Double(shown.replacing(",", with: "")), let b = Double(printed.replacing(",", with: ""))
    else {
      return false
    }
    return abs(a - b) <= 0.02 * abs(a)
  }
}
