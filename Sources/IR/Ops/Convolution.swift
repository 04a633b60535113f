/// Convolution (correlation), its data gradient, which is transposed convolution, and its weight gradient: three
/// products, closed under differentiation. Weights are `[map channels, image channels, kh, kw]` for both directions:
/// PyTorch's layout of a convolution's weights, and of a transposed one's.

private func perImage(_ shape: [Int]) -> TensorType {
  TensorType(.f32, [.images] + shape.dropFirst().map { .fixed($0) })
}

/// The attributes that a gradient's operation takes over from a convolution's.
private func geometryAttributes(_ attributes: Attributes) -> Attributes {
  ["stride": .ints(attributes.ints("stride")), "pad": .ints(attributes.ints("pad"))]
}

extension EntryBuilder {
  /// The attributes of the transposed convolution from a map back to an image of known extents.
  fileprivate func transposed(
    _ attributes: Attributes, map: ValueID, image: ValueID, kernel: [Int]
  ) -> Attributes {
    var result = geometryAttributes(attributes)
    let (stride, pad) = (attributes.ints("stride"), attributes.ints("pad"))
    let (y, x) = (type(of: map).extents, type(of: image).extents)
    result["output_padding"] = .ints([
      x[1] - ((y[1] - 1) * stride[0] + kernel[0] - pad[0] - pad[1]),
      x[2] - ((y[2] - 1) * stride[1] + kernel[1] - pad[2] - pad[3]),
    ])
    return result
  }

  fileprivate func kernel(of weights: ValueID) -> [Int] { Array(type(of: weights).extents.suffix(2)) }

  fileprivate func weightGradientAttributes(_ attributes: Attributes, kernel: [Int]) -> Attributes {
    var result = geometryAttributes(attributes)
    result["kernel"] = .ints(kernel)
    return result
  }
}

private let strideTwo: Attributes = ["stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1])]
private let image = TensorType.perImage(2, 7, 6)
private let map = TensorType.perImage(3, 4, 3)
private let weights = TensorType.f32(3, 2, 3, 3)

let convolutionOps: [OpDefinition] = [
  OpDefinition(
    name: "conv2d", summary: "Convolution (correlation) of images, times scale, plus bias, then the epilogue.",
    operands: [OperandDefinition("x"), OperandDefinition("w"), Epilogue.operand, Epilogue.scale],
    results: ["y"],
    attributes: [ConvolutionAttributes.stride, ConvolutionAttributes.pad, Epilogue.attribute],
    isProduct: true,
    inferTypes: { context in
      let x = try context.requireImage(0, "conv2d")
      let k = try context.requireKernel(1, "conv2d")
      try context.requireFactors("conv2d")
      guard context.unify(0, 1, 1, 1) else {
        throw TypeError(
          "'conv2d' with weights \(context.operands[1]) does not fit its input \(context.operands[0])")
      }
      let (stride, pad, _) = try context.convolutionAttributes("conv2d") { stride in
        samePadding(extents: [x.height, x.width], kernel: [k.height, k.width], stride: stride)
      }
      let height = try convolvedExtent(
        x.height, kernel: k.height, stride: stride[0], pads: pad[0] + pad[1], "conv2d")
      let width = try convolvedExtent(
        x.width, kernel: k.width, stride: stride[1], pads: pad[2] + pad[3], "conv2d")
      let result = TensorType(
        .f32,
        [context.operands[0].dimensions[0], context.operands[1].dimensions[0], .fixed(height), .fixed(width)])
      try Epilogue.check(&context, result: result, "conv2d")
      return [result]
    },
    evaluate: { context in
      let geometry = ConvolutionGeometry(
        input: perImage(context.operands[0].shape), output: perImage(context.resultShapes[0]),
        kernel: Array(context.operands[1].shape.suffix(2)), attributes: context.attributes)
      return [try Epilogue.apply(convolve(context.operands[0], context.operands[1], geometry), context)]
    },
    gradient: { context, builder in
      let context = try context.beforeEpilogue(&builder)
      let (x, w) = (context.operand(0), context.operand(1))
      let kernel = builder.kernel(of: w)
      let back = builder.transposed(context.attributes, map: context.result(), image: x, kernel: kernel)
      let weight = builder.weightGradientAttributes(context.attributes, kernel: kernel)
      return try context.each(
        [
          { g, builder in try builder.add("conv2d_transpose", [g, w], back) },
          { g, builder in try builder.add("conv2d_weight_gradient", [g, x], weight) },
          context.thirdOperandGradient,
        ], &builder)
    },
    flops: { operands, results, _ in 2 * operands[1].count * results[0].extents.suffix(2).reduce(1, *) },
    example: OpExample(
      [image, weights, .f32(3)], strideTwo,
      wrong: ([.perImage(4, 7, 6), weights, .f32(3)], "does not fit its input"))),
  OpDefinition(
    name: "conv2d_transpose",
    summary:
      "Transposed convolution, which is convolution's gradient by its input, times scale, plus bias, then the epilogue.",
    operands: [OperandDefinition("y"), OperandDefinition("w"), Epilogue.operand, Epilogue.scale],
    results: ["x"],
    attributes: [
      ConvolutionAttributes.stride, ConvolutionAttributes.pad, ConvolutionAttributes.outputPadding,
      Epilogue.attribute,
    ],
    isProduct: true,
    inferTypes: { context in
      let y = try context.requireImage(0, "conv2d_transpose")
      let k = try context.requireKernel(1, "conv2d_transpose")
      try context.requireFactors("conv2d_transpose")
      guard context.unify(0, 1, 1, 0) else {
        throw TypeError(
          "'conv2d_transpose' with weights \(context.operands[1]) does not fit its input \(context.operands[0])"
        )
      }
      let (stride, pad, extra) = try context.convolutionAttributes("conv2d_transpose")
      let height = try transposedExtent(
        y.height, kernel: k.height, stride: stride[0], pads: pad[0] + pad[1], outputPadding: extra[0],
        "conv2d_transpose")
      let width = try transposedExtent(
        y.width, kernel: k.width, stride: stride[1], pads: pad[2] + pad[3], outputPadding: extra[1],
        "conv2d_transpose")
      let result = TensorType(
        .f32,
        [context.operands[0].dimensions[0], context.operands[1].dimensions[1], .fixed(height), .fixed(width)])
      try Epilogue.check(&context, result: result, "conv2d_transpose")
      return [result]
    },
    evaluate: { context in
      let geometry = ConvolutionGeometry(
        input: perImage(context.resultShapes[0]), output: perImage(context.operands[0].shape),
        kernel: Array(context.operands[1].shape.suffix(2)), attributes: context.attributes)
      return [
        try Epilogue.apply(convolveTransposed(context.operands[0], context.operands[1], geometry), context)
      ]
    },
    gradient: { context, builder in
      let context = try context.beforeEpilogue(&builder)
      let (y, w) = (context.operand(0), context.operand(1))
      let weight = builder.weightGradientAttributes(context.attributes, kernel: builder.kernel(of: w))
      let forward = geometryAttributes(context.attributes)
      return try context.each(
        [
          { g, builder in try builder.add("conv2d", [g, w], forward) },
          { g, builder in try builder.add("conv2d_weight_gradient", [y, g], weight) },
          context.thirdOperandGradient,
        ], &builder)
    },
    flops: { operands, _, _ in 2 * operands[1].count * operands[0].extents.suffix(2).reduce(1, *) },
    example: OpExample(
      [map, weights, .f32(2)],
      ["stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1]), "output_padding": .ints([0, 1])],
      wrong: ([.perImage(4, 4, 3), weights, .f32(2)], "does not fit its input"))),
  OpDefinition(
    name: "conv2d_weight_gradient", summary: "Gradient of a convolution by its weights.",
    operands: [OperandDefinition("dy"), OperandDefinition("x")], results: ["dw"],
    attributes: [ConvolutionAttributes.stride, ConvolutionAttributes.pad, ConvolutionAttributes.kernel],
    couplesImages: true, isProduct: true,
    inferTypes: { context in
      let y = try context.requireImage(0, "conv2d_weight_gradient")
      let x = try context.requireImage(1, "conv2d_weight_gradient")
      try context.requireFactors("conv2d_weight_gradient")
      let kernel = context.attributes.ints("kernel")
      guard kernel.count == 2, kernel.allSatisfy({ $0 > 0 && $0 <= 4096 }) else {
        throw TypeError("'conv2d_weight_gradient' needs a kernel of two positive extents")
      }
      let (stride, pad, _) = try context.convolutionAttributes("conv2d_weight_gradient")
      let name = "conv2d_weight_gradient"
      let height = try convolvedExtent(
        x.height, kernel: kernel[0], stride: stride[0], pads: pad[0] + pad[1], name)
      let width = try convolvedExtent(
        x.width, kernel: kernel[1], stride: stride[1], pads: pad[2] + pad[3], name)
      let (maps, images) = (context.operands[0].dimensions, context.operands[1].dimensions)
      guard height == y.height, width == y.width, maps[0] == images[0] else {
        throw TypeError(
          "'\(name)' of images \(context.operands[1]) needs a map of \(height)x\(width), not \(context.operands[0])"
        )
      }
      return [TensorType(.f32, [maps[1], images[1], .fixed(kernel[0]), .fixed(kernel[1])])]
    },
    evaluate: { context in
      let geometry = ConvolutionGeometry(
        input: perImage(context.operands[1].shape), output: perImage(context.operands[0].shape),
        kernel: context.attributes.ints("kernel"), attributes: context.attributes)
      return [try convolveWeights(context.operands[0], context.operands[1], geometry)]
    },
    gradient: { context, builder in
      let (dy, x) = (context.operand(0), context.operand(1))
      let kernel = context.attributes.ints("kernel")
      let back = builder.transposed(context.attributes, map: dy, image: x, kernel: kernel)
      let forward = geometryAttributes(context.attributes)
      return try context.each(
        [
          { g, builder in try builder.add("conv2d", [x, g], forward) },
          { g, builder in try builder.add("conv2d_transpose", [dy, g], back) },
        ], &builder)
    },
    flops: { operands, results, _ in 2 * results[0].count * operands[0].extents.suffix(2).reduce(1, *) },
    example: OpExample(
      [map, image], ["stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1]), "kernel": .ints([3, 3])],
      wrong: ([map, .perImage(2, 9, 6)], "needs a map of 5x3"))),
]
