/// The parts that optimizers are made of, each with one formula: elaboration writes them, and `fuse-optimizer` makes one pass
/// over a parameter of them.

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
  elementwise(
    "momentum", "Momentum: momentum * buffer + g (PyTorch's form: the rate is applied to it, not in it).",
    operands: notDifferentiable("buffer", "g"),
    attributes: [AttributeDefinition("momentum", .float, "the share of the old buffer that is kept")],
    formula: .attribute("momentum") * a + b,
    example: OpExample(
      [weightShape, weightShape], ["momentum": .float(0.9)],
      wrong: ([weightShape, .f32(4, 2)], "equal shapes"))),
  elementwise(
    "descend", "A step down: p - rate * direction.", operands: notDifferentiable("p", "direction", "rate"),
    formula: a - .operand(2) * b,
    example: OpExample(
      [weightShape, weightShape, .scalar], wrong: ([weightShape, .f32(4, 2), .scalar], "equal shapes"))),
  elementwise(
    "shrink", "Decoupled decay: (1 - rate * decay) * p (Loshchilov and Hutter 2019, algorithm 2).",
    operands: notDifferentiable("p", "rate", "decay"), formula: (1 - b * .operand(2)) * a,
    example: OpExample(
      [weightShape, .scalar, .scalar], wrong: ([weightShape, .f32(4, 2), .scalar], "equal shapes"))
  ),
  elementwise(
    "add_square", "Sum of squares so far: sum + g^2.", operands: notDifferentiable("sum", "g"),
    formula: a + b * b,
    example: OpExample([weightShape, weightShape], wrong: ([weightShape, .f32(4, 2)], "equal shapes"))),
  elementwise(
    "divide_by_root", "A gradient by the root of its squares: g / (sqrt(v) + epsilon).",
    operands: notDifferentiable("g", "v"),
    attributes: [AttributeDefinition("epsilon", .float, "added outside the square root")],
    formula: a / (squareRoot(b) + .attribute("epsilon")),
    example: OpExample(
      [weightShape, weightShape], ["epsilon": .float(1e-8)],
      wrong: ([weightShape, .f32(4, 2)], "equal shapes"), lowerBound: 0.5)),
  elementwise(
    "clip_value", "Clipping by value: each element between -limit and limit.",
    operands: notDifferentiable("g", "limit"), formula: maximum(minimum(a, b), -b),
    example: OpExample(
      [weightShape, .scalar], wrong: ([weightShape, .f32(4, 2)], "equal shapes"), lowerBound: 0.1)),
  elementwise(
    "clip_scale",
    "Clipping by norm: min(1, limit / (sqrt(squares) + 1e-6)) (Pascanu et al. 2013, algorithm 1; PyTorch's 1e-6).",
    operands: notDifferentiable("squares", "limit"), formula: minimum(1, b / (squareRoot(a) + 1e-6)),
    example: OpExample(
      [.scalar, .scalar], wrong: ([.f32(4), .f32(2)], "equal shapes"), lowerBound: 0.1)),
  squareSumsOp,
]

/// Elements of a gradient that one number of `square_sums` stands for: so many tasks share the work, and their sums are the
/// same whoever does them.
public let squareSumsRun = 8192

private let squareSumsOp = OpDefinition(
  name: "square_sums",
  summary:
    "The sums of the squares of each \(squareSumsRun) elements, in order: sum_elements of it is the square of a norm.",
  operands: notDifferentiable("g"), results: ["sums"],
  inferTypes: { context in
    let type = context.operands[0]
    guard type.element == .f32, !type.isPerImage else {
      throw TypeError("'square_sums' needs an f32 tensor without images, not \(type)")
    }
    guard type.isComplete else { return [TensorType(.f32, [.unknown])] }
    return [.f32((type.count + squareSumsRun - 1) / squareSumsRun)]
  },
  evaluate: { context in
    let x = context.operands[0].data
    let sums = stride(from: 0, to: x.count, by: squareSumsRun).map { begin in
      x[begin..<min(begin + squareSumsRun, x.count)].reduce(0) { $0 + $1 * $1 }
    }
    return [HostTensor(shape: [sums.count], data: sums)]
  },
  flops: { operands, _, _ in 2 * operands[0].count },
  example: OpExample([weightShape], wrong: ([.perImage(3)], "without images")))
