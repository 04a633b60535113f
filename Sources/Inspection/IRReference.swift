import Diagnostics
import IR
import Passes

/// The ops and passes as Markdown, made from the tables that the compiler reads. docs/ir.md holds a copy; a test keeps it
/// current.
public enum IRReference {
  public static var markdown: String {
    let definitions = OpTable.standard.definitions
    return [passes, index(definitions), definitions.map(section).joined(separator: "\n")].joined(
      separator: "\n")
  }

  // MARK: Passes

  private static var passes: String {
    let order = Pipeline.standard.passes.map { code($0.name) }.joined(separator: ", ")
    let rows = Pass.registry.map { [code($0.name), $0.summary, $0.needsTypes ? "yes" : "no"] }
    return "## Passes\n\nThe standard pipeline is \(code("elaborate")) (the front end), \(order).\n\n"
      + table(["pass", "what it does", "needs types"], rows)
  }

  // MARK: Ops

  private static func index(_ definitions: [OpDefinition]) -> String {
    let links = definitions.map(\.name).sorted().map { "[\(code($0))](#\($0))" }
    return "## Ops\n\n\(links.joined(separator: " · "))\n"
  }

  private static func section(_ op: OpDefinition) -> String {
    var lines = ["### \(op.name)", "", op.summary, "", "```", example(op), "```", ""]
    lines += op.attributes.map { "- \(code($0.name)): \(description(of: $0))" }
    lines.append("- " + properties(op).joined(separator: "; ") + ".")
    return lines.joined(separator: "\n") + "\n"
  }

  /// The example's operation; operands stand above it with their types, which in the text form are at their definitions.
  private static func example(_ op: OpDefinition) -> String {
    guard var entry = (try? op.exampleModule())?.entries.first, let operation = entry.operations.first else {
      return op.name
    }
    let taken = Set(entry.values.compactMap(\.name))
    for (value, name) in zip(operation.results, op.results) where !taken.contains(name) {
      entry[value].name = name
    }
    let printer = EntryPrinter(entry, sourceFile: "")
    let operands = operation.operands.map { value in
      "\(printer.name(of: value)) : \(entry.type(of: value)?.description ?? "?")"
    }
    return (operands + [printer.line(of: operation)]).joined(separator: "\n")
  }

  private static func properties(_ op: OpDefinition) -> [String] {
    [
      operands(op), op.gradient == nil ? "not differentiable" : "differentiable",
      op.couplesImages ? "couples the images of a call" : "treats each image alone", cost(op),
    ]
  }

  private static func operands(_ op: OpDefinition) -> String {
    let names = op.operands.map { code($0.name) + ($0.isOptional ? " (optional)" : "") }
    let results = op.results.map(code).joined(separator: ", ")
    return (names.isEmpty ? "no operands" : names.joined(separator: ", ")) + " → " + results
  }

  private static func cost(_ op: OpDefinition) -> String {
    guard let entry = (try? op.exampleModule())?.entries.first, let operation = entry.operations.first,
      let cost = entry.cost(of: operation)
    else { return "cost unknown" }
    return "\(grouped(cost.flops)) FLOPs \(cost.isPerImage ? "an image" : "in all") in the example"
      + (op.isProduct ? ", counted as a product" : "")
  }

  private static func description(of attribute: AttributeDefinition) -> String {
    let kinds: [AttributeKind: String] = [
      .int: "a whole number", .ints: "whole numbers", .float: "a number", .symbol: "a word",
      .layout: "a layout",
    ]
    let value = attribute.defaultValue.map { ", \(code("\($0)")) where it is left out" } ?? ""
    return "\(kinds[attribute.kind] ?? attribute.kind.rawValue)\(value): \(attribute.summary)"
  }

  // MARK: Markdown

  private static func code(_ text: String) -> String { "`\(text)`" }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    return line(header) + line(header.map { _ in "---" }) + rows.map(line).joined()
  }
}
