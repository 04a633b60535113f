import IR

extension Module {
  /// The entries as graphs in the language of Graphviz: operations are boxes with the globals that they read, arguments and
  /// results ellipses, edges carry the types. Products are blue, other operations that couple images orange.
  public var graphText: String {
    var lines = [
      "digraph \(quotedForGraph(name)) {",
      "  node [fontname=\"Helvetica\", fontsize=10, shape=box, style=filled, fillcolor=white];",
      "  edge [fontname=\"Helvetica\", fontsize=8, color=\"#606060\"];",
    ]
    for (number, entry) in entries.enumerated() {
      lines += GraphPrinter(entry, number: number, sourceFile: sourceFile).lines.map { "  " + $0 }
    }
    return lines.joined(separator: "\n") + "\n}\n"
  }
}

private struct GraphPrinter {
  private let entry: Entry
  private let number: Int
  private let printer: EntryPrinter
  /// The node that makes each value.
  private var nodes: [ValueID: String] = [:]

  init(_ entry: Entry, number: Int, sourceFile: String) {
    self.entry = entry
    self.number = number
    printer = EntryPrinter(entry, sourceFile: sourceFile)
    for (index, argument) in entry.arguments.enumerated() { nodes[argument.value] = "e\(number)_a\(index)" }
    for (index, operation) in entry.operations.enumerated() {
      for result in operation.results { nodes[result] = "e\(number)_o\(index)" }
    }
  }

  var lines: [String] {
    var lines = ["subgraph cluster_\(number) {", "  label=\(quotedForGraph("@" + entry.name));"]
    for argument in entry.arguments {
      let label = "\(argument.role.rawValue) \(printer.name(of: argument.value))"
      lines.append("  \(nodes[argument.value] ?? "") [label=\(quotedForGraph(label)), shape=ellipse];")
    }
    for (index, operation) in entry.operations.enumerated() {
      let node = "e\(number)_o\(index)"
      lines.append(
        "  \(node) [label=\(quotedForGraph(label(of: operation))), fillcolor=\"\(color(of: operation))\"];")
      lines += operation.operands.compactMap { edge(from: $0, to: node) }
    }
    for (index, result) in entry.results.enumerated() {
      let node = "e\(number)_r\(index)"
      lines.append("  \(node) [label=\(quotedForGraph("\(result.target)")), shape=ellipse, style=dashed];")
      if let edge = edge(from: result.value, to: node) { lines.append(edge) }
    }
    return lines + ["}"]
  }

  /// The op, what is special about it, and the globals that it reads.
  private func label(of operation: Operation) -> String {
    var lines = [operation.name]
    if let epilogue = operation.attributes.symbol("epilogue"), epilogue != "none" {
      lines[0] += " + \(epilogue)"
    }
    lines += operation.operands.compactMap { entry[$0].global.map { "@\($0)" } }
    return lines.joined(separator: "\n")
  }

  private func color(of operation: Operation) -> String {
    guard let definition = OpTable.standard[operation.name] else { return "white" }
    if definition.isProduct { return "#cfe3f7" }
    return definition.couplesImages ? "#fbe0c3" : "white"
  }

  /// Nil for a global, which stands in the node's label.
  private func edge(from value: ValueID, to node: String) -> String? {
    guard let from = nodes[value] else { return nil }
    let type = entry.type(of: value)?.description ?? "?"
    return "  \(from) -> \(node) [label=\(quotedForGraph("\(printer.name(of: value)) : \(type)"))];"
  }
}

/// A text as Graphviz's quoted string; line breaks become those of a label.
private func quotedForGraph(_ text: String) -> String {
  var quoted = ""
  for character in text {
    switch character {
    case "\"", "\\": quoted += "\\\(character)"
    case "\n": quoted += "\\n"
    default: quoted.append(character)
    }
  }
  return "\"\(quoted)\""
}
