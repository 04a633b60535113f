/// What batch normalization (Ioffe and Szegedy 2015) and its relatives are made of: statistics of each channel over images
/// and positions, numbers per channel applied to every element, and the sums that lead gradients back to them. The family is
/// closed under differentiation.
///
/// With M elements of a channel in the images of a call, batch normalization of x is
///
///     mean, variance = channel_statistics x
///     y = affine_channels x, channel_scale(weight, variance), bias, mean
///
/// and its gradient, after Ioffe and Szegedy's equations, is one pass of sums and one over the elements.

private let images = TensorType.perImage(3, 4, 2)
private let channels = TensorType.f32(3)

extension TypingContext {
  /// Requires f32 values with images and channels.
  fileprivate func requireChannels(_ index: Int, _ op: String) throws {
    let type = operands[index]
    guard type.element == .f32, type.isPerImage, type.rank >= 2 else {
      throw TypeError("'\(op)' needs an f32 tensor with images and channels, not \(type)")
    }
  }

  /// Requires a number for each channel of another operand.
  fileprivate mutating func requireNumbers(_ index: Int, ofChannelsOf tensor: Int, _ op: String) throws {
    guard operands[index].element == .f32, operands[index].rank == 1, !operands[index].isPerImage,
      unify(index, 0, tensor, 1)
    else {
      throw TypeError(
        "'\(op)' needs a number for each channel of \(operands[tensor]), not \(operands[index])")
    }
  }

  /// Requires an operand of the shape of the first.
  fileprivate func requireShapeOfFirst(_ index: Int, _ op: String) throws {
    guard operands[index].element == .f32, operands[index].dimensions == operands[0].dimensions else {
      throw TypeError("'\(op)' needs equal shapes, not \(operands[0]) and \(operands[index])")
    }
  }
}

extension HostTensor {
  /// The elements of a channel that it has over all images and positions, and the channel of an element.
  fileprivate var channelElements: Int { shape.dropFirst(2).reduce(shape[0], *) }
  fileprivate func channel(_ element: Int) -> Int { element / shape.dropFirst(2).reduce(1, *) % shape[1] }
}

/// (x - mean[c]) * scale[c] + bias[c] for each element.
private func affine(_ x: HostTensor, scale: [Double], bias: [Double]?, mean: [Double]?) -> HostTensor {
  var y = x
  for index in x.data.indices {
    let c = x.channel(index)
    y.data[index] = (x.data[index] - (mean?[c] ?? 0)) * scale[c] + (bias?[c] ?? 0)
  }
  return y
}

/// What stands behind the result: an activation, for one, that was fused.
private let formulaAttribute = AttributeDefinition(
  "formula", .formula, default: .formula(.operand(0)), "of the result a, what is stored")

private func requireFormula(_ context: TypingContext, operands: Int, _ op: String) throws {
  let used = context.attributes.formula("formula")?.operandsUsed.max() ?? 0
  guard used < operands else {
    throw TypeError(
      "'\(op)' has a formula of \(operands == 1 ? "a" : "a and b"), not of '\(ScalarExpression.operand(used))'")
  }
}

extension GradientContext {
  /// Refuses an operation into which something was fused.
  fileprivate func requirePlainFormula() throws {
    guard attributes.formula("formula") ?? .operand(0) == .operand(0) else {
      throw TypeError(
        "'\(operation.name)' with a formula cannot be differentiated: differentiate before fusion")
    }
  }

  /// An operand that may have been left out.
  fileprivate func optional(_ index: Int) -> ValueID? {
    operation.operands.indices.contains(index) ? operation.operands[index] : nil
  }
}

extension EntryBuilder {
  /// `x * scale + bias` per channel, with `x - mean` for x where there is a mean; each of the numbers may be missing.
  fileprivate mutating func affine(_ x: ValueID, scale: ValueID?, bias: ValueID?, mean: ValueID?) throws
    -> ValueID?
  {
    guard let scale else { return try bias.map { try add("broadcast_channels", [$0, x]) } }
    guard let mean else { return try add("affine_channels", [x, scale] + [bias].compactMap { $0 }) }
    let bias = try bias ?? add("broadcast_like", [try constant(0), scale])
    return try add("affine_channels", [x, scale, bias, mean])
  }
}

let normalizationOps: [OpDefinition] = [
  OpDefinition(
    name: "channel_statistics", summary: "Mean and variance of each channel over images and positions.",
    operands: [OperandDefinition("x")], results: ["mean", "variance"], couplesImages: true,
    inferTypes: { context in
      try context.requireChannels(0, "channel_statistics")
      let numbers = TensorType(.f32, [context.operands[0].dimensions[1]])
      return [numbers, numbers]
    },
    evaluate: { context in
      let x = context.operands[0]
      var (mean, variance) = (HostTensor(zeros: [x.shape[1]]), HostTensor(zeros: [x.shape[1]]))
      let share = 1 / Double(max(1, x.channelElements))
      for (index, value) in x.data.enumerated() { mean.data[x.channel(index)] += value * share }
      for (index, value) in x.data.enumerated() {
        let difference = value - mean.data[x.channel(index)]
        variance.data[x.channel(index)] += difference * difference * share
      }
      return [mean, variance]
    },
    gradient: { context, builder in
      // d mean = 1 / M, d variance = 2 (x - mean) / M.
      let (x, mean) = (context.operand(0), context.result(0))
      let share = try builder.add("inverse_count", [x])
      let scale = try context.resultGradients[1].map { gradient in
        let twice = try builder.add("mul", [try builder.constant(2), gradient])
        return try builder.add("mul", [share, twice])
      }
      let bias = try context.resultGradients[0].map { try builder.add("mul", [share, $0]) }
      return [try builder.affine(x, scale: scale, bias: bias, mean: mean)]
    },
    flops: { operands, _, _ in 4 * operands[0].count },
    example: OpExample([images], wrong: ([.perImage()], "images and channels"))),
  OpDefinition(
    name: "inverse_count", summary: "1 / M: one over the elements of a channel in all images and positions.",
    operands: [OperandDefinition("of", differentiable: false)], results: ["share"], couplesImages: true,
    inferTypes: { context in
      try context.requireChannels(0, "inverse_count")
      return [.scalar]
    },
    evaluate: { [HostTensor(scalar: 1 / Double(max(1, $0.operands[0].channelElements)))] },
    gradient: { _, _ in [nil] },
    flops: { _, _, _ in 1 },
    example: OpExample([images], wrong: ([.f32(3, 4)], "images and channels"))),
  OpDefinition(
    name: "bessel_correction",
    summary:
      "M / (M - 1): what turns the variance of a channel's elements into an unbiased estimate; 1 where M is 1.",
    operands: [OperandDefinition("of", differentiable: false)], results: ["factor"], couplesImages: true,
    inferTypes: { context in
      try context.requireChannels(0, "bessel_correction")
      return [.scalar]
    },
    evaluate: { context in
      let count = Double(context.operands[0].channelElements)
      return [HostTensor(scalar: count / max(1, count - 1))]
    },
    gradient: { _, _ in [nil] },
    flops: { _, _, _ in 2 },
    example: OpExample([images], wrong: ([.f32(3, 4)], "images and channels"))),
  elementwise(
    "channel_scale", "What normalization multiplies a channel by: weight / sqrt(variance + epsilon).",
    operands: [OperandDefinition("weight"), OperandDefinition("variance")], result: "scale",
    attributes: [AttributeDefinition("epsilon", .float, "added to the variance")],
    formula: .operand(0) / squareRoot(.operand(1) + .attribute("epsilon")),
    example: OpExample(
      [channels, channels], ["epsilon": .float(1e-5)], wrong: ([channels, .f32(4)], "equal shapes"),
      lowerBound: 0.5)
  ) { context, builder in
    let (weight, variance) = (context.operand(0), context.operand(1))
    let epsilon: Attributes = ["epsilon": .float(context.attributes.float("epsilon"))]
    return try context.each(
      [
        { g, builder in try builder.add("channel_scale", [g, variance], epsilon) },
        { g, builder in  // -1/2 weight / (variance + epsilon)^(3/2)
          var power = weight
          for _ in 0..<3 { power = try builder.add("channel_scale", [power, variance], epsilon) }
          return try builder.add("mul", [try builder.constant(-0.5), try builder.add("mul", [g, power])])
        },
      ], &builder)
  },
  OpDefinition(
    name: "affine_channels",
    summary: "(x - mean) * scale + bias with numbers of each channel; zero in lanes without an image.",
    operands: [
      OperandDefinition("x"), OperandDefinition("scale"), OperandDefinition("bias", optional: true),
      OperandDefinition("mean", optional: true),
    ],
    results: ["y"], attributes: [formulaAttribute],
    inferTypes: { context in
      try context.requireChannels(0, "affine_channels")
      for index in 1..<context.operands.count {
        try context.requireNumbers(index, ofChannelsOf: 0, "affine_channels")
      }
      try requireFormula(context, operands: 1, "affine_channels")
      return [context.operands[0]]
    },
    evaluate: { context in
      let operands = context.operands
      var y = affine(
        operands[0], scale: operands[1].data, bias: operands.count > 2 ? operands[2].data : nil,
        mean: operands.count > 3 ? operands[3].data : nil)
      if let formula = context.attributes.formula("formula"), formula != .operand(0) {
        y.data = formula.evaluate([y.data], count: y.count, [:])
      }
      return [y]
    },
    gradient: { context, builder in
      try context.requirePlainFormula()
      guard let g = context.resultGradients[0] else { return [] }
      let (x, scale, mean) = (context.operand(0), context.operand(1), context.optional(3))
      let direct = context.wanted[0] ? try builder.add("affine_channels", [g, scale]) : nil
      guard context.wanted.dropFirst().contains(true) else { return [direct] }
      let sums = try builder.addAll("channel_sums", [g, x] + [mean].compactMap { $0 })
      let centre = try mean.map { _ in
        try builder.add("neg", [try builder.add("mul", [scale, sums[1]])])
      }
      return [direct, sums[0], sums[1], centre]
    },
    flops: { operands, _, _ in operands[0].count * (operands.count - 1) },
    example: OpExample(
      [images, channels, channels, channels],
      wrong: ([images, channels, .f32(4), channels], "a number for each channel"))),
  OpDefinition(
    name: "channel_sums",
    summary:
      "Sums of dy * (x - mean) and of dy over images and positions: the gradients of what normalization multiplies a channel by, and adds to it.",
    operands: [
      OperandDefinition("dy"), OperandDefinition("x"), OperandDefinition("mean", optional: true),
      OperandDefinition("scale", optional: true, differentiable: false),
      OperandDefinition("bias", optional: true, differentiable: false),
    ],
    results: ["dscale", "dbias"], attributes: [NormalizationGradient.formulaAttribute], couplesImages: true,
    inferTypes: { context in
      try context.requireChannels(0, "channel_sums")
      try context.requireShapeOfFirst(1, "channel_sums")
      for index in 2..<context.operands.count {
        try context.requireNumbers(index, ofChannelsOf: 0, "channel_sums")
      }
      try NormalizationGradient.check(context, hasNormalized: context.operands.count > 4, "channel_sums")
      let numbers = TensorType(.f32, [context.operands[0].dimensions[1]])
      return [numbers, numbers]
    },
    evaluate: { context in
      let operands = context.operands
      let (x, mean) = (operands[1], operands.count > 2 ? operands[2].data : nil)
      let dy = NormalizationGradient.arrived(
        operands[0], x: x, scale: operands.count > 4 ? operands[3].data : nil,
        bias: operands.count > 4 ? operands[4].data : nil, mean: mean, context.attributes)
      var (dscale, dbias) = (HostTensor(zeros: [x.shape[1]]), HostTensor(zeros: [x.shape[1]]))
      for index in dy.data.indices {
        let c = x.channel(index)
        dscale.data[c] += dy.data[index] * (x.data[index] - (mean?[c] ?? 0))
        dbias.data[c] += dy.data[index]
      }
      return [dscale, dbias]
    },
    gradient: { context, builder in
      try context.requirePlainFormula()
      let (dy, x, mean) = (context.operand(0), context.operand(1), context.optional(2))
      let (byScale, byBias) = (context.resultGradients[0], context.resultGradients[1])
      let byInput = try byScale.map { try builder.add("affine_channels", [dy, $0]) }
      let centre = try byScale.map {
        try builder.add("neg", [try builder.add("mul", [$0, context.result(1)])])
      }
      return [try builder.affine(x, scale: byScale, bias: byBias, mean: mean), byInput, centre]
    },
    flops: { operands, _, _ in 4 * operands[0].count },
    example: OpExample(
      [images, images, channels], wrong: ([images, .perImage(3, 4, 3), channels], "equal shapes"))),
  NormalizationGradient.definition,
]

/// The gradient of batch normalization by its input in one pass over the elements; made by fuse-normalization.
///
/// With dz = formula(dy, z), where z = (x - mean) * scale + bias is what normalization made, it is
/// `dx = dz * scale + (x - mean) * slope + offset`.
enum NormalizationGradient {
  static let formulaAttribute = AttributeDefinition(
    "formula", .formula, default: .formula(.operand(0)),
    "the gradient that counts, of a = dy and b = (x - mean) * scale + bias: that of an activation, if one was fused"
  )

  static func check(_ context: TypingContext, hasNormalized: Bool, _ op: String) throws {
    try requireFormula(context, operands: 2, op)
    let used = context.attributes.formula("formula")?.operandsUsed ?? []
    guard hasNormalized || !used.contains(1) else {
      throw TypeError("'\(op)' with a formula of b needs scale and bias")
    }
  }

  /// `formula(dy, z)`.
  static func arrived(
    _ dy: HostTensor, x: HostTensor, scale: [Double]?, bias: [Double]?, mean: [Double]?,
    _ attributes: Attributes
  ) -> HostTensor {
    guard let formula = attributes.formula("formula"), formula != .operand(0) else { return dy }
    let z = scale.map { affine(x, scale: $0, bias: bias, mean: mean).data } ?? dy.data
    return HostTensor(shape: dy.shape, data: formula.evaluate([dy.data, z], count: dy.count, [:]))
  }

  static let definition = OpDefinition(
    name: "normalization_gradient",
    summary:
      "dy * scale + (x - mean) * slope + offset with numbers of each channel; zero in lanes without an image.",
    operands: [
      OperandDefinition("dy"), OperandDefinition("x"), OperandDefinition("scale"), OperandDefinition("slope"),
      OperandDefinition("offset"), OperandDefinition("mean"), OperandDefinition("bias", optional: true),
    ],
    results: ["dx"], attributes: [formulaAttribute],
    inferTypes: { context in
      let op = "normalization_gradient"
      try context.requireChannels(0, op)
      try context.requireShapeOfFirst(1, op)
      for index in 2..<context.operands.count { try context.requireNumbers(index, ofChannelsOf: 0, op) }
      try check(context, hasNormalized: context.operands.count > 6, op)
      return [context.operands[0]]
    },
    evaluate: { context in
      let operands = context.operands
      let (x, mean, scale) = (operands[1], operands[5].data, operands[2].data)
      let dy = arrived(
        operands[0], x: x, scale: scale, bias: operands.count > 6 ? operands[6].data : nil, mean: mean,
        context.attributes)
      let through = affine(x, scale: operands[3].data, bias: operands[4].data, mean: mean)
      let direct = affine(dy, scale: scale, bias: nil, mean: nil)
      return [HostTensor(shape: x.shape, data: zip(direct.data, through.data).map { $0 + $1 })]
    },
    flops: { operands, _, _ in 4 * operands[0].count },
    example: OpExample(
      [images, images, channels, channels, channels, channels, channels],
      ["formula": .formula(.selectPositive(.operand(1), .operand(0), 0))],
      wrong: (
        [images, .perImage(3, 4, 3), channels, channels, channels, channels, channels], "equal shapes"
      )))
}
