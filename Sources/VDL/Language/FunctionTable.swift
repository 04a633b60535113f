import IR

/// A function that the objective may apply to terms, numbers, configs and hypers.
struct FunctionDefinition: Sendable {
  let name: String
  /// The op of the IR that computes it, element by element.
  let op: String
  let arity: Int
  let formula: String

  /// As messages and the documentation print it: `max(a, b)`.
  var text: String { "\(name)(\(["a", "b"].prefix(arity).joined(separator: ", ")))" }

  /// The function of numbers that are known when the model is compiled; nil where it has no finite value.
  func value(_ arguments: [Double]) -> Double? {
    guard let formula = OpTable.standard[op]?.formula else { return nil }
    let value = formula.evaluate(arguments, [:])
    return value.isFinite ? value : nil
  }
}

enum FunctionTable {
  static let definitions: [FunctionDefinition] = [
    FunctionDefinition(name: "max", op: "maximum", arity: 2, formula: "the larger of both"),
    FunctionDefinition(name: "min", op: "minimum", arity: 2, formula: "the smaller of both"),
    FunctionDefinition(name: "abs", op: "abs", arity: 1, formula: "a where it is above 0, else -a"),
    FunctionDefinition(name: "square", op: "square", arity: 1, formula: "a^2"),
    FunctionDefinition(name: "sqrt", op: "sqrt", arity: 1, formula: "square root"),
    FunctionDefinition(name: "log", op: "log", arity: 1, formula: "natural logarithm"),
    FunctionDefinition(name: "exp", op: "exp", arity: 1, formula: "e^a"),
  ]

  static func named(_ name: String) -> FunctionDefinition? { definitions.first { $0.name == name } }
}
