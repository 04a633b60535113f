import Diagnostics
import IR
import Passes
import VDL

/// An example, the passes and the ops as Markdown, made from the tables that the compiler reads. docs/ir.md holds a copy; a
/// test keeps it current.
public enum IRReference {
  /// - Throws: `DiagnosticList` or `TypeError` where an example is wrong, which a test would have found.
  public static func markdown() throws -> String {
    let definitions = OpTable.standard.definitions
    let parts = [try example(), passes, index(definitions)] + (try definitions.map(section))
    return parts.joined(separator: "\n")
  }

  // MARK: Example

  private static let model = """
    model small {
      input x: image[1, 8, 8]
      encoder (x) -> z { z = x |> flatten |> dense(16) |> relu |> dense(2) }
      decoder (z) -> x { x = z |> dense(64) |> reshape(1, 8, 8) }
      minimize mse(x)
      train { optimizer: adam(rate: 1e-3), batch: 32, epochs: 5 }
    }
    """

  private static func example() throws -> String {
    let module = try elaborate(SourceText(name: "small.vdl", text: model))
    let text = try ["elaborate", "infer-shapes", nil].map { phase in
      let result = try Pipeline.standard.run(module, options: PassOptions(blockImages: 32), stopAfter: phase)
        .module
      let entry = result.entries.first { $0.name == "encode" }.map {
        EntryPrinter($0, sourceFile: "small.vdl").text
      }
      return "after \(code(phase ?? Pipeline.standard.passes.last?.name ?? "")):\n\n"
        + "```text\n\(entry ?? "")```\n"
    }
    return "## One entry on its way\n\n```\n\(model)\n```\n\nIts entry `encode`, "
      + text.joined(separator: "\n")
  }

  // MARK: Passes

  private static var passes: String {
    let order = Pipeline.standard(.bf16).passes.map { code($0.name) }.joined(separator: ", ")
    let rows = Pass.registry.map { [code($0.name), $0.summary, $0.needsTypes ? "yes" : "no"] }
    return
      "## Passes\n\nThe compiler runs \(code("elaborate")) (the front end), \(order); "
      + "\(code("narrow-products")) with \(code("--precision bf16")) alone. The verifier runs after each.\n\n"
      + table(["pass", "what it does", "needs types"], rows)
  }

  // MARK: Ops

  private static func index(_ definitions: [OpDefinition]) -> String {
    let links = definitions.map(\.name).sorted().map { "[\($0)](#\($0))" }
    let lines = stride(from: 0, to: links.count, by: 6).map { links[$0..<min($0 + 6, links.count)] }
    return "## Ops\n\n" + lines.map { $0.joined(separator: " · ") }.joined(separator: " ·\n") + "\n"
  }

  private static func section(_ op: OpDefinition) throws -> String {
    var lines = ["### \(op.name)", "", op.summary, "", "```text"]
    lines += try exampleLines(op) + ["```", ""]
    lines.append("- \(signature(op))")
    lines += op.attributes.map { "- attribute \(code($0.name)): \(description(of: $0))" }
    if let formula = op.formula {
      lines.append("- element by element: \(elements(of: op)) → \(code("\(formula)"))")
    }
    lines.append("- " + (try properties(op)).joined(separator: "; "))
    return lines.joined(separator: "\n") + "\n"
  }

  /// The example's operation; operands stand above it with their types, which in the text form are at their definitions.
  private static func exampleLines(_ op: OpDefinition) throws -> [String] {
    guard var entry = try op.exampleModule().entries.first,
      let operation = entry.operations.first(where: { $0.name == op.name })
    else { return [] }
    let taken = Set(entry.values.compactMap(\.name))
    for (value, name) in zip(operation.results, op.results) where !taken.contains(name) {
      entry[value].name = name
    }
    let printer = EntryPrinter(entry, sourceFile: "")
    let operands = operation.operands.map { value in
      "\(printer.name(of: value)) : \(entry.type(of: value)?.description ?? "?")"
    }
    return operands + [printer.line(of: operation)]
  }

  private static func signature(_ op: OpDefinition) -> String {
    let names = op.operands.map { code($0.name) + ($0.isOptional ? " (optional)" : "") }
    let results = op.results.map(code).joined(separator: ", ")
    return (names.isEmpty ? "no operands" : names.joined(separator: ", ")) + " → " + results
  }

  /// The letters that stand for the operands' elements in a formula.
  private static func elements(of op: OpDefinition) -> String {
    op.operands.indices.map { code("\(ScalarExpression.operand($0))") }.joined(separator: ", ")
  }

  private static func properties(_ op: OpDefinition) throws -> [String] {
    guard let entry = try op.exampleModule().entries.first,
      let operation = entry.operations.first(where: { $0.name == op.name }),
      let cost = entry.cost(of: operation)
    else { return [] }
    let work = "\(grouped(cost.flops)) FLOPs \(cost.isPerImage ? "an image" : "in all") in the example"
    return [
      op.gradient == nil ? "no gradient" : "differentiable",
      op.couplesImages ? "couples the images of a call" : "treats each image alone",
      work + (op.isProduct ? ", counted as a product" : ""),
    ]
  }

  private static func description(of attribute: AttributeDefinition) -> String {
    let kind =
      switch attribute.kind {
      case .int: "a whole number"
      case .ints: "whole numbers"
      case .float: "a number"
      case .symbol: "a word"
      case .layout: "a layout"
      case .formula: "a formula"
      }
    let value = attribute.defaultValue.map { ", \(code("\($0)")) where it is left out" } ?? ""
    return "\(kind)\(value): \(attribute.summary)"
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
