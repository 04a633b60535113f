/// What a product does to its result before it is stored. The attribute `epilogue` names an activation; the third
/// operand is then the bias, and a fourth what each channel is multiplied by before the bias is added. Or it names an
/// activation's gradient; the third operand is then the activation's output: `relu_gradient` keeps the result where that
/// output is above zero.
enum Epilogue {
  static let attribute = AttributeDefinition(
    "epilogue", .symbol, default: .symbol("none"),
    "applied to each element of the result: none, relu, sigmoid, tanh, or one of their gradients")

  static let operand = OperandDefinition("bias", optional: true)
  /// Of the products that layers are made of: what normalization by running statistics multiplies a channel by.
  static let scale = OperandDefinition("scale", optional: true, differentiable: false)

  private static let activations = ["relu", "sigmoid", "tanh"]

  /// The op whose formula the epilogue applies, or nil for none.
  static func definition(_ attributes: Attributes) -> OpDefinition? {
    guard let name = attributes.symbol("epilogue"),
      activations.contains(where: { $0 == name || $0 + "_gradient" == name })
    else { return nil }
    return activationOps.first { $0.name == name }
  }

  static func isGradient(_ attributes: Attributes) -> Bool {
    definition(attributes).map { $0.operands.count == 2 } ?? false
  }

  /// Checks the third operand and the attribute against the type of the result.
  static func check(_ context: inout TypingContext, result: TensorType, _ op: String) throws {
    let name = context.attributes.symbol("epilogue") ?? "none"
    guard name == "none" || definition(context.attributes) != nil else {
      throw TypeError("'\(op)' has no epilogue '\(name)'")
    }
    if isGradient(context.attributes) {
      guard context.operands.count == 3, context.operands[2].element == .f32,
        context.operands[2].dimensions == result.dimensions
      else {
        throw TypeError(
          "'\(op)' with the epilogue \(name) needs the activation's output \(result) as third operand")
      }
    } else {
      for index in context.operands.indices.dropFirst(2) {
        try checkChannels(&context, index, index == 2 ? "bias" : "scale", result: result, op)
      }
    }
  }

  /// Requires a number for each channel of the result.
  private static func checkChannels(
    _ context: inout TypingContext, _ index: Int, _ what: String, result: TensorType, _ op: String
  ) throws {
    let channels = result.dimensions[1]
    let misfit = TypeError(
      "'\(op)' needs a \(what) \(TensorType(.f32, [channels])), not \(context.operands[index])")
    guard context.operands[index].rank == 1, context.operands[index].element == .f32 else { throw misfit }
    if context.operands[index].dimensions[0] == .unknown { context.operands[index].dimensions[0] = channels }
    guard context.operands[index].dimensions[0] == channels || channels == .unknown else { throw misfit }
  }

  /// Applies scale and bias, or mask, and the activation to a product.
  static func apply(_ product: HostTensor, _ context: EvaluationContext) -> HostTensor {
    let masks = isGradient(context.attributes)
    let third = context.operands.count > 2 ? context.operands[2] : nil
    var result = product
    if context.operands.count > 3 { result = multiplyChannels(context.operands[3], product) }
    if let third, !masks { result = addChannels(third, to: result) }
    guard let formula = definition(context.attributes)?.formula else { return result }
    let operands = masks ? [result.data, third?.data ?? []] : [result.data]
    result.data = mapElements(
      formula, operands, shape: result.shape, images: context.images, Attributes())
    return result
  }
}

/// Adds one number per channel (dimension 1).
func addChannels(_ bias: HostTensor, to x: HostTensor) -> HostTensor {
  mapChannels(bias, x) { $0 + $1 }
}

/// Multiplies by one number per channel.
private func multiplyChannels(_ scale: HostTensor, _ x: HostTensor) -> HostTensor {
  mapChannels(scale, x) { $0 * $1 }
}

private func mapChannels(
  _ numbers: HostTensor, _ x: HostTensor, _ change: (Double, Double) -> Double
) -> HostTensor {
  var result = x
  let inner = x.shape.dropFirst(2).reduce(1, *)
  for row in 0..<x.shape[0] * x.shape[1] {
    let number = numbers.data[row % x.shape[1]]
    for position in row * inner..<(row + 1) * inner {
      result.data[position] = change(result.data[position], number)
    }
  }
  return result
}

extension GradientContext {
  /// The context of the product alone: the gradient that arrives is led back through the epilogue.
  func beforeEpilogue(_ builder: inout EntryBuilder) throws -> GradientContext {
    guard operation.operands.count < 4 else {
      throw TypeError("'\(operation.name)' with a scale cannot be differentiated: differentiate before fusion")
    }
    guard let epilogue = Epilogue.definition(attributes), let gradient = resultGradients[0] else { return self }
    let led: ValueID
    if Epilogue.isGradient(attributes) {
      // The mask of relu_gradient has no gradient; the slopes of the others would need the product without them.
      guard epilogue.name == "relu_gradient" || !(wanted.last ?? false) else {
        throw TypeError(
          "'\(operation.name)' with the epilogue \(epilogue.name) cannot be differentiated: differentiate before fusion"
        )
      }
      led = try builder.add(epilogue.name, [gradient, operand(2)])
    } else {
      led = try builder.add(epilogue.name + "_gradient", [gradient, result()])
    }
    return GradientContext(operation: operation, resultGradients: [led], wanted: wanted)
  }

  /// Makes the gradient of the third operand from the one that arrives before the epilogue: a bias's sum, nothing for a mask.
  var thirdOperandGradient: ((ValueID, inout EntryBuilder) throws -> ValueID)? {
    guard operation.operands.count > 2, !Epilogue.isGradient(attributes) else { return nil }
    return { gradient, builder in try builder.add("sum_to_channels", [gradient]) }
  }
}
