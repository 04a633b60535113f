/// Densities and draws, element by element. Sums over elements and means over images are ops of their own, so that
/// the terms can also be had per latent or per pixel.

private let latents = [TensorType.perImage(3), .perImage(3), .perImage(3)]
private let pixels = [TensorType.perImage(2, 3, 3), .perImage(2, 3, 3)]
private let a = ScalarExpression.operand(0)
private let b = ScalarExpression.operand(1)
private let c = ScalarExpression.operand(2)

let probabilityOps: [OpDefinition] = [
  elementwise(
    "reparameterize", "A draw from N(mean, exp(logvar)) by its noise: mean + exp(logvar / 2) * noise.",
    operands: [OperandDefinition("mean"), OperandDefinition("logvar"), OperandDefinition("noise")], result: "z",
    formula: a + exp(0.5 * b) * c,
    example: OpExample(latents, wrong: ([.perImage(3), .perImage(4), .perImage(3)], "equal shapes"))
  ) { context, builder in
    let (logvar, noise) = (context.operand(1), context.operand(2))
    return try context.each(
      [
        { dz, _ in dz },
        { dz, builder in
          try builder.add("reparameterize_gradient", [dz, logvar, noise])
        },
        { dz, builder in
          let half = try builder.add("mul", [try builder.constant(0.5), logvar])
          return try builder.add("mul", [dz, try builder.add("exp", [half])])
        },
      ], &builder)
  },
  elementwise(
    "reparameterize_gradient", "Gradient of reparameterize by logvar: dz * noise * exp(logvar / 2) / 2.",
    operands: [OperandDefinition("dz"), OperandDefinition("logvar"), OperandDefinition("noise")],
    result: "dlogvar",
    formula: a * (c * (0.5 * exp(0.5 * b))),
    example: OpExample(latents, wrong: ([.perImage(3), .perImage(4), .perImage(3)], "equal shapes"))
  ) { context, builder in
    let (dz, logvar, noise) = (context.operand(0), context.operand(1), context.operand(2))
    let output = context.result()
    return try context.each(
      [
        { g, builder in try builder.add("reparameterize_gradient", [g, logvar, noise]) },
        { g, builder in
          try builder.add("mul", [g, try builder.add("mul", [try builder.constant(0.5), output])])
        },
        { g, builder in
          let scaled = try builder.add("exp", [try builder.add("mul", [try builder.constant(0.5), logvar])])
          let product = try builder.add("mul", [try builder.add("mul", [g, dz]), scaled])
          return try builder.add("mul", [try builder.constant(0.5), product])
        },
      ], &builder)
  },
  elementwise(
    "kl_normal", "KL(N(mean, exp(logvar)) || N(0, 1)): (mean^2 + exp(logvar) - 1 - logvar) / 2.",
    operands: [OperandDefinition("mean"), OperandDefinition("logvar")], result: "kl",
    formula: 0.5 * (a * a + (exp(b) - 1 - b)),
    example: OpExample(Array(latents.prefix(2)), wrong: ([.perImage(3), .perImage(4)], "equal shapes"))
  ) { context, builder in
    let (mean, logvar) = (context.operand(0), context.operand(1))
    return try context.each(
      [
        { dkl, builder in try builder.add("mul", [dkl, mean]) },
        { dkl, builder in try builder.add("kl_normal_gradient", [dkl, logvar]) },
      ], &builder)
  },
  elementwise(
    "kl_normal_gradient", "Gradient of kl_normal by logvar: dkl * (exp(logvar) - 1) / 2.",
    operands: [OperandDefinition("dkl"), OperandDefinition("logvar")], result: "dlogvar",
    formula: a * (0.5 * (exp(b) - 1)),
    example: OpExample(Array(latents.prefix(2)), wrong: ([.perImage(3), .perImage(4)], "equal shapes"))
  ) { context, builder in
    let (dkl, logvar) = (context.operand(0), context.operand(1))
    return try context.each(
      [
        { g, builder in try builder.add("kl_normal_gradient", [g, logvar]) },
        { g, builder in
          let slope = try builder.add("mul", [try builder.constant(0.5), try builder.add("exp", [logvar])])
          return try builder.add("mul", [try builder.add("mul", [g, dkl]), slope])
        },
      ], &builder)
  },
  elementwise(
    "kl_bernoulli",
    "KL(Bernoulli(target) || Bernoulli(mean)), each probability and what it leaves of 1 at least 1e-5.",
    operands: [OperandDefinition("mean"), OperandDefinition("target")], result: "kl",
    formula: limited(b) * log(limited(b) / limited(a)) + limited(1 - b) * log(limited(1 - b) / limited(1 - a)),
    example: OpExample(
      Array(latents.prefix(2)), wrong: ([.perImage(3), .perImage(4)], "equal shapes"), lowerBound: 0),
    gradient: derivedGradients),
  elementwise(
    "bernoulli_loglik",
    "log Bernoulli(target; sigmoid(logits)), grey targets too: target * logits - softplus(logits).",
    operands: [OperandDefinition("logits"), OperandDefinition("target")], result: "loglik",
    formula: b * a - softplus(a),
    example: OpExample(pixels, wrong: ([.perImage(2, 3, 3), .perImage(2, 3, 4)], "equal shapes"))
  ) { context, builder in
    let (logits, target) = (context.operand(0), context.operand(1))
    return try context.each(
      [
        { d, builder in
          try builder.add("bernoulli_loglik_gradient", [d, logits, target])
        },
        { d, builder in try builder.add("mul", [d, logits]) },
      ], &builder)
  },
  elementwise(
    "bernoulli_loglik_gradient", "Gradient of bernoulli_loglik by logits: d * (target - sigmoid(logits)).",
    operands: [OperandDefinition("d"), OperandDefinition("logits"), OperandDefinition("target")],
    result: "dlogits",
    formula: a * (c - sigmoid(b)),
    example: OpExample(
      pixels + [.perImage(2, 3, 3)],
      wrong: ([.perImage(2, 3, 3), .perImage(2, 3, 4), .perImage(2, 3, 3)], "equal shapes"))
  ) { context, builder in
    let (d, logits, target) = (context.operand(0), context.operand(1), context.operand(2))
    return try context.each(
      [
        { g, builder in
          try builder.add("bernoulli_loglik_gradient", [g, logits, target])
        },
        { g, builder in  // the slope of -sigmoid
          let scale = try builder.add("neg", [try builder.add("mul", [g, d])])
          return try builder.add("sigmoid_gradient", [scale, try builder.add("sigmoid", [logits])])
        },
        { g, builder in try builder.add("mul", [g, d]) },
      ], &builder)
  },
  elementwise(
    "laplace_loglik",
    "log Laplace(target; mean, scale): -|target - mean| / scale - log(2 scale).",
    operands: [OperandDefinition("mean"), OperandDefinition("scale"), OperandDefinition("target")],
    result: "loglik", formula: -(absolute(c - a) / b + log(2 * b)),
    example: OpExample(pixels + [pixels[0]], wrong: wrongPixels, lowerBound: 0.5), gradient: derivedGradients),
  elementwise(
    "continuous_bernoulli_loglik",
    "log CB(target; logits) (Loaiza-Ganem and Cunningham 2019): target * logits - log((exp(logits) - 1) / logits).",
    operands: [OperandDefinition("logits"), OperandDefinition("target")], result: "loglik",
    formula: b * a - logPartition,
    example: OpExample(pixels, wrong: ([.perImage(2, 3, 3), .perImage(2, 3, 4)], "equal shapes")),
    gradient: derivedGradients),
  elementwise(
    "continuous_bernoulli_mean",
    "Mean of the continuous Bernoulli distribution: 1 / (1 - exp(-logits)) - 1 / logits, 1 / 2 at 0.",
    operands: [OperandDefinition("logits")], result: "mean", formula: logPartition.derivative(by: 0),
    example: OpExample([pixels[0]], wrong: bytesOperand), gradient: derivedGradients),
]

/// A probability that is far enough from 0 to have a logarithm. What is left of 1 is limited by itself: 1 less a number near 1
/// keeps its digits, 1 less the rounded 1 - 1e-5 does not.
private func limited(_ p: ScalarExpression) -> ScalarExpression { maximum(p, 1e-5) }
private let wrongPixels: (operands: [TensorType], message: String) = (
  [pixels[0], .perImage(2, 3, 4), pixels[0]], "equal shapes"
)

/// log((exp(l) - 1) / l), what makes exp(x l) a density on 0 ... 1; its derivative is the mean. In the paper's terms, with
/// lambda = sigmoid(l), it is softplus(l) - log C(lambda).
///
/// Near 0, where both numerator and denominator vanish, it is the series l / 2 + sum of B(2n) l^2n / (2n (2n)!), B(2n) Bernoulli's
/// numbers: five terms leave 1e-14 at 1 / 2. Elsewhere exp(-|l|) does not overflow, and at most two bits cancel.
private let logPartition: ScalarExpression = {
  let square = a * a
  let fifth: ScalarExpression = -1.0 / 9_676_800 + square * (1.0 / 479_001_600)
  let third: ScalarExpression = -1.0 / 2880 + square * (1.0 / 181_440 + square * fifth)
  let series = 0.5 * a + square * (1.0 / 24 + square * third)
  let magnitude = absolute(a)
  let closed = maximum(a, 0) + (log(1 - exp(-magnitude)) - log(magnitude))
  return .selectPositive(0.25 - square, series, closed)
}()
