import Diagnostics

/// Chains of elementwise operations in one, with or without a sum at the end, made by fuse-elementwise; `map` is also what
/// gradients become that are derived from formulas. The formula stands in the operation itself.

private let formulaAttribute = AttributeDefinition(
  "formula", .formula, "the result's element from those of the operands a, b, ...")

/// The operands a to l, all but the first optional.
private let mapOperands = (0..<formulaOperandLimit).map { index in
  OperandDefinition(ScalarExpression.operand(index).description, optional: index > 0)
}

private func checkFormula(
  _ context: TypingContext, _ op: String, attributes: [String] = ["formula"]
) throws -> TensorType {
  for name in attributes {
    guard let formula = context.attributes.formula(name) else { throw TypeError("'\(op)' needs a formula") }
    if let last = formula.operandsUsed.max(), last >= context.operands.count {
      let letter = ScalarExpression.operand(last)
      throw TypeError("'\(op)' has \(context.operands.count) operands, but its formula names '\(letter)'")
    }
  }
  return try broadcastType(context.operands, op)
}

/// The attributes that hold the formulas of an op with several results, in the order of these.
private let formulaNames = ["formula", "second", "third"]

/// Several results of the same operands, element by element, in one pass: what a step of an optimizer becomes. The tensors
/// are parameters and what has their extents, without images.
private func mapTo(_ count: Int, _ example: [ScalarExpression]) -> OpDefinition {
  let name = "map\(count)"
  let names = Array(formulaNames.prefix(count))
  return OpDefinition(
    name: name,
    summary:
      "\(count == 2 ? "Two" : "Three") elementwise results in one pass over parameters: an optimizer's step.",
    operands: mapOperands.map { OperandDefinition($0.name, optional: $0.isOptional, differentiable: false) },
    results: Array(["x", "y", "z"].prefix(count)),
    attributes: zip(names, ["first", "second", "third"]).map { name, place in
      AttributeDefinition(name, .formula, "the \(place) result's element from those of the operands a, b, ...")
    },
    inferTypes: { context in
      context.unifyExtents()
      let type = try checkFormula(context, name, attributes: names)
      guard !type.isPerImage else {
        throw TypeError("'\(name)' needs tensors without images, not \(type)")
      }
      return Array(repeating: type, count: count)
    },
    evaluate: { context in
      names.enumerated().map { index, name in
        let shape = context.resultShapes[index]
        let data = mapElements(
          context.attributes.formula(name) ?? .operand(0), context.operands.map(\.data), shape: shape,
          images: context.images, context.attributes)
        return HostTensor(shape: shape, data: data)
      }
    },
    flops: { _, results, attributes in
      results[0].count * operationCount(of: names.compactMap { attributes.formula($0) })
    },
    example: OpExample(
      [.f32(4, 3), .f32(4, 3), .scalar],
      Attributes(Dictionary(uniqueKeysWithValues: zip(names, example.map { .formula($0) }))),
      wrong: ([.f32(4, 3), .f32(4, 2), .scalar], "equal shapes")))
}

/// Arithmetic operations in formulas of the same operands, those that they have in common counted once.
private func operationCount(of formulas: [ScalarExpression]) -> Int {
  var seen: Set<ScalarExpression> = []
  return formulas.reduce(0) { $0 + $1.operationCount(notIn: &seen) }
}

private let pixels = TensorType.perImage(2, 3, 3)
private let exampleFormula = (ScalarExpression.operand(0) - .operand(1)) * sigmoid(.operand(0)) * .operand(2)

let mapOps: [OpDefinition] = [
  OpDefinition(
    name: "map", summary: "Elementwise operations in one pass over the elements.", operands: mapOperands,
    results: ["y"], attributes: [formulaAttribute],
    inferTypes: { [try checkFormula($0, "map")] },
    evaluate: { context in
      let shape = context.resultShapes[0]
      let formula = context.attributes.formula("formula") ?? .operand(0)
      let data = mapElements(
        formula, context.operands.map(\.data), shape: shape, images: context.images, context.attributes)
      return [HostTensor(shape: shape, data: data)]
    },
    gradient: summedDown(derivedGradients),
    flops: { _, results, attributes in
      results[0].count * (attributes.formula("formula")?.operationCount ?? 0)
    },
    example: OpExample(
      [pixels, pixels, .perImage()], ["formula": .formula(exampleFormula)],
      wrong: ([pixels, .perImage(2, 3, 4), .perImage()], "equal shapes"))),
  OpDefinition(
    name: "map_sum_per_image", summary: "Elementwise operations, summed per image and scaled, in one pass.",
    operands: mapOperands, results: ["y"],
    attributes: [
      formulaAttribute, AttributeDefinition("scale", .float, default: .float(1), "multiplies the sum"),
    ],
    inferTypes: { context in
      let type = try checkFormula(context, "map_sum_per_image")
      guard type.isPerImage else {
        throw TypeError("'map_sum_per_image' needs a row of numbers per image, not \(type)")
      }
      return [TensorType(.f32, [type.dimensions[0]])]
    },
    evaluate: { context in
      let images = context.resultShapes[0][0]
      let count = context.operands.map(\.count).max() ?? 0
      let formula = context.attributes.formula("formula") ?? .operand(0)
      let mapped = mapElements(
        formula, context.operands.map(\.data), shape: [count], images: images, context.attributes)
      let size = count / max(1, images)
      let scale = context.attributes["scale"] == nil ? 1 : context.attributes.float("scale")
      let sums = (0..<images).map { mapped[$0 * size..<($0 + 1) * size].reduce(0, +) * scale }
      return [HostTensor(shape: [images], data: sums)]
    },
    flops: { operands, _, attributes in
      (operands.map(\.count).max() ?? 0) * (1 + (attributes.formula("formula")?.operationCount ?? 0))
    },
    example: OpExample(
      [pixels, pixels, .perImage()], ["formula": .formula(exampleFormula), "scale": .float(0.25)],
      wrong: ([pixels, .perImage(2, 3, 4), .perImage()], "equal shapes"))),
  mapTo(2, [.operand(0) - .operand(2) * (0.5 * .operand(1)), 0.5 * .operand(1)]),
  mapTo(3, [.operand(0) - .operand(2) * .operand(1), 0.5 * .operand(1), .operand(1) * .operand(1)]),
]

extension Operation {
  /// The most results that an elementwise operation has.
  public static let mostFormulas = formulaNames.count

  /// An elementwise operation with as many results as formulas: `map`, `map2` or `map3`; nil for another number.
  public static func map(
    _ formulas: [ScalarExpression], _ operands: [ValueID], results: [ValueID], sources: [SourceRange]
  ) -> Operation? {
    guard (1...mostFormulas).contains(formulas.count), results.count == formulas.count else { return nil }
    return Operation(
      formulas.count == 1 ? "map" : "map\(formulas.count)", operands,
      Attributes(Dictionary(uniqueKeysWithValues: zip(formulaNames, formulas.map { .formula($0) }))),
      results: results, sources: sources)
  }

  /// The formulas of an elementwise operation's results; empty for any other.
  public var formulas: [ScalarExpression] {
    if let formula { return [formula] }
    return name == "map2" || name == "map3" ? formulaNames.compactMap { attributes.formula($0) } : []
  }

  /// The formula of an elementwise operation: its op's, or that which it carries (`map`).
  public var formula: ScalarExpression? {
    if let formula = OpTable.standard[name]?.formula { return formula }
    return name == "map" ? attributes.formula("formula") : nil
  }
}

extension ScalarExpression {
  /// What keeps the formula from standing in an operation, where the text form has to hold it; nil for nothing.
  var defect: String? {
    if depth > formulaDepthLimit { return "it is nested more than \(formulaDepthLimit) deep" }
    return firstDefect
  }

  private var firstDefect: String? {
    switch self {
    case .operand(let index):
      (0..<formulaOperandLimit).contains(index) ? nil : "it reads an operand \(index)"
    case .constant(let value): value.isNaN ? "it holds what is not a number" : nil
    case .attribute(let name): "it reads the attribute '\(name)'"
    case .unary, .binary, .selectPositive: parts.lazy.compactMap(\.firstDefect).first
    }
  }

  /// Its arithmetic operations but those that were counted before.
  fileprivate func operationCount(notIn seen: inout Set<ScalarExpression>) -> Int {
    guard !parts.isEmpty, seen.insert(self).inserted else { return 0 }
    return 1 + parts.reduce(0) { $0 + $1.operationCount(notIn: &seen) }
  }

  private var depth: Int { 1 + (parts.map(\.depth).max() ?? 0) }

  /// The formulas that the outermost operation works on.
  private var parts: [ScalarExpression] {
    switch self {
    case .operand, .constant, .attribute: []
    case .unary(_, let x): [x]
    case .binary(_, let a, let b): [a, b]
    case .selectPositive(let c, let a, let b): [c, a, b]
    }
  }

  /// The numbers of the operands that the formula reads.
  public var operandsUsed: Set<Int> {
    if case .operand(let index) = self { return [index] }
    return parts.reduce(into: []) { $0.formUnion($1.operandsUsed) }
  }

  /// The formula with each operand replaced, attributes by their numbers, and what only depends on numbers computed where
  /// it has a finite value.
  public func substituting(
    _ operand: (Int) -> ScalarExpression, attributes: Attributes = [:]
  ) -> ScalarExpression {
    func inner(_ expression: ScalarExpression) -> ScalarExpression {
      expression.substituting(operand, attributes: attributes)
    }
    switch self {
    case .operand(let index): return operand(index)
    case .constant: return self
    case .attribute(let name): return .constant(attributes.float(name))
    case .unary(let operation, let x):
      let x = inner(x)
      if case .constant(let value) = x, case let result = operation.apply(value), result.isFinite {
        return .constant(result)
      }
      return .unary(operation, x)
    case .binary(let operation, let x, let y):
      let (x, y) = (inner(x), inner(y))
      if case (.constant(let first), .constant(let second)) = (x, y),
        case let result = operation.apply(first, second), result.isFinite
      {
        return .constant(result)
      }
      return .binary(operation, x, y)
    case .selectPositive(let c, let x, let y): return .selectPositive(inner(c), inner(x), inner(y))
    }
  }
}
