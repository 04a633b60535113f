/// Sums over all pairs of images of a call: what a criterion about the distribution of a whole batch of latents is made of. Their
/// cost grows with the square of the images.

private let latents = TensorType.perImage(3)
private let kernelFormula: ScalarExpression = 1 / (1 + .operand(0))

extension TensorType {
  /// True for `f32[N]`.
  fileprivate var isPerImageFloat: Bool { element == .f32 && dimensions == [.images] }
}

private func requireLatents(_ context: TypingContext, _ count: Int, _ op: String) throws {
  for operand in context.operands.prefix(count) {
    guard operand.element == .f32, operand.isPerImage, operand.samples == 1, operand.rank == 2,
      operand.dimensions == context.operands[0].dimensions
    else {
      throw TypeError(
        "'\(op)' needs equal rows of numbers per image, not \(context.operands[0]) and \(operand)")
    }
  }
}

private let formulaAttribute = AttributeDefinition(
  "formula", .formula, "the kernel, of a = the mean square of the differences of two images' rows")
private let pairsAttribute = AttributeDefinition(
  "pairs", .symbol, default: .symbol("all"),
  "all, or others: those of two different images")

private func kernel(_ context: TypingContext, _ op: String) throws {
  let formula = context.attributes.formula("formula")
  guard let formula, formula.operandsUsed.isSubset(of: [0]) else {
    throw TypeError("'\(op)' needs a formula of a, the mean square of differences")
  }
  let pairs = context.attributes.symbol("pairs") ?? ""
  guard pairs == "all" || pairs == "others" else {
    throw TypeError("'\(op)' is of all pairs or of those with others, not '\(pairs)'")
  }
}

/// The pairs that count, and one over the number that each image has; 0 where it has none.
private struct Pairs {
  let images: Int
  let omitsSelf: Bool
  let share: Double

  init(_ context: EvaluationContext) {
    images = context.images
    omitsSelf = context.attributes.symbol("pairs") == "others"
    let count = omitsSelf ? images - 1 : images
    share = count > 0 ? 1 / Double(count) : 0
  }

  func visit(_ body: (_ n: Int, _ m: Int) -> Void) {
    for n in 0..<images {
      for m in 0..<images where !omitsSelf || n != m { body(n, m) }
    }
  }
}

private func meanSquare(_ a: HostTensor, _ n: Int, _ b: HostTensor, _ m: Int) -> Double {
  let size = a.shape[1]
  let sum = (0..<size).reduce(0.0) { sum, d in
    let difference = a.data[n * size + d] - b.data[m * size + d]
    return sum + difference * difference
  }
  return sum / Double(size)
}

/// log q(z[n, d] | x[m]) of a normal posterior.
private func logDensity(
  _ z: HostTensor, _ n: Int, _ mean: HostTensor, _ logvar: HostTensor, _ m: Int, _ d: Int
) -> Double {
  let size = z.shape[1]
  let (difference, v) = (z.data[n * size + d] - mean.data[m * size + d], logvar.data[m * size + d])
  let precision = ScalarUnary.exp.apply(-v)
  return -0.5 * (difference * difference * precision + v + 1.837_877_066_409_345_5)
}

private func logMeanExp(_ values: [Double]) -> Double {
  let largest = values.max() ?? 0
  let sum = values.reduce(0) { $0 + ScalarUnary.exp.apply($1 - largest) }
  return largest + ScalarUnary.log.apply(sum / Double(max(1, values.count)))
}

let pairwiseOps: [OpDefinition] = [
  OpDefinition(
    name: "kernel_means",
    summary: "For each image, the mean over the images m of the call of formula(mean of (a - b[m])^2).",
    operands: [OperandDefinition("a"), OperandDefinition("b")], results: ["y"],
    attributes: [formulaAttribute, pairsAttribute], couplesImages: true,
    inferTypes: { context in
      try requireLatents(context, 2, "kernel_means")
      try kernel(context, "kernel_means")
      return [.perImage()]
    },
    evaluate: { context in
      let (a, b) = (context.operands[0], context.operands[1])
      let formula = context.attributes.formula("formula") ?? .operand(0)
      let pairs = Pairs(context)
      var y = HostTensor(zeros: context.resultShapes[0])
      pairs.visit { n, m in
        y.data[n] += pairs.share * formula.evaluate([meanSquare(a, n, b, m)], [:])
      }
      return [y]
    },
    gradient: { context, builder in
      guard let dy = context.resultGradients[0] else { return [nil, nil] }
      return try builder.addAll(
        "kernel_means_gradient", [dy, context.operand(0), context.operand(1)], context.attributes
      ).map { $0 }
    },
    flops: { operands, _, attributes in
      3 * operands[0].count + (attributes.formula("formula")?.operationCount ?? 0)
    },
    example: OpExample(
      [latents, latents], ["formula": .formula(kernelFormula), "pairs": .symbol("others")],
      wrong: ([latents, .perImage(4)], "equal rows"))),
  OpDefinition(
    name: "kernel_means_gradient", summary: "Gradient of kernel_means by a and b.",
    operands: [OperandDefinition("dy"), OperandDefinition("a"), OperandDefinition("b")], results: ["da", "db"],
    attributes: [formulaAttribute, pairsAttribute], couplesImages: true,
    inferTypes: { context in
      guard context.operands[0].isPerImageFloat else {
        throw TypeError("'kernel_means_gradient' needs dy f32[N], not \(context.operands[0])")
      }
      var rows = context
      rows.operands.removeFirst()
      try requireLatents(rows, 2, "kernel_means_gradient")
      try kernel(context, "kernel_means_gradient")
      let type = context.operands[1].with(layout: .canonical)
      return [type, type]
    },
    evaluate: { context in
      let (dy, a, b) = (context.operands[0], context.operands[1], context.operands[2])
      let slope = (context.attributes.formula("formula") ?? .operand(0)).derivative(by: 0)
      let pairs = Pairs(context)
      let size = a.shape[1]
      var (da, db) = (HostTensor(zeros: a.shape), HostTensor(zeros: b.shape))
      pairs.visit { n, m in
        let scale = dy.data[n] * pairs.share * 2 / Double(size) * slope.evaluate([meanSquare(a, n, b, m)], [:])
        for d in 0..<size {
          let change = scale * (a.data[n * size + d] - b.data[m * size + d])
          da.data[n * size + d] += change
          db.data[m * size + d] -= change
        }
      }
      return [da, db]
    },
    flops: { operands, _, attributes in
      6 * operands[1].count + 2 * (attributes.formula("formula")?.operationCount ?? 0)
    },
    example: OpExample(
      [.perImage(), latents, latents], ["formula": .formula(kernelFormula)],
      wrong: ([.perImage(), latents, .perImage(4)], "equal rows"))),
  OpDefinition(
    name: "aggregate_posterior",
    summary:
      "The log-density of each image's z under the mean of the posteriors of all images of the call, N(mean, exp(logvar)): of the whole "
      + "row, and of each latent.",
    operands: [OperandDefinition("z"), OperandDefinition("mean"), OperandDefinition("logvar")],
    results: ["joint", "marginals"], couplesImages: true,
    inferTypes: { context in
      try requireLatents(context, 3, "aggregate_posterior")
      return [.perImage(), context.operands[0].with(layout: .canonical)]
    },
    evaluate: { context in
      let (z, mean, logvar) = (context.operands[0], context.operands[1], context.operands[2])
      let (images, size) = (z.shape[0], z.shape[1])
      var (joint, marginals) = (HostTensor(zeros: [images]), HostTensor(zeros: z.shape))
      for n in 0..<images {
        let densities = (0..<images).map { m in
          (0..<size).map { logDensity(z, n, mean, logvar, m, $0) }
        }
        joint.data[n] = logMeanExp(densities.map { $0.reduce(0, +) })
        for d in 0..<size { marginals.data[n * size + d] = logMeanExp(densities.map { $0[d] }) }
      }
      return [joint, marginals]
    },
    gradient: { context, builder in
      let (z, mean, logvar) = (context.operand(0), context.operand(1), context.operand(2))
      let zero = try builder.constant(0)
      let djoint =
        try context.resultGradients[0] ?? builder.add("broadcast_like", [zero, context.result(0)])
      let dmarginals =
        try context.resultGradients[1] ?? builder.add("broadcast_like", [zero, context.result(1)])
      return try builder.addAll(
        "aggregate_posterior_gradient",
        [djoint, dmarginals, z, mean, logvar, context.result(0), context.result(1)]
      ).map { $0 }
    },
    flops: { operands, _, _ in 60 * operands[0].count },
    example: OpExample([latents, latents, latents], wrong: ([latents, latents, .perImage(4)], "equal rows"))),
  OpDefinition(
    name: "aggregate_posterior_gradient", summary: "Gradient of aggregate_posterior; reads its results.",
    operands: [
      OperandDefinition("djoint"), OperandDefinition("dmarginals"), OperandDefinition("z"),
      OperandDefinition("mean"), OperandDefinition("logvar"), OperandDefinition("joint"),
      OperandDefinition("marginals"),
    ], results: ["dz", "dmean", "dlogvar"], couplesImages: true,
    inferTypes: { context in
      for index in [0, 5] where !context.operands[index].isPerImageFloat {
        throw TypeError(
          "'aggregate_posterior_gradient' needs a number per image, f32[N], not \(context.operands[index])")
      }
      var rows = context
      rows.operands = [1, 2, 3, 4, 6].map { context.operands[$0] }
      try requireLatents(rows, 5, "aggregate_posterior_gradient")
      let type = context.operands[2].with(layout: .canonical)
      return [type, type, type]
    },
    evaluate: { context in
      let (djoint, dmarginals) = (context.operands[0], context.operands[1])
      let (z, mean, logvar) = (context.operands[2], context.operands[3], context.operands[4])
      let (joint, marginals) = (context.operands[5], context.operands[6])
      let (images, size) = (z.shape[0], z.shape[1])
      let share = 1 / Double(max(1, images))
      var (dz, dmean, dlogvar) = (
        HostTensor(zeros: z.shape), HostTensor(zeros: z.shape), HostTensor(zeros: z.shape)
      )
      for n in 0..<images {
        for m in 0..<images {
          let densities = (0..<size).map { logDensity(z, n, mean, logvar, m, $0) }
          let weight = ScalarUnary.exp.apply(densities.reduce(0, +) - joint.data[n]) * share * djoint.data[n]
          for d in 0..<size {
            let (own, other) = (n * size + d, m * size + d)
            let marginal = ScalarUnary.exp.apply(densities[d] - marginals.data[own]) * share
            let g = weight + marginal * dmarginals.data[own]
            let difference = z.data[own] - mean.data[other]
            let pull = difference * ScalarUnary.exp.apply(-logvar.data[other])
            dz.data[own] -= g * pull
            dmean.data[other] += g * pull
            dlogvar.data[other] += g * 0.5 * (difference * pull - 1)
          }
        }
      }
      return [dz, dmean, dlogvar]
    },
    flops: { operands, _, _ in 80 * operands[2].count },
    example: OpExample(
      [.perImage(), latents, latents, latents, latents, .perImage(), latents],
      wrong: ([.perImage(), latents, latents, latents, .perImage(4), .perImage(), latents], "equal rows"))),
]
