/// Sums, means and what undoes them.

private let tensor = [TensorType.perImage(3, 5)]

private func requirePerImage(_ context: TypingContext, _ op: String) throws {
  guard context.operands[0].element == .f32, context.operands[0].isPerImage else {
    throw TypeError("'\(op)' needs an f32 tensor with a row per image, not \(context.operands[0])")
  }
}

private func perImageReduction(
  _ name: String, _ summary: String, mean: Bool, gradient: OpDefinition.GradientRule?
) -> OpDefinition {
  OpDefinition(
    name: name, summary: summary, operands: [OperandDefinition("x")], results: ["y"],
    inferTypes: { context in
      try requirePerImage(context, name)
      return [TensorType(.f32, [context.operands[0].dimensions[0]])]
    },
    evaluate: { context in
      let images = context.resultShapes[0][0]
      let x = context.operands[0].data
      let size = x.count / max(1, images)
      let sums = (0..<images).map { image in x[image * size..<(image + 1) * size].reduce(0, +) }
      return [HostTensor(shape: [images], data: mean ? sums.map { $0 / Double(size) } : sums)]
    },
    gradient: gradient, flops: { operands, _, _ in operands[0].count },
    example: OpExample(tensor, wrong: ([.f32(3, 5)], "a row per image")))
}

/// Sums a tensor of rank at least 2 down to its second dimension.
private func channelSum(_ x: HostTensor) -> HostTensor {
  let channels = x.shape[1]
  let inner = x.shape.dropFirst(2).reduce(1, *)
  var sums = [Double](repeating: 0, count: channels)
  for row in 0..<x.shape[0] * channels {
    for value in x.data[row * inner..<(row + 1) * inner] { sums[row % channels] += value }
  }
  return HostTensor(shape: [channels], data: sums)
}

private func requireChannels(_ type: TensorType, _ op: String) throws {
  guard type.element == .f32, type.isPerImage, type.rank >= 2 else {
    throw TypeError("'\(op)' needs an f32 tensor with images and channels, not \(type)")
  }
}

let reductionOps: [OpDefinition] = [
  perImageReduction("sum_per_image", "Sum over all but the images.", mean: false) { context, builder in
    let shape = builder.type(of: context.operand(0)).extents
    return try context.each(
      [
        { g, builder in
          try builder.add("broadcast_per_image", [g], ["shape": .ints(shape)])
        }
      ], &builder)
  },
  perImageReduction("mean_per_image", "Mean over all but the images.", mean: true) { context, builder in
    let shape = builder.type(of: context.operand(0)).extents
    let share = 1 / Double(max(1, builder.type(of: context.operand(0)).count))
    return try context.each(
      [
        { g, builder in
          let scaled = try builder.add("mul", [g, try builder.constant(share)])
          return try builder.add("broadcast_per_image", [scaled], ["shape": .ints(shape)])
        }
      ], &builder)
  },
  OpDefinition(
    name: "broadcast_per_image", summary: "One number per image, repeated over a shape.",
    operands: [OperandDefinition("x")], results: ["y"],
    attributes: [AttributeDefinition("shape", .ints, "extents of the result without the images")],
    inferTypes: { context in
      guard context.operands[0].element == .f32, context.operands[0].dimensions == [.images] else {
        throw TypeError("'broadcast_per_image' needs f32[N], not \(context.operands[0])")
      }
      return [TensorType(.f32, [.images] + context.attributes.ints("shape").map { .fixed($0) })]
    },
    evaluate: { context in
      let shape = context.resultShapes[0]
      let size = shape.dropFirst().reduce(1, *)
      let data = context.operands[0].data.flatMap { Array(repeating: $0, count: size) }
      return [HostTensor(shape: shape, data: data)]
    },
    gradient: { context, builder in
      try context.each([{ g, builder in try builder.add("sum_per_image", [g]) }], &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample([.perImage()], ["shape": .ints([3, 2])], wrong: ([.perImage(3)], "needs f32[N]"))),
  OpDefinition(
    name: "mean_images", summary: "Mean over the images of a call.", operands: [OperandDefinition("x")],
    results: ["y"], couplesImages: true, mapsSamples: false,
    inferTypes: { context in
      guard context.operands[0].element == .f32, context.operands[0].dimensions == [.images] else {
        throw TypeError("'mean_images' needs f32[N], not \(context.operands[0])")
      }
      return [.scalar]
    },
    evaluate: { context in
      [HostTensor(scalar: context.operands[0].data.reduce(0, +) / Double(max(1, context.images)))]
    },
    gradient: { context, builder in
      try context.each([{ g, builder in try builder.add("split_images", [g]) }], &builder)
    },
    flops: { _, _, _ in 1 },
    example: OpExample([.perImage()], wrong: ([.perImage(3)], "needs f32[N]"))),
  OpDefinition(
    name: "split_images", summary: "A scalar divided evenly among the images of a call: x / N for each.",
    operands: [OperandDefinition("x")], results: ["y"], couplesImages: true,
    inferTypes: { context in
      guard context.operands[0] == .scalar else {
        throw TypeError("'split_images' needs a scalar, not \(context.operands[0])")
      }
      return [.perImage()]
    },
    evaluate: { context in
      let share = context.operands[0].data[0] / Double(max(1, context.images))
      return [HostTensor(shape: [context.images], data: Array(repeating: share, count: context.images))]
    },
    gradient: { context, builder in
      try context.each([{ g, builder in try builder.add("mean_images", [g]) }], &builder)
    },
    flops: { _, _, _ in 1 },
    example: OpExample([.scalar], wrong: ([.perImage()], "needs a scalar"))),
  OpDefinition(
    name: "repeat_images", summary: "A scalar for each image of a call.", operands: [OperandDefinition("x")],
    results: ["y"],
    inferTypes: { context in
      guard context.operands[0] == .scalar else {
        throw TypeError("'repeat_images' needs a scalar, not \(context.operands[0])")
      }
      return [.perImage()]
    },
    evaluate: { context in
      [
        HostTensor(
          shape: [context.images], data: Array(repeating: context.operands[0].data[0], count: context.images))
      ]
    },
    gradient: { context, builder in
      try context.each([{ g, builder in try builder.add("sum_elements", [g]) }], &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample([.scalar], wrong: ([.perImage()], "needs a scalar"))),
  OpDefinition(
    name: "sum_elements", summary: "Sum over everything, images too.", operands: [OperandDefinition("x")],
    results: ["y"], couplesImages: true,
    inferTypes: { context in
      try context.require(0, .f32, "sum_elements")
      return [.scalar]
    },
    evaluate: { [HostTensor(scalar: $0.operands[0].data.reduce(0, +))] },
    gradient: { context, builder in
      let reference = context.operand(0)
      return try context.each(
        [{ g, builder in try builder.add("broadcast_like", [g, reference]) }], &builder)
    },
    flops: { operands, _, _ in operands[0].count },
    example: OpExample(tensor, wrong: ([TensorType(.i32, [.images])], "needs f32"))),
  elementwise(
    "broadcast_like", "A scalar repeated over the shape of another value, whose numbers are not read.",
    operands: [OperandDefinition("x"), OperandDefinition("like", differentiable: false)],
    formula: .operand(0),
    example: OpExample(
      [.scalar, .perImage(3, 5)], wrong: ([.perImage(3, 4), .perImage(3, 5)], "equal shapes"))
  ) { context, builder in
    let scalar = context.operand(0)
    return try context.each(
      [{ g, builder in try builder.reduce(g, like: scalar) }, nil], &builder)
  },
  OpDefinition(
    name: "add_bias", summary: "Adds one number per channel (dimension 1).",
    operands: [OperandDefinition("x"), OperandDefinition("bias")], results: ["y"],
    inferTypes: { context in
      try requireChannels(context.operands[0], "add_bias")
      guard context.operands[1].element == .f32, context.operands[1].rank == 1, context.unify(0, 1, 1, 0) else {
        throw TypeError(
          "'add_bias' needs a bias for the channels of \(context.operands[0]), not \(context.operands[1])")
      }
      return [context.operands[0]]
    },
    evaluate: { context in
      [addChannels(context.operands[1], to: context.operands[0])]
    },
    gradient: { context, builder in
      try context.each(
        [
          { g, _ in g },
          { g, builder in try builder.add("sum_to_channels", [g]) },
        ], &builder)
    },
    flops: { _, results, _ in results[0].count },
    example: OpExample(
      [.perImage(3, 4, 5), .f32(3)], wrong: ([.perImage(3, 4, 5), .f32(4)], "a bias for the channels"))),
  OpDefinition(
    name: "sum_to_channels", summary: "Sum over images and positions: the gradient of a bias.",
    operands: [OperandDefinition("dy")], results: ["dbias"], couplesImages: true,
    inferTypes: { context in
      try requireChannels(context.operands[0], "sum_to_channels")
      return [TensorType(.f32, [context.operands[0].dimensions[1]])]
    },
    evaluate: { [channelSum($0.operands[0])] },
    gradient: { context, builder in
      let input = context.operand(0)
      return try context.each(
        [{ g, builder in try builder.add("broadcast_channels", [g, input]) }], &builder)
    },
    flops: { operands, _, _ in operands[0].count },
    example: OpExample([.perImage(3, 4, 5)], wrong: ([.perImage()], "images and channels"))),
  OpDefinition(
    name: "broadcast_channels", summary: "One number per channel, repeated over the shape of another value.",
    operands: [OperandDefinition("x"), OperandDefinition("like", differentiable: false)], results: ["y"],
    inferTypes: { context in
      try requireChannels(context.operands[1], "broadcast_channels")
      guard context.operands[0].element == .f32, context.operands[0].rank == 1, context.unify(0, 0, 1, 1) else {
        throw TypeError(
          "'broadcast_channels' needs a number for each channel of \(context.operands[1]), not \(context.operands[0])"
        )
      }
      return [context.operands[1]]
    },
    evaluate: { context in
      [addChannels(context.operands[0], to: HostTensor(zeros: context.resultShapes[0]))]
    },
    gradient: { context, builder in
      try context.each([{ g, builder in try builder.add("sum_to_channels", [g]) }, nil], &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [.f32(3), .perImage(3, 4, 5)], wrong: ([.f32(2), .perImage(3, 4, 5)], "a number for each channel"))),
]

let shapeOps: [OpDefinition] = [
  OpDefinition(
    name: "reshape", summary: "The same elements under other extents; -1 stands for what is left.",
    operands: [OperandDefinition("x")], results: ["y"],
    attributes: [AttributeDefinition("shape", .ints, "extents of the result without the images")],
    inferTypes: { context in
      try requirePerImage(context, "reshape")
      let from = context.operands[0]
      guard from.isComplete, let count = from.elementsPerImage else {
        throw TypeError("'reshape' of a tensor of unknown size")
      }
      var extents = context.attributes.ints("shape")
      if let free = extents.firstIndex(of: -1) {
        extents[free] = 1
        let rest = checkedProduct(extents) ?? 0
        extents[free] = rest > 0 && count % rest == 0 ? count / rest : 0
      }
      guard let wanted = checkedProduct(extents), wanted == count else {
        let to = TensorType(.f32, [.images] + context.attributes.ints("shape").map { .fixed($0) })
        throw TypeError(
          "'reshape' cannot turn \(from) into \(to)",
          note: "\(from) has \(count) elements per image, \(to) has \(checkedProduct(extents) ?? 0)")
      }
      return [TensorType(.f32, [from.dimensions[0]] + extents.map { .fixed($0) })]
    },
    evaluate: { [HostTensor(shape: $0.resultShapes[0], data: $0.operands[0].data)] },
    gradient: { context, builder in
      let shape = builder.type(of: context.operand(0)).extents
      return try context.each(
        [{ g, builder in try builder.add("reshape", [g], ["shape": .ints(shape)]) }], &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [.perImage(3, 4)], ["shape": .ints([2, 3, 2])],
      wrong: ([.perImage(3, 5)], "cannot turn f32[N,3,5] into f32[N,2,3,2]")))
]
