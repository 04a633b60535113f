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
]
