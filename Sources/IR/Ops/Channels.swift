/// Parts of the channels of images, or of the numbers of rows: dimension 1. Joining, taking a part out and putting it back among
/// zeros are each other's gradients.

private let a = TensorType.perImage(2, 3, 2)
private let b = TensorType.perImage(1, 3, 2)

private let from = AttributeDefinition("from", .int, "the first channel, from 0")
private let operandLimit = 8

extension TypingContext {
  /// The channels of an f32 operand with images and channels.
  func channels(_ index: Int, _ op: String) throws -> Int {
    let type = operands[index]
    guard type.element == .f32, type.isPerImage, type.rank >= 2, let channels = type.dimensions[1].fixedExtent
    else { throw TypeError("'\(op)' needs an f32 tensor with images and channels, not \(type)") }
    return channels
  }

  /// The type of an operand with another number of channels.
  func withChannels(_ index: Int, _ channels: Int) -> TensorType {
    var type = operands[index]
    type.dimensions[1] = .fixed(channels)
    return type
  }
}

extension HostTensor {
  /// Elements of one channel of one image.
  var positions: Int { shape.dropFirst(2).reduce(1, *) }
}

/// The part of an image's channels that begins at `from`; from there on as many as the result has.
private func part(_ x: HostTensor, from: Int, shape: [Int]) -> HostTensor {
  let row = x.shape[1] * x.positions
  let (begin, count) = (from * x.positions, shape[1] * x.positions)
  let data = (0..<x.shape[0]).flatMap { image in x.data[image * row + begin..<image * row + begin + count] }
  return HostTensor(shape: shape, data: data)
}

let channelOps: [OpDefinition] = [
  OpDefinition(
    name: "one_hot",
    summary: "1 at the element of an image's class, 0 at all others; no 1 for a class out of range.",
    operands: [OperandDefinition("label", differentiable: false)], results: ["y"],
    attributes: [AttributeDefinition("classes", .int, "elements of the result")],
    inferTypes: { context in
      guard context.operands[0] == TensorType(.i32, [.images]) else {
        throw TypeError("'one_hot' needs a class per image, i32[N], not \(context.operands[0])")
      }
      return [.perImage(context.attributes.int("classes"))]
    },
    evaluate: { context in
      let classes = context.resultShapes[0][1]
      let data = context.operands[0].data.flatMap { label -> [Double] in
        (0..<classes).map { Double($0) == label ? 1 : 0 }
      }
      return [HostTensor(shape: context.resultShapes[0], data: data)]
    },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [TensorType(.i32, [.images])], ["classes": .int(600)], wrong: ([.perImage()], "needs a class per image"))),
  OpDefinition(
    name: "concat", summary: "The channels (dimension 1) of up to eight tensors, one behind the other.",
    operands: (0..<operandLimit).map {
      OperandDefinition(ScalarExpression.operand($0).description, optional: $0 > 0)
    },
    results: ["y"],
    inferTypes: { context in
      var channels = 0
      for index in context.operands.indices {
        channels += try context.channels(index, "concat")
        guard context.withChannels(index, 1).dimensions == context.withChannels(0, 1).dimensions else {
          throw TypeError(
            "'concat' needs tensors that differ in their channels alone, not \(context.operands[0]) and "
              + "\(context.operands[index])")
        }
      }
      return [context.withChannels(0, channels)]
    },
    evaluate: { context in
      let shape = context.resultShapes[0]
      let data = (0..<shape[0]).flatMap { image in
        context.operands.flatMap { operand in
          let row = operand.shape[1] * operand.positions
          return operand.data[image * row..<(image + 1) * row]
        }
      }
      return [HostTensor(shape: shape, data: data)]
    },
    gradient: { context, builder in
      guard let dy = context.resultGradients[0] else { return context.wanted.map { _ in nil } }
      var first = 0
      return try context.operation.operands.enumerated().map { index, operand in
        let channels = builder.type(of: operand).extents[0]
        defer { first += channels }
        return context.wanted[index]
          ? try builder.add("slice", [dy], ["from": .int(first), "count": .int(channels)]) : nil
      }
    },
    flops: { _, _, _ in 0 },
    example: OpExample([a, b, a], wrong: ([a, .perImage(1, 3, 3)], "differ in their channels alone"))),
  OpDefinition(
    name: "slice", summary: "Some of the channels (dimension 1) of each image.",
    operands: [OperandDefinition("x")], results: ["y"],
    attributes: [from, AttributeDefinition("count", .int, "channels of the result")],
    inferTypes: { context in
      let channels = try context.channels(0, "slice")
      let (from, count) = (context.attributes.int("from"), context.attributes.int("count"))
      guard from >= 0, count >= 1, from <= channels, count <= channels - from else {
        throw TypeError(
          "'slice' cannot take \(count) channels from channel \(from) on of \(context.operands[0])")
      }
      return [context.withChannels(0, count)]
    },
    evaluate: { context in
      [part(context.operands[0], from: context.attributes.int("from"), shape: context.resultShapes[0])]
    },
    gradient: { context, builder in
      let channels = builder.type(of: context.operand(0)).extents[0]
      let place: Attributes = ["from": .int(context.attributes.int("from")), "channels": .int(channels)]
      return try context.each([{ g, builder in try builder.add("place", [g], place) }], &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [.perImage(4, 3, 2)], ["from": .int(1), "count": .int(2)], wrong: ([a], "cannot take 2 channels"))),
  OpDefinition(
    name: "place", summary: "Channels of each image among channels of zeros: the gradient of slice.",
    operands: [OperandDefinition("x")], results: ["y"],
    attributes: [from, AttributeDefinition("channels", .int, "channels of the result")],
    inferTypes: { context in
      let count = try context.channels(0, "place")
      let (from, channels) = (context.attributes.int("from"), context.attributes.int("channels"))
      guard from >= 0, from <= channels, count <= channels - from else {
        throw TypeError(
          "'place' cannot put \(context.operands[0]) from channel \(from) on among \(channels) channels")
      }
      return [context.withChannels(0, channels)]
    },
    evaluate: { context in
      let (x, shape) = (context.operands[0], context.resultShapes[0])
      let from = context.attributes.int("from")
      let row = x.shape[1] * x.positions
      var result = HostTensor(zeros: shape)
      for image in 0..<shape[0] {
        let begin = (image * shape[1] + from) * x.positions
        result.data.replaceSubrange(begin..<begin + row, with: x.data[image * row..<(image + 1) * row])
      }
      return [result]
    },
    gradient: { context, builder in
      let count = builder.type(of: context.operand(0)).extents[0]
      let part: Attributes = ["from": .int(context.attributes.int("from")), "count": .int(count)]
      return try context.each([{ g, builder in try builder.add("slice", [g], part) }], &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [.perImage(2, 3, 2)], ["from": .int(1), "channels": .int(4)], wrong: ([.perImage(4, 3)], "cannot put"))),
]
