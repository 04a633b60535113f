import Artifact
import CommandLineTable
import Foundation
import Synchronization

/// What the program prints: results to the standard output, errors to the standard error.
enum Terminal {
  /// Whether a person is watching, so that a line may be overwritten. A terminal that does not say what it is, or that it
  /// is dumb, cannot do that.
  static let isLive = isatty(STDOUT_FILENO) == 1 && !["", "dumb"].contains(variable("TERM"))

  /// Whether text may have colors: see https://no-color.org.
  static let hasColor = isLive && variable("NO_COLOR").isEmpty

  /// Whether the signs of a sparkline can be shown: not where the locale names another character set than UTF-8.
  static let hasUnicode = {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).first { !$0.isEmpty } ?? ""
    guard let dot = locale.firstIndex(of: ".") else { return true }
    return locale[dot...].lowercased().replacingOccurrences(of: "-", with: "").hasPrefix(".utf8")
  }()

  private static func variable(_ name: String) -> String { ProcessInfo.processInfo.environment[name] ?? "" }

  /// A color, by its number in ECMA-48 (SGR).
  enum Color: Int {
    case green = 32
    case cyan = 36
  }

  /// The text in a color, where colors are wanted.
  static func colored(_ text: String, _ color: Color) -> String {
    hasColor && !text.isEmpty ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
  }

  static func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  /// Says what a command has done, unless it is to be quiet.
  static func tell(_ invocation: Invocation, _ text: String) {
    if !invocation[CommonOptions.quiet] { say(text) }
  }

  /// A value as JSON, its keys sorted.
  static func say(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    say(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  static func complain(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  /// Replaces the line that the cursor is in.
  static func overwrite(_ line: String) { overwrite([(line, nil)]) }

  /// Replaces the line that the cursor is in. What is wider than the terminal is cut off.
  static func overwrite(_ parts: [(text: String, color: Color?)]) {
    var left = columns - 1
    var line = ""
    for (text, color) in parts {
      let part = String(text.prefix(left))
      left -= part.count
      line += color.map { colored(part, $0) } ?? part
    }
    write("\r\u{1B}[K" + line, to: STDOUT_FILENO)
  }

  /// Ends the overwritten line.
  static func clearLine() {
    write("\r\u{1B}[K", to: STDOUT_FILENO)
  }

  /// Why the standard output did not take everything, such as a full disk; nil where it did.
  static var outputFailure: String? { failure.withLock { $0 } }

  private static let failure = Mutex<String?>(nil)

  /// A command whose output cannot be written does its work all the same and tells in the end.
  private static func write(_ text: String, to descriptor: Int32) {
    let problem = StandardFiles.write(text.utf8, to: descriptor)
    if descriptor == STDOUT_FILENO, let problem { failure.withLock { $0 = $0 ?? problem } }
  }

  private static var columns: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 100 }
    return Int(size.ws_col)
  }

  /// `1:05` or `2:03:04`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds.isFinite ? seconds : 0, 0), 1e9).rounded())
    let (minutes, rest) = (whole / 60, whole % 60)
    let tail = String(format: "%02d", rest)
    return minutes < 60 ? "\(minutes):\(tail)" : String(format: "%d:%02d:", minutes / 60, minutes % 60) + tail
  }

  /// A term: enough digits to compare runs by.
  static func number(_ value: Double) -> String {
    switch abs(value) {
    case 100...: String(format: "%.2f", value)
    case 1...: String(format: "%.3f", value)
    default: String(format: "%.5f", value)
    }
  }

  /// A number in few digits: `0.00123`, `-4.21e-07`, `12`.
  static func significant(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e6 ? String(format: "%.0f", value) : String(format: "%.4g", value)
  }

  /// A number in three digits: `0.0123`, `4.56`, `123`.
  static func short(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let digits = min(4, max(0, 2 - Int(log10(max(abs(value), 1e-3)).rounded(.down))))
    return String(format: "%.\(digits)f", value)
  }

  /// A number that a user has written, as they would: `2`, `0.001`.
  static func plain(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(format: "%.0f", value) : "\(value)"
  }

  /// `loss 147.31  reconstruction 140.52  kl 6.790`
  static func terms(_ names: [String], _ values: [String: Double]) -> String {
    names.compactMap { name in values[name].map { "\(name) \(number($0))" } }.joined(separator: "  ")
  }

  /// `1 image`, `60000 images`.
  static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

extension Manifest.Setting {
  /// The value as people read it.
  var text: String {
    switch value {
    case .number(let number): Terminal.plain(number)
    case .text(let text): text
    }
  }
}
