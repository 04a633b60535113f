import Foundation

/// The messages that Swift sources can give, read from the calls that report them.
public struct MessageTemplate: Sendable {
  /// `LayerApplication.swift:39`.
  public let place: String
  /// The message as it stands in the source, `\(...)` for what is put in.
  public let text: String
  /// What messages of the template look like; nil where the call hands on a message that another call has.
  private let pattern: String?

  /// How a call's first text becomes a message.
  private static let calls: [(word: String, before: String, behind: String)] = [
    ("fail", "", ""), ("report", "", ""), ("Diagnostic", "", ""), ("TypeError", "", ""), ("warning", "", ""),
    ("failExpected", "expected ", ", found .*"), ("expectName", "expected ", ", found .*"),
    ("expectCall", "expected ", ", found .*"),
    ("expectStatementEnd", "expected the end of the line after ", ", found .*"),
    ("expect", "expected '.*' ", ", found .*"),
  ]

  /// Every message of the Swift files under a folder.
  public static func all(under folder: URL) throws -> [MessageTemplate] {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let paths = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
    return try paths.sorted { $0.path < $1.path }.flatMap { file in
      try templates(of: try String(contentsOf: file, encoding: .utf8), name: file.lastPathComponent)
    }
  }

  private static func templates(of source: String, name: String) throws -> [MessageTemplate] {
    let code = source.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.drop { $0 == " " }.hasPrefix("//") ? "" : String(line)
    }.joined(separator: "\n")
    let words = calls.map(\.word).joined(separator: "|")
    let expression = try Regex("\\b(\(words))\\((?=[^)])").wordBoundaryKind(.simple)
    return code.matches(of: expression).flatMap { match -> [MessageTemplate] in
      guard !code[..<match.range.lowerBound].hasSuffix("func "),
        let call = calls.first(where: { code[match.range].hasPrefix($0.word + "(") })
      else { return [] }
      let argument = firstArgument(of: code[match.range.upperBound...], isSecond: call.word == "expect")
      let line = code[..<match.range.lowerBound].count { $0 == "\n" } + 1
      return texts(in: argument).map { text in
        MessageTemplate(
          place: "\(name):\(line)", text: text, pattern: call.before + expressionOf(text) + call.behind)
      }
    }
  }

  /// Up to the comma or parenthesis that ends the argument; brackets and texts inside are passed over.
  private static func firstArgument(of rest: Substring, isSecond: Bool) -> Substring {
    var depth = 0
    var isText = false
    var begin = rest.startIndex
    var skips = isSecond
    var index = rest.startIndex
    while index < rest.endIndex {
      let character = rest[index]
      if isText {
        if character == "\\" {
          let next = rest.index(after: index)
          if next < rest.endIndex, rest[next] == "(" {
            index = end(ofInterpolationAt: next, rest)
          } else {
            index = next
          }
        } else if character == "\"" {
          isText = false
        }
      } else {
        switch character {
        case "\"": isText = true
        case "(", "[", "{": depth += 1
        case ")" where depth == 0: return rest[begin..<index]
        case ")", "]", "}": depth -= 1
        case "," where depth == 0:
          guard skips else { return rest[begin..<index] }
          skips = false
          begin = rest.index(after: index)
        default: break
        }
      }
      index = rest.index(after: index)
    }
    return rest[begin...]
  }

  /// The parenthesis that closes the one at a place.
  private static func end(ofInterpolationAt open: String.Index, _ rest: Substring) -> String.Index {
    var depth = 0
    var index = open
    while index < rest.endIndex {
      if rest[index] == "(" { depth += 1 }
      if rest[index] == ")" { depth -= 1 }
      if depth == 0 { return index }
      index = rest.index(after: index)
    }
    return rest.index(before: rest.endIndex)
  }

  /// The texts that stand in an expression, outside the interpolations of others.
  private static func texts(in expression: Substring) -> [String] {
    var found: [String] = []
    var index = expression.startIndex
    while index < expression.endIndex {
      guard expression[index] == "\"" else {
        index = expression.index(after: index)
        continue
      }
      var text = ""
      index = expression.index(after: index)
      while index < expression.endIndex, expression[index] != "\"" {
        let next = expression.index(after: index)
        if expression[index] == "\\", next < expression.endIndex, expression[next] == "(" {
          text += "\\(...)"
          index = end(ofInterpolationAt: next, expression)
        } else if expression[index] == "\\", next < expression.endIndex {
          text.append(expression[next])
          index = next
        } else {
          text.append(expression[index])
        }
        index = expression.index(after: index)
      }
      found.append(text)
      if index < expression.endIndex { index = expression.index(after: index) }
    }
    return found
  }

  private static func expressionOf(_ text: String) -> String {
    text.components(separatedBy: "\\(...)").map(NSRegularExpression.escapedPattern).joined(separator: ".*")
  }

  /// Whether the template is nothing but what others put in: a call that hands a message on.
  public var isHandedOn: Bool { text.replacing("\\(...)", with: "").allSatisfy { !$0.isLetter } }

  public func matches(_ message: String) -> Bool {
    pattern.flatMap { message.range(of: "^(?:\($0))$", options: .regularExpression) } != nil
  }
}
