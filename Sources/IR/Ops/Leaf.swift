/// Where values come from: numbers, bytes, other layouts.
let leafOps: [OpDefinition] = [
  OpDefinition(
    name: "constant", summary: "A number known at compile time.", operands: [], results: ["value"],
    attributes: [AttributeDefinition("value", .float, "the number")],
    inferTypes: { _ in [.scalar] },
    evaluate: { [HostTensor(scalar: $0.attributes.float("value"))] },
    flops: { _, _, _ in 0 },
    example: OpExample([], ["value": .float(0.5)])),
  OpDefinition(
    name: "decode_u8", summary: "Bytes as grey levels: float(b) / 255.",
    operands: [OperandDefinition("bytes", differentiable: false)], results: ["x"],
    inferTypes: { context in
      try context.require(0, .u8, "decode_u8")
      return [context.operands[0].with(element: .f32)]
    },
    evaluate: { context in
      [HostTensor(shape: context.operands[0].shape, data: context.operands[0].data.map { $0 / 255 })]
    },
    example: OpExample(
      [TensorType(.u8, [.images, .fixed(2), .fixed(5)])], wrong: ([.perImage(2, 5)], "needs u8"))),
  OpDefinition(
    name: "relayout", summary: "The same tensor in another layout.", operands: [OperandDefinition("x")],
    results: ["x"], attributes: [AttributeDefinition("to", .layout, "the layout of the result")],
    inferTypes: { context in
      guard context.operands[0].isPerImage, context.operands[0].element == .f32 else {
        throw TypeError("'relayout' needs an f32 tensor with a row per image, not \(context.operands[0])")
      }
      return [context.operands[0].with(layout: context.attributes.layout("to"))]
    },
    evaluate: { [$0.operands[0]] },
    gradient: { context, builder in
      let layout = builder.type(of: context.operand(0)).layout
      return try context.each(
        [{ g, builder in try builder.add("relayout", [g], ["to": .layout(layout)]) }],
        &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [.perImage(3, 5)], ["to": .layout(.lanes(32))], wrong: ([.f32(3, 5)], "a row per image"))),
]

/// The request that differentiation replaces by the gradient's operations.
let gradientOp = OpDefinition(
  name: "gradient",
  summary:
    "The derivative of a scalar by another value of the entry; replaced by operations in 'differentiate'.",
  operands: [OperandDefinition("of", differentiable: false), OperandDefinition("by", differentiable: false)],
  results: ["d"],
  inferTypes: { context in
    guard context.operands[0] == .scalar else {
      throw TypeError("'gradient' needs a scalar to differentiate, not \(context.operands[0])")
    }
    return [context.operands[1]]
  },
  evaluate: { _ in throw TypeError("'gradient' has no value of its own: run the pass 'differentiate' first") },
  flops: { _, _, _ in 0 },
  example: OpExample([.scalar, .f32(3)], wrong: ([.f32(2), .f32(3)], "needs a scalar")))

/// The request for the squared Frobenius norm of a Jacobian, which differentiation replaces.
let jacobianNormOp = OpDefinition(
  name: "jacobian_norm",
  summary:
    "For each image the sum of the squares of all derivatives of h by x; replaced by operations in 'differentiate'.",
  operands: [OperandDefinition("h", differentiable: false), OperandDefinition("x", differentiable: false)],
  results: ["y"],
  inferTypes: { context in
    for operand in context.operands where operand.element != .f32 || !operand.isPerImage {
      throw TypeError("'jacobian_norm' needs f32 tensors with a row per image, not \(operand)")
    }
    return [.perImage()]
  },
  evaluate: { _ in
    throw TypeError("'jacobian_norm' has no value of its own: run the pass 'differentiate' first")
  },
  flops: { _, _, _ in 0 },
  example: OpExample([.perImage(3), .perImage(2)], wrong: ([.f32(2), .perImage(3)], "a row per image")))
