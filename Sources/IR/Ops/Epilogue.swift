/// What a product does to its result before it is stored. The attribute `epilogue` names an activation; the third
/// operand is then the bias. Or it names an activation's gradient; the third operand is then the activation's output:
/// `relu_gradient` keeps the result where that output is above zero.
enum Epilogue {
  static let attribute = AttributeDefinition(
    "epilogue", .symbol, default: .symbol("none"),
    "applied to each element of the result: none, relu, sigmoid, tanh, or one of their gradients")

  static let operand = OperandDefinition("bias", optional: true)

  /// The op whose formula the epilogue applies, or nil for none.
  static func definition(_ attributes: Attributes) -> OpDefinition? {
    guard let name = attributes.symbol("epilogue"), name != "none" else { return nil }
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
      guard context.operands.count == 3, context.operands[2].dimensions == result.dimensions else {
        throw TypeError(
          "'\(op)' with the epilogue \(name) needs the activation's output \(result) as third operand")
      }
    } else if context.operands.count == 3 {
      guard context.operands[2].rank == 1, context.operands[2].element == .f32 else {
        throw TypeError(
          "'\(op)' needs a bias \(TensorType(.f32, [result.dimensions[1]])), not \(context.operands[2])")
      }
      if context.operands[2].dimensions[0] == .unknown {
        context.operands[2].dimensions[0] = result.dimensions[1]
      }
      guard context.operands[2].dimensions[0] == result.dimensions[1] || result.dimensions[1] == .unknown else {
        throw TypeError(
          "'\(op)' needs a bias \(TensorType(.f32, [result.dimensions[1]])), not \(context.operands[2])")
      }
    }
  }

  /// Applies bias or mask and the activation to a product.
  static func apply(_ product: HostTensor, _ context: EvaluationContext) -> HostTensor {
    var result = product
    let formula = definition(context.attributes)?.formula
    let third = context.operands.count > 2 ? context.operands[2] : nil
    let masks = isGradient(context.attributes)
    let channels = product.shape[1]
    let inner = product.shape.dropFirst(2).reduce(1, *)
    for position in result.data.indices {
      var value = result.data[position]
      if let third, !masks { value += third.data[position / inner % channels] }
      if let formula {
        let operands = masks ? [value, third?.data[position] ?? 0] : [value]
        value = formula.evaluate(operands, Attributes())
      }
      result.data[position] = value
    }
    return result
  }
}

extension GradientContext {
  /// The gradient that arrives at a product before its epilogue. Products get their epilogues after differentiation, so
  /// only a plain bias can stand here.
  func requirePlainEpilogue() throws {
    guard attributes.symbol("epilogue") ?? "none" == "none", operation.operands.count == 2 else {
      throw TypeError(
        "'\(operation.name)' with a fused epilogue cannot be differentiated: differentiate before fusion")
    }
  }
}
