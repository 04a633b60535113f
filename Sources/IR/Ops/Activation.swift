/// Activations and their gradients.

/// `y = f(x)` whose gradient follows from the formula. It reads the input, which has to be kept for it.
private func activation(_ name: String, _ summary: String, _ formula: ScalarExpression) -> OpDefinition {
  elementwise(
    name, summary, operands: [OperandDefinition("x")], formula: formula,
    example: OpExample(oneOperand, wrong: bytesOperand), gradient: derivedGradients)
}

/// `y = f(x)` whose gradient is `gradientOp(dy, y)`: it reads the output, so that the input need not be kept.
private func activation(
  _ name: String, _ summary: String, _ formula: ScalarExpression, gradientOp: String
) -> OpDefinition {
  elementwise(
    name, summary, operands: [OperandDefinition("x")], formula: formula,
    example: OpExample(oneOperand, wrong: bytesOperand)
  ) { context, builder in
    let output = context.result()
    return try context.each(
      [{ dy, builder in try builder.add(gradientOp, [dy, output]) }], &builder)
  }
}

/// `dx = dy * slope(y)`: the gradient of an activation by its output.
private func activationGradient(
  _ name: String, of activation: String, _ slope: ScalarExpression,
  outputGradient: OpDefinition.GradientRule? = nil
) -> OpDefinition {
  elementwise(
    name, "Gradient of \(activation) by its output: dy * slope(y).",
    operands: [OperandDefinition("dy"), OperandDefinition("y")], result: "dx",
    formula: .operand(0) * slope, example: OpExample(twoOperands, wrong: mismatchedOperands),
    gradient: outputGradient)
}

/// An activation with a parameter, and its gradient by its output. Both carry the parameter, which has to be 0 or above: then
/// the output has the sign of the input.
private func activation(
  _ name: String, _ summary: String, _ parameter: AttributeDefinition, _ formula: ScalarExpression,
  slope: ScalarExpression, example: Double, range: ActivationLayer.Range, otherNames: [String] = [],
  points: [(x: Double, y: Double)]
) -> [OpDefinition] {
  @Sendable func check(_ attributes: Attributes) throws {
    let value = attributes.float(parameter.name)
    guard value >= 0, value.isFinite else {
      throw TypeError("'\(name)' needs a \(parameter.name) of 0 or above, not \(value)")
    }
  }
  let attributes: Attributes = [parameter.name: .float(example)]
  return [
    elementwise(
      name, summary, operands: [OperandDefinition("x")], attributes: [parameter], formula: formula,
      check: check, example: OpExample(oneOperand, attributes, wrong: bytesOperand)
    ) { context, builder in
      let (output, attributes) = (context.result(), context.attributes)
      return try context.each(
        [{ dy, builder in try builder.add(name + "_gradient", [dy, output], attributes) }], &builder)
    }
    .asLayer(range, otherNames: otherNames, points: points),
    elementwise(
      name + "_gradient", "Gradient of \(name) by its output: dy * slope(y).",
      operands: [OperandDefinition("dy"), OperandDefinition("y")], result: "dx", attributes: [parameter],
      formula: x * slope, check: check, example: OpExample(twoOperands, attributes, wrong: mismatchedOperands),
      gradient: derivedGradients),
  ]
}

private let x = ScalarExpression.operand(0)
private let y = ScalarExpression.operand(1)

/// sqrt(2 / pi)
private let geluScale = 0.797_884_560_802_865_4

let activationOps: [OpDefinition] =
  [
    activation("relu", "Rectifier: max(x, 0).", maximum(x, 0), gradientOp: "relu_gradient")
      .asLayer(.nonnegative, points: [(-2, 0), (0, 0), (3, 3)]),
    activation("sigmoid", "Logistic function: 1 / (1 + exp(-x)).", sigmoid(x), gradientOp: "sigmoid_gradient")
      .asLayer(
        .unit, otherNames: ["logistic"],
        points: [(-2, 0.11920292202211755), (0, 0.5), (3, 0.95257412682243336)]),
    activation("tanh", "Hyperbolic tangent.", tanh(x), gradientOp: "tanh_gradient")
      .asLayer(.symmetric, points: [(-2, -0.96402758007581688), (0, 0), (3, 0.99505475368673045)]),
    activation(
      "silu", "x * sigmoid(x), also called swish (Elfwing et al. 2018, equation 3).", x * sigmoid(x)
    )
    .asLayer(
      .hardlyNegative, otherNames: ["swish"],
      points: [(-1, -0.2689414213699951), (0, 0), (1, 0.7310585786300049)]),
    activation(
      "gelu",
      "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, about x times the normal distribution function (Hendrycks and Gimpel 2016, section 2).",
      0.5 * x * (1 + tanh(.constant(geluScale) * (x + 0.044715 * (x * x * x))))
    )
    // torch.nn.functional.gelu(x, approximate="tanh") in float64
    .asLayer(.hardlyNegative, points: [(-1, -0.1588080093917233), (0, 0), (1, 0.8411919906082767)]),
    activation(
      "hardswish", "x * min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, section 5.2).",
      x * minimum(maximum(x + 3, 0), 6) / 6
    )
    .asLayer(
      .hardlyNegative, otherNames: ["hard_swish"],
      points: [(-4, 0), (-3, 0), (-1, -1.0 / 3), (1, 2.0 / 3), (3, 3), (4, 4)]),
    elementwise(
      "softplus", "log(1 + exp(x)).", operands: [OperandDefinition("x")], formula: softplus(x),
      example: OpExample(oneOperand, wrong: bytesOperand)
    ) { context, builder in
      let input = context.operand(0)
      return try context.each(
        [
          { dy, builder in
            try builder.add("mul", [dy, try builder.add("sigmoid", [input])])
          }
        ], &builder)
    }
    .asLayer(
      .positive, points: [(-2, 0.12692801104297263), (0, 0.69314718055994531), (3, 3.0485873515737421)]),
    elementwise(
      "relu_gradient", "Gradient of relu by its output: dy where y > 0, else 0.",
      operands: [OperandDefinition("dy"), OperandDefinition("y")], result: "dx",
      formula: .selectPositive(y, x, 0), example: OpExample(twoOperands, wrong: mismatchedOperands)
    ) { context, builder in
      let output = context.operand(1)
      return try context.each(
        [{ g, builder in try builder.add("relu_gradient", [g, output]) }, nil], &builder)
    },
    activationGradient("sigmoid_gradient", of: "sigmoid", y * (1 - y)) { context, builder in
      let (dy, y) = (context.operand(0), context.operand(1))
      return try context.each(
        [
          { g, builder in try builder.add("sigmoid_gradient", [g, y]) },
          { g, builder in  // d/dy of dy * (y - y^2) = dy * (1 - 2y)
            let slope = try builder.add(
              "sub", [try builder.constant(1), try builder.add("mul", [try builder.constant(2), y])])
            return try builder.add("mul", [try builder.add("mul", [g, dy]), slope])
          },
        ], &builder)
    },
    activationGradient("tanh_gradient", of: "tanh", 1 - y * y) { context, builder in
      let (dy, y) = (context.operand(0), context.operand(1))
      return try context.each(
        [
          { g, builder in try builder.add("tanh_gradient", [g, y]) },
          { g, builder in  // d/dy of dy * (1 - y^2) = -2 * dy * y
            let slope = try builder.add("mul", [try builder.constant(-2), y])
            return try builder.add("mul", [try builder.add("mul", [g, dy]), slope])
          },
        ], &builder)
    },
  ]
  + activation(
    "leaky_relu", "x where it is above 0, else slope * x (Maas et al. 2013).",
    AttributeDefinition("slope", .float, default: .float(0.01), "the slope below 0; 0 or above"),
    .selectPositive(x, x, .attribute("slope") * x), slope: .selectPositive(y, 1, .attribute("slope")),
    example: 0.25, range: .all, otherNames: ["leakyrelu", "lrelu"], points: [(-1, -0.25), (0, 0), (1, 1)])
  + activation(
    "elu", "x where it is above 0, else alpha * (exp(x) - 1) (Clevert et al. 2016, equation 16).",
    AttributeDefinition(
      "alpha", .float, default: .float(1), "what the result goes to far below 0, negated; 0 or above"),
    .selectPositive(x, x, .attribute("alpha") * (exp(x) - 1)),
    slope: .selectPositive(y, 1, y + .attribute("alpha")), example: 0.75, range: .hardlyNegative,
    points: [(-1, -0.4740904191214182), (0, 0), (1, 1)])
