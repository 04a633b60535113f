/// Windows that slide over each channel of an image: sums (average pooling), what undoes their geometry (nearest-neighbour
/// upsampling), and largest elements. Each family is closed under differentiation.
///
/// Zeros in the padding count: an average divides by the kernel's area everywhere, as PyTorch's `AvgPool2d` does.

private let image = TensorType.perImage(2, 5, 6)
private let map = TensorType.perImage(2, 3, 3)
/// Windows that overlap, with padding and, behind the last one, a column that none reaches.
private let overlapping: Attributes = [
  "kernel": .ints([3, 2]), "stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 0]),
]
private let scale = AttributeDefinition("scale", .float, default: .float(1), "multiplies each sum")

/// The pooling geometry of verified operands: one channel of the image, one of the map.
private func geometry(image: [Int], map: [Int], _ attributes: Attributes) -> ConvolutionGeometry {
  func type(_ shape: [Int]) -> TensorType {
    TensorType(.f32, [.images] + shape.dropFirst().map { .fixed($0) })
  }
  return ConvolutionGeometry(
    input: type(image), output: type(map), kernel: attributes.ints("kernel"), attributes: attributes)
}

extension TypingContext {
  /// The kernel, stride and padding of an op of this family. Each window has to reach the image.
  fileprivate func poolAttributes(_ op: String) throws -> (
    kernel: [Int], stride: [Int], pad: [Int], extra: [Int]
  ) {
    let kernel = attributes.ints("kernel")
    guard kernel.count == 2, kernel.allSatisfy({ $0 > 0 && $0 <= 4096 }) else {
      throw TypeError("'\(op)' needs a kernel of two extents from 1 to 4096")
    }
    let (stride, pad, extra) = try convolutionAttributes(op)
    guard pad[0] < kernel[0], pad[1] < kernel[0], pad[2] < kernel[1], pad[3] < kernel[1] else {
      throw TypeError("'\(op)' needs a padding below its kernel, so that each window reaches the image")
    }
    return (kernel, stride, pad, extra)
  }

  /// The map of an image's windows.
  fileprivate func pooledType(_ index: Int, _ op: String) throws -> TensorType {
    try require(index, .f32, op)
    let (height, width) = try requireImage(index, op)
    let (kernel, stride, pad, _) = try poolAttributes(op)
    let rows = try convolvedExtent(height, kernel: kernel[0], stride: stride[0], pads: pad[0] + pad[1], op)
    let columns = try convolvedExtent(width, kernel: kernel[1], stride: stride[1], pads: pad[2] + pad[3], op)
    return TensorType(.f32, operands[index].dimensions.prefix(2) + [.fixed(rows), .fixed(columns)])
  }
}

extension EntryBuilder {
  /// The attributes of the way back from a map to an image of known extents.
  fileprivate func unpooling(_ attributes: Attributes, map: ValueID, image: ValueID) -> Attributes {
    var result = attributes
    let (kernel, stride, pad) = (attributes.ints("kernel"), attributes.ints("stride"), attributes.ints("pad"))
    let (y, x) = (type(of: map).extents, type(of: image).extents)
    result["output_padding"] = .ints([
      x[1] - ((y[1] - 1) * stride[0] + kernel[0] - pad[0] - pad[1]),
      x[2] - ((y[2] - 1) * stride[1] + kernel[1] - pad[2] - pad[3]),
    ])
    return result
  }
}

/// Calls `body` for every element of every window that lies inside the image, in the order of the map, then of the taps:
/// with the place of the window in the map and of the element in the image.
private func forEachTap(
  _ g: ConvolutionGeometry, channels: Int, _ body: (_ window: Int, _ element: Int) -> Void
) {
  for channel in 0..<channels {
    for row in 0..<g.outputHeight {
      for column in 0..<g.outputWidth {
        let window = (channel * g.outputHeight + row) * g.outputWidth + column
        for tapRow in 0..<g.kernelHeight {
          let y = row * g.strideHeight + tapRow - g.padTop
          guard (0..<g.inputHeight).contains(y) else { continue }
          for tapColumn in 0..<g.kernelWidth {
            let x = column * g.strideWidth + tapColumn - g.padLeft
            guard (0..<g.inputWidth).contains(x) else { continue }
            body(window, (channel * g.inputHeight + y) * g.inputWidth + x)
          }
        }
      }
    }
  }
}

/// The place of the first largest element of each window.
private func firstMaxima(_ x: HostTensor, _ g: ConvolutionGeometry) -> [Int] {
  let channels = x.shape[0] * x.shape[1]
  var places = [Int](repeating: -1, count: channels * g.outputHeight * g.outputWidth)
  forEachTap(g, channels: channels) { window, element in
    if places[window] < 0 || x.data[element] > x.data[places[window]] { places[window] = element }
  }
  return places
}

private let poolAttributes = [
  ConvolutionAttributes.kernel, ConvolutionAttributes.stride, ConvolutionAttributes.pad,
]

let poolingOps: [OpDefinition] = [
  OpDefinition(
    name: "sum_pool2d",
    summary:
      "Sum over each window of a channel, times a scale: average pooling, and the gradient of upsampling.",
    operands: [OperandDefinition("x")], results: ["y"], attributes: poolAttributes + [scale],
    inferTypes: { [try $0.pooledType(0, "sum_pool2d")] },
    evaluate: { context in
      let x = context.operands[0]
      let g = geometry(image: x.shape, map: context.resultShapes[0], context.attributes)
      let factor = context.attributes.float("scale")
      var y = HostTensor(zeros: context.resultShapes[0])
      forEachTap(g, channels: x.shape[0] * x.shape[1]) { y.data[$0] += factor * x.data[$1] }
      return [y]
    },
    gradient: { context, builder in
      let back = builder.unpooling(context.attributes, map: context.result(), image: context.operand(0))
      return try context.each([{ g, builder in try builder.add("spread2d", [g], back) }], &builder)
    },
    flops: { _, results, attributes in results[0].count * attributes.ints("kernel").reduce(1, *) },
    example: OpExample(
      [image], overlapping.merging(["scale": .float(0.25)]), wrong: ([.perImage(2, 5)], "needs images")
    )),
  OpDefinition(
    name: "spread2d",
    summary:
      "Adds each element to all elements of its window, times a scale: nearest-neighbour upsampling, and the gradient of average pooling.",
    operands: [OperandDefinition("y")], results: ["x"],
    attributes: poolAttributes + [ConvolutionAttributes.outputPadding, scale],
    inferTypes: { context in
      try context.require(0, .f32, "spread2d")
      let (height, width) = try context.requireImage(0, "spread2d")
      let (kernel, stride, pad, extra) = try context.poolAttributes("spread2d")
      let rows = try transposedExtent(
        height, kernel: kernel[0], stride: stride[0], pads: pad[0] + pad[1], outputPadding: extra[0], "spread2d"
      )
      let columns = try transposedExtent(
        width, kernel: kernel[1], stride: stride[1], pads: pad[2] + pad[3], outputPadding: extra[1], "spread2d")
      return [TensorType(.f32, context.operands[0].dimensions.prefix(2) + [.fixed(rows), .fixed(columns)])]
    },
    evaluate: { context in
      let y = context.operands[0]
      let g = geometry(image: context.resultShapes[0], map: y.shape, context.attributes)
      let factor = context.attributes.float("scale")
      var x = HostTensor(zeros: context.resultShapes[0])
      forEachTap(g, channels: y.shape[0] * y.shape[1]) { x.data[$1] += factor * y.data[$0] }
      return [x]
    },
    gradient: { context, builder in
      var forward = context.attributes
      forward["output_padding"] = nil
      return try context.each([{ g, builder in try builder.add("sum_pool2d", [g], forward) }], &builder)
    },
    flops: { operands, _, attributes in operands[0].count * attributes.ints("kernel").reduce(1, *) },
    example: OpExample(
      [map], overlapping.merging(["output_padding": .ints([0, 1]), "scale": .float(0.25)]),
      wrong: ([.perImage(2, 3)], "needs images"))),
  OpDefinition(
    name: "max_pool2d", summary: "Largest element of each window of a channel; padding is never it.",
    operands: [OperandDefinition("x")], results: ["y"], attributes: poolAttributes,
    inferTypes: { [try $0.pooledType(0, "max_pool2d")] },
    evaluate: { context in
      let x = context.operands[0]
      let g = geometry(image: x.shape, map: context.resultShapes[0], context.attributes)
      return [HostTensor(shape: context.resultShapes[0], data: firstMaxima(x, g).map { x.data[$0] })]
    },
    gradient: { context, builder in
      let (input, attributes) = (context.operand(0), context.attributes)
      return try context.each(
        [{ g, builder in try builder.add("max_pool2d_gradient", [g, input], attributes) }], &builder)
    },
    flops: { _, results, attributes in results[0].count * attributes.ints("kernel").reduce(1, *) },
    example: OpExample([image], overlapping, wrong: ([.perImage(2, 5)], "needs images"))),
  OpDefinition(
    name: "max_pool2d_gradient",
    summary: "Gradient of max_pool2d: dy goes to the first largest element of its window, row by row.",
    operands: [OperandDefinition("dy"), OperandDefinition("x", differentiable: false)], results: ["dx"],
    attributes: poolAttributes,
    inferTypes: { context in
      let pooled = try context.pooledType(1, "max_pool2d_gradient")
      try context.require(0, .f32, "max_pool2d_gradient")
      guard context.operands[0].dimensions == pooled.dimensions else {
        throw TypeError("'max_pool2d_gradient' needs a gradient \(pooled), not \(context.operands[0])")
      }
      return [context.operands[1]]
    },
    evaluate: { context in
      let (dy, x) = (context.operands[0], context.operands[1])
      let places = firstMaxima(x, geometry(image: x.shape, map: dy.shape, context.attributes))
      var dx = HostTensor(zeros: x.shape)
      for (window, place) in places.enumerated() { dx.data[place] += dy.data[window] }
      return [dx]
    },
    gradient: { context, builder in
      let (input, attributes) = (context.operand(1), context.attributes)
      return try context.each(
        [{ g, builder in try builder.add("max_pool2d_select", [g, input], attributes) }, nil], &builder)
    },
    flops: { operands, _, attributes in operands[0].count * attributes.ints("kernel").reduce(1, *) },
    example: OpExample([map, image], overlapping, wrong: ([.perImage(2, 3, 2), image], "needs a gradient"))),
  OpDefinition(
    name: "max_pool2d_select",
    summary: "For each window of x the element of another tensor where x is largest first.",
    operands: [OperandDefinition("from"), OperandDefinition("x", differentiable: false)], results: ["y"],
    attributes: poolAttributes,
    inferTypes: { context in
      let pooled = try context.pooledType(1, "max_pool2d_select")
      try context.require(0, .f32, "max_pool2d_select")
      guard context.operands[0].dimensions == context.operands[1].dimensions else {
        throw TypeError(
          "'max_pool2d_select' needs equal shapes, not \(context.operands[0]) and \(context.operands[1])")
      }
      return [pooled]
    },
    evaluate: { context in
      let (from, x) = (context.operands[0], context.operands[1])
      let places = firstMaxima(x, geometry(image: x.shape, map: context.resultShapes[0], context.attributes))
      return [HostTensor(shape: context.resultShapes[0], data: places.map { from.data[$0] })]
    },
    gradient: { context, builder in
      let (input, attributes) = (context.operand(1), context.attributes)
      return try context.each(
        [{ g, builder in try builder.add("max_pool2d_gradient", [g, input], attributes) }, nil], &builder)
    },
    flops: { _, results, attributes in results[0].count * attributes.ints("kernel").reduce(1, *) },
    example: OpExample([image, image], overlapping, wrong: ([.perImage(2, 5, 5), image], "equal shapes"))),
  OpDefinition(
    name: "mean_positions", summary: "Mean over the positions of each channel.",
    operands: [OperandDefinition("x")], results: ["y"],
    inferTypes: { context in
      try context.require(0, .f32, "mean_positions")
      let type = context.operands[0]
      guard type.isPerImage, type.rank >= 3, type.dimensions.dropFirst(2).allSatisfy({ $0.fixedExtent != nil })
      else { throw TypeError("'mean_positions' needs images f32[N,channels,height,width], not \(type)") }
      return [TensorType(.f32, Array(type.dimensions.prefix(2)))]
    },
    evaluate: { context in
      let x = context.operands[0]
      let positions = x.shape.dropFirst(2).reduce(1, *)
      let sums = (0..<x.count / max(1, positions)).map { row in
        x.data[row * positions..<(row + 1) * positions].reduce(0, +) / Double(positions)
      }
      return [HostTensor(shape: context.resultShapes[0], data: sums)]
    },
    gradient: { context, builder in
      let extents = Array(builder.type(of: context.operand(0)).extents.dropFirst())
      let share: Attributes = ["shape": .ints(extents), "scale": .float(1 / Double(extents.reduce(1, *)))]
      return try context.each([{ g, builder in try builder.add("repeat_positions", [g], share) }], &builder)
    },
    flops: { operands, _, _ in operands[0].count },
    example: OpExample([.perImage(3, 4, 2)], wrong: ([.perImage(3)], "needs images"))),
  OpDefinition(
    name: "repeat_positions", summary: "One number per channel of an image at all positions, times a scale.",
    operands: [OperandDefinition("x")], results: ["y"],
    attributes: [
      AttributeDefinition("shape", .ints, "extents of the result without images and channels"),
      AttributeDefinition("scale", .float, default: .float(1), "multiplies each number"),
    ],
    inferTypes: { context in
      try context.require(0, .f32, "repeat_positions")
      guard context.operands[0].isPerImage, context.operands[0].rank == 2 else {
        throw TypeError("'repeat_positions' needs f32[N,channels], not \(context.operands[0])")
      }
      let extents = context.attributes.ints("shape").map { Dimension.fixed($0) }
      guard !extents.isEmpty else { throw TypeError("'repeat_positions' needs the extents of positions") }
      return [TensorType(.f32, context.operands[0].dimensions + extents)]
    },
    evaluate: { context in
      let positions = context.resultShapes[0].dropFirst(2).reduce(1, *)
      let factor = context.attributes.float("scale")
      let data = context.operands[0].data.flatMap { Array(repeating: factor * $0, count: positions) }
      return [HostTensor(shape: context.resultShapes[0], data: data)]
    },
    gradient: { context, builder in
      let factor =
        context.attributes.float("scale") * Double(context.attributes.ints("shape").reduce(1, *))
      return try context.each(
        [
          { g, builder in
            let mean = try builder.add("mean_positions", [g])
            return try builder.add("mul", [mean, try builder.constant(factor)])
          }
        ], &builder)
    },
    flops: { _, results, _ in results[0].count },
    example: OpExample(
      [.perImage(3)], ["shape": .ints([4, 2]), "scale": .float(0.125)],
      wrong: ([.perImage()], "needs f32[N,channels]"))),
]

extension Attributes {
  fileprivate func merging(_ other: Attributes) -> Attributes {
    Attributes(values.merging(other.values) { _, new in new })
  }
}
