/// Adam (Kingma and Ba 2015, algorithm 1) in its parts, as elaboration writes it, and in one.

private let a = ScalarExpression.operand(0)
private let b = ScalarExpression.operand(1)
private let decay = ScalarExpression.attribute("decay")
private let weightShape = TensorType.f32(4, 3)

private func notDifferentiable(_ names: String...) -> [OperandDefinition] {
  names.map { OperandDefinition($0, differentiable: false) }
}

let optimizerOps: [OpDefinition] = [
  elementwise(
    "decay_average", "Moving average: decay * average + (1 - decay) * x.",
    operands: notDifferentiable("average", "x"),
    attributes: [AttributeDefinition("decay", .float, "the share of the old average that is kept")],
    formula: decay * a + (1 - decay) * b,
    example: OpExample(
      [weightShape, weightShape], ["decay": .float(0.9)], wrong: ([weightShape, .f32(4, 2)], "equal shapes"))),
  elementwise(
    "decay_average_square", "Moving average of squares: decay * average + (1 - decay) * x^2.",
    operands: notDifferentiable("average", "x"),
    attributes: [AttributeDefinition("decay", .float, "the share of the old average that is kept")],
    formula: decay * a + (1 - decay) * (b * b),
    example: OpExample(
      [weightShape, weightShape], ["decay": .float(0.999)], wrong: ([weightShape, .f32(4, 2)], "equal shapes"))),
  OpDefinition(
    name: "bias_correction",
    summary: "What a moving average that began at zero has to be divided by: 1 - decay^step.",
    operands: notDifferentiable("step"), results: ["correction"],
    attributes: [AttributeDefinition("decay", .float, "the average's decay")],
    inferTypes: { context in
      guard context.operands[0] == TensorType(.i32, []) else {
        throw TypeError("'bias_correction' needs the step, i32[], not \(context.operands[0])")
      }
      return [.scalar]
    },
    evaluate: { context in
      var power = 1.0
      var base = context.attributes.float("decay")
      var exponent = Int(exactly: context.operands[0].data[0].rounded()) ?? 0
      while exponent > 0 {
        if exponent & 1 == 1 { power *= base }
        base *= base
        exponent >>= 1
      }
      return [HostTensor(scalar: 1 - power)]
    },
    example: OpExample(
      [TensorType(.i32, [])], ["decay": .float(0.9)], wrong: ([.scalar], "needs the step"), lowerBound: 0.5)),
  elementwise(
    "adam_apply", "Adam's step: p - rate * (m / c1) / (sqrt(v / c2) + epsilon).",
    operands: notDifferentiable("p", "m", "v", "rate", "c1", "c2"),
    attributes: [AttributeDefinition("epsilon", .float, "added outside the square root")],
    formula: a - .operand(3) * (b / .operand(4))
      / (squareRoot(.operand(2) / .operand(5)) + .attribute("epsilon")),
    example: OpExample(
      [weightShape, weightShape, weightShape, .scalar, .scalar, .scalar], ["epsilon": .float(1e-8)],
      wrong: ([weightShape, .f32(4, 2), weightShape, .scalar, .scalar, .scalar], "equal shapes"),
      lowerBound: 0.5)),
]

/// One pass over a parameter in place of four.
let fusedAdamOp = OpDefinition(
  name: "adam",
  summary:
    "Adam in one pass over a parameter: decay_average, decay_average_square and adam_apply, of g + decay * p.",
  operands: notDifferentiable("p", "g", "m", "v", "rate", "c1", "c2")
    + [OperandDefinition("decay", optional: true, differentiable: false)],
  results: ["p", "m", "v"],
  attributes: [
    AttributeDefinition("beta1", .float, "decay of the average of gradients"),
    AttributeDefinition("beta2", .float, "decay of the average of their squares"),
    AttributeDefinition("epsilon", .float, "added outside the square root"),
  ],
  inferTypes: { context in
    let type = try broadcastType(context.operands, "adam")
    guard context.operands.prefix(4).allSatisfy({ $0.dimensions == type.dimensions }) else {
      throw TypeError("'adam' needs equal shapes of parameter, gradient and moments")
    }
    guard context.operands[4...].allSatisfy(\.isScalar) else {
      throw TypeError("'adam' needs numbers f32[] for its rate, corrections and decay")
    }
    return [type, type, type]
  },
  evaluate: { context in
    let operands = context.operands
    let beta1 = context.attributes.float("beta1")
    let beta2 = context.attributes.float("beta2")
    let epsilon = context.attributes.float("epsilon")
    let (rate, c1, c2) = (operands[4].data[0], operands[5].data[0], operands[6].data[0])
    let decay = operands.count > 7 ? operands[7].data[0] : 0
    var (p, m, v) = (operands[0], operands[2], operands[3])
    for index in p.data.indices {
      let g = operands[1].data[index] + decay * p.data[index]
      m.data[index] = beta1 * m.data[index] + (1 - beta1) * g
      v.data[index] = beta2 * v.data[index] + (1 - beta2) * (g * g)
      p.data[index] -= rate * (m.data[index] / c1) / ((v.data[index] / c2).squareRoot() + epsilon)
    }
    return [p, m, v]
  },
  flops: { operands, _, _ in operands[0].count * (operands.count > 7 ? 16 : 14) },
  example: OpExample(
    Array(repeating: weightShape, count: 4) + [.scalar, .scalar, .scalar],
    ["beta1": .float(0.9), "beta2": .float(0.999), "epsilon": .float(1e-8)],
    wrong: ([weightShape, .f32(4, 2), weightShape, weightShape, .scalar, .scalar, .scalar], "equal shapes"),
    lowerBound: 0.5))
