import Diagnostics
import VDL

extension ModelSyntax {
  /// The tree as indented lines: each node's kind and place, then its parts. Made by reflection, so that a new kind of node
  /// or field shows up without a line here. Empty parts are left out.
  ///
  ///     ModelSyntax 2:1-23:2
  ///       name: "convvae" 2:7-14
  ///       declarations:
  ///         config 3:3-22
  ///           name: "hidden" 3:10-16
  ///           value: number 3:19-22
  ///             text: "100"
  public var dump: String {
    var printer = SyntaxPrinter()
    printer.print(self, label: nil, depth: 0)
    return printer.text
  }
}

private struct SyntaxPrinter {
  private(set) var text = ""

  private mutating func line(_ label: String?, _ content: String, _ place: SourceRange?, _ depth: Int) {
    let parts = [label.map { "\($0):" } ?? "", content, place?.text ?? ""].filter { !$0.isEmpty }
    text += String(repeating: "  ", count: depth) + parts.joined(separator: " ") + "\n"
  }

  /// Prints a part of a node, or an element of a list, which has no label.
  mutating func print(_ value: Any, label: String?, depth: Int) {
    switch value {
    case let name as Name: return line(label, name.text.debugDescription, name.range, depth)
    case let text as String: return line(label, text.debugDescription, nil, depth)
    case let flag as Bool:
      if flag { line(label, "true", nil, depth) }
      return
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      if let content = mirror.children.first { print(content.value, label: label, depth: depth) }
    case .collection:
      guard !mirror.children.isEmpty else { return }
      line(label, "", nil, depth)
      for element in mirror.children { print(element.value, label: nil, depth: depth + 1) }
    // Trees of other files, which have dumps of their own.
    case .dictionary: return
    case .struct: node(mirror, kind: "\(mirror.subjectType)", label: label, depth: depth)
    case .enum: printCase(value, mirror, label: label, depth: depth)
    default: line(label, "\(value)", nil, depth)
    }
  }

  /// An enum's case stands for the kind of the node in it.
  private mutating func printCase(_ value: Any, _ mirror: Mirror, label: String?, depth: Int) {
    guard let payload = mirror.children.first, let kind = payload.label else {
      return line(label, "\(value)", nil, depth)
    }
    let content = Mirror(reflecting: payload.value)
    if content.displayStyle == .struct, !(payload.value is Name) {
      node(content, kind: kind, label: label, depth: depth)
    } else {
      print(payload.value, label: [label, kind].compactMap { $0 }.joined(separator: ": "), depth: depth)
    }
  }

  private mutating func node(_ mirror: Mirror, kind: String, label: String?, depth: Int) {
    let places = mirror.children.filter { $0.label == "range" }.compactMap { $0.value as? SourceRange }
    line(label, kind, places.first, depth)
    for child in mirror.children where !(child.value is SourceRange) {
      print(child.value, label: child.label, depth: depth + 1)
    }
  }
}

extension SourceRange {
  /// As in the text form of the IR: `3:19-22`, `2:1-23:2`.
  fileprivate var text: String {
    let tail = start.line == end.line ? "\(end.column)" : "\(end.line):\(end.column)"
    return "\(start.line):\(start.column)-\(tail)"
  }
}
