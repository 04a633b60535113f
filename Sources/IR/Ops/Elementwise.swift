/// An op that maps each element of its operands by a formula. Operands have the result's extents, or are a scalar, or one
/// number per image (`[N]` against `[N, ...]`); the gradient rule need not mind, what it makes is summed down.
func elementwise(
  _ name: String, _ summary: String, operands: [OperandDefinition], result: String = "y",
  attributes: [AttributeDefinition] = [], formula: ScalarExpression,
  check: (@Sendable (Attributes) throws -> Void)? = nil,
  example: OpExample, gradient: OpDefinition.GradientRule? = nil
) -> OpDefinition {
  OpDefinition(
    name: name, summary: summary, operands: operands, results: [result], attributes: attributes,
    formula: formula,
    inferTypes: { context in
      try check?(context.attributes)
      context.unifyExtents()
      return [try broadcastType(context.operands, name)]
    },
    evaluate: { context in
      let shape = context.resultShapes[0]
      let data = mapElements(
        formula, context.operands.map(\.data), shape: shape, images: context.images, context.attributes)
      return [HostTensor(shape: shape, data: data)]
    },
    gradient: gradient.map(summedDown), example: example)
}

/// The rule with each gradient summed down to its operand's extents.
func summedDown(_ rule: @escaping OpDefinition.GradientRule) -> OpDefinition.GradientRule {
  { context, builder in
    var gradients = try rule(context, &builder)
    for (index, gradient) in gradients.enumerated() {
      guard let gradient else { continue }
      gradients[index] =
        context.wanted[index] ? try builder.reduce(gradient, like: context.operand(index)) : nil
    }
    return gradients
  }
}

/// A formula over the elements of a result. Operands with fewer numbers than it are repeated: one number everywhere, or one
/// per image.
func mapElements(
  _ formula: ScalarExpression, _ operands: [[Double]], shape: [Int], images: Int, _ attributes: Attributes
) -> [Double] {
  let count = shape.reduce(1, *)
  let perImage = max(1, count / max(1, images))
  return filled(count: count, parts: (count + 4095) / 4096) { _, range, memory in
    let blocks = operands.map { operand -> [Double] in
      switch operand.count {
      case count: Array(operand[range])
      case 1: Array(repeating: operand[0], count: range.count)
      default: range.map { operand[$0 / perImage] }
      }
    }
    _ = memory.update(fromContentsOf: formula.evaluate(blocks, count: range.count, attributes))
  }
}

/// The type of an elementwise result: that of the operand of the highest rank, to which the others must conform.
func broadcastType(_ operands: [TensorType], _ name: String) throws -> TensorType {
  guard let widest = operands.max(by: { $0.rank < $1.rank }) else {
    throw TypeError("'\(name)' needs operands")
  }
  for operand in operands {
    guard operand.element == .f32 else { throw TypeError("'\(name)' needs f32, not \(operand)") }
    let isPerImageNumber = operand.dimensions == [.images] && widest.dimensions.first == .images
    guard operand.dimensions == widest.dimensions || operand.isScalar || isPerImageNumber else {
      throw TypeError(
        "'\(name)' needs equal shapes, not \(operands[0]) and \(operand == operands[0] ? widest : operand)")
    }
  }
  return widest
}

extension EntryBuilder {
  /// Sums a gradient down to the extents of an operand that was broadcast.
  mutating func reduce(_ gradient: ValueID, like operand: ValueID) throws -> ValueID {
    let wanted = type(of: operand)
    let given = type(of: gradient)
    // Rows that the operand has for several of the result are added by differentiation.
    if wanted.isPerImage == given.isPerImage, wanted.extents == given.extents { return gradient }
    if wanted.isScalar { return try add("sum_elements", [gradient]) }
    return try add("sum_per_image", [gradient])
  }
}

/// What the examples of ops with one and with two operands are tried on, and what they refuse.
let oneOperand = [TensorType.perImage(3, 5)]
let bytesOperand: (operands: [TensorType], message: String) = (
  [TensorType(.u8, [.images, .fixed(3)])], "needs f32, not u8[N,3]"
)
let twoOperands = [TensorType.perImage(3, 5), .perImage(3, 5)]
let mismatchedOperands: (operands: [TensorType], message: String) = (
  [.perImage(3, 5), .perImage(3, 4)], "equal shapes"
)

private let x = ScalarExpression.operand(0)
private let y = ScalarExpression.operand(1)

/// A binary operator with the gradients of both operands.
private func arithmetic(
  _ name: String, _ summary: String, _ formula: ScalarExpression, lowerBound: Double? = nil,
  _ gradients:
    @escaping @Sendable (
      _ dy: ValueID, _ operands: [ValueID], _ wanted: [Bool], inout EntryBuilder
    ) throws -> [ValueID?]
) -> OpDefinition {
  elementwise(
    name, summary, operands: [OperandDefinition("a"), OperandDefinition("b")], formula: formula,
    example: OpExample(twoOperands, wrong: mismatchedOperands, lowerBound: lowerBound)
  ) { context, builder in
    guard let dy = context.resultGradients[0] else { return [nil, nil] }
    return try gradients(dy, context.operation.operands, context.wanted, &builder)
  }
}

private func unaryWithGradient(
  _ name: String, _ summary: String, _ formula: ScalarExpression, lowerBound: Double? = nil,
  _ gradient:
    @escaping @Sendable (
      _ dy: ValueID, _ x: ValueID, _ y: ValueID, inout EntryBuilder
    ) throws -> ValueID
) -> OpDefinition {
  elementwise(
    name, summary, operands: [OperandDefinition("x")], formula: formula,
    example: OpExample(oneOperand, wrong: bytesOperand, lowerBound: lowerBound)
  ) { context, builder in
    let (input, output) = (context.operand(0), context.result())
    return try context.each(
      [{ dy, builder in try gradient(dy, input, output, &builder) }], &builder)
  }
}

/// An op whose gradients follow from its formula.
private func derived(
  _ name: String, _ summary: String, _ formula: ScalarExpression, _ operands: [OperandDefinition]
) -> OpDefinition {
  let isUnary = operands.count == 1
  return elementwise(
    name, summary, operands: operands, formula: formula,
    example: isUnary
      ? OpExample(oneOperand, wrong: bytesOperand) : OpExample(twoOperands, wrong: mismatchedOperands),
    gradient: derivedGradients)
}

/// Arithmetic and elementary functions.
let arithmeticOps: [OpDefinition] = [
  arithmetic("add", "a + b.", x + y) { dy, _, _, _ in [dy, dy] },
  arithmetic("sub", "a - b.", x - y) { dy, _, wanted, builder in
    [dy, wanted[1] ? try builder.add("neg", [dy]) : nil]
  },
  arithmetic("mul", "a * b.", x * y) { dy, operands, wanted, builder in
    [
      wanted[0] ? try builder.add("mul", [dy, operands[1]]) : nil,
      wanted[1] ? try builder.add("mul", [dy, operands[0]]) : nil,
    ]
  },
  arithmetic("div", "a / b.", x / y, lowerBound: 0.5) { dy, operands, wanted, builder in
    let quotient = try builder.add("div", [dy, operands[1]])
    guard wanted[1] else { return [quotient, nil] }
    let ratio = try builder.add("div", [operands[0], operands[1]])
    return [quotient, try builder.add("neg", [try builder.add("mul", [quotient, ratio])])]
  },
  unaryWithGradient("neg", "-x.", -x) { dy, _, _, builder in try builder.add("neg", [dy]) },
  unaryWithGradient("exp", "e to the power x.", exp(x)) { dy, _, y, builder in
    try builder.add("mul", [dy, y])
  },
  unaryWithGradient("log", "Natural logarithm.", log(x), lowerBound: 0.5) { dy, x, _, builder in
    try builder.add("div", [dy, x])
  },
  elementwise(
    "stop_gradient", "x, and no gradient by it.", operands: [OperandDefinition("x", differentiable: false)],
    formula: x, example: OpExample(oneOperand, wrong: bytesOperand)
  ) { _, _ in [nil] },
  unaryWithGradient("square", "x * x.", x * x) { dy, x, _, builder in
    try builder.add("mul", [dy, try builder.add("mul", [try builder.constant(2), x])])
  },
  derived("abs", "Absolute value.", absolute(x), [OperandDefinition("x")]),
  derived(
    "maximum", "The larger of a and b.", maximum(x, y), [OperandDefinition("a"), OperandDefinition("b")]),
  derived(
    "minimum", "The smaller of a and b.", minimum(x, y), [OperandDefinition("a"), OperandDefinition("b")]),
  unaryWithGradient("sqrt", "Square root.", squareRoot(x), lowerBound: 0.5) { dy, _, y, builder in
    try builder.add("div", [dy, try builder.add("mul", [try builder.constant(2), y])])
  },
]
