/// The Bernoulli likelihood from logits and its gradient in one pass over the pixels; made by fuse-likelihood. The
/// sigmoid is never stored, and bytes are converted where they are used.

private let logits = TensorType.perImage(2, 3, 3)
private let bytes = TensorType(.u8, [.images, .fixed(2), .fixed(3), .fixed(3)])

private func check(_ context: TypingContext, _ op: String) throws -> TensorType {
  let (logits, target) = (context.operands[0], context.operands[1])
  guard logits.element == .f32, logits.isPerImage, logits.rank >= 2 else {
    throw TypeError("'\(op)' needs logits with a row per image, not \(logits)")
  }
  guard target.dimensions == logits.dimensions, target.element == .f32 || target.element == .u8 else {
    throw TypeError("'\(op)' needs equal shapes of logits and target, not \(logits) and \(target)")
  }
  return logits
}

/// The target as grey levels: bytes are told from floats by the attribute that the fusion sets.
private func greyLevels(_ context: EvaluationContext) -> [Double] {
  let target = context.operands[1].data
  return context.attributes.symbol("target") == "bytes" ? target.map { $0 / 255 } : target
}

private let targetAttribute = AttributeDefinition(
  "target", .symbol, default: .symbol("floats"),
  "what the target holds: floats, or bytes that stand for b / 255")

private func checkTarget(_ context: TypingContext, _ op: String) throws {
  let name = context.attributes.symbol("target") ?? ""
  guard name == "bytes" || name == "floats" else {
    throw TypeError("'\(op)' has a target of bytes or floats, not '\(name)'")
  }
  let isBytes = name == "bytes"
  guard isBytes == (context.operands[1].element == .u8) else {
    throw TypeError("'\(op)' with target = \(isBytes ? "bytes" : "floats") is given \(context.operands[1])")
  }
}

let fusedLikelihoodOps: [OpDefinition] = [
  OpDefinition(
    name: "bernoulli_loglik_sum", summary: "bernoulli_loglik summed per image.",
    operands: [OperandDefinition("logits"), OperandDefinition("target")], results: ["loglik"],
    attributes: [targetAttribute],
    inferTypes: { context in
      _ = try check(context, "bernoulli_loglik_sum")
      try checkTarget(context, "bernoulli_loglik_sum")
      return [.perImage()]
    },
    evaluate: { context in
      let logits = context.operands[0]
      let target = greyLevels(context)
      var sums = HostTensor(zeros: context.resultShapes[0])
      let perImage = logits.count / max(1, logits.shape[0])
      for (position, logit) in logits.data.enumerated() {
        sums.data[position / perImage] += target[position] * logit - ScalarUnary.softplus.apply(logit)
      }
      return [sums]
    },
    flops: { operands, _, _ in operands[0].count * 20 },
    example: OpExample(
      [logits, bytes], ["target": .symbol("bytes")], wrong: ([logits, .perImage(2, 3, 4)], "equal shapes"))),
  OpDefinition(
    name: "bernoulli_loglik_sum_gradient",
    summary: "bernoulli_loglik summed per image, and its gradient by the logits for d, one number per image.",
    operands: [OperandDefinition("logits"), OperandDefinition("target"), OperandDefinition("d")],
    results: ["loglik", "dlogits"], attributes: [targetAttribute],
    inferTypes: { context in
      let type = try check(context, "bernoulli_loglik_sum_gradient")
      try checkTarget(context, "bernoulli_loglik_sum_gradient")
      guard context.operands[2].element == .f32, context.operands[2].dimensions == [.images] else {
        throw TypeError("'bernoulli_loglik_sum_gradient' needs d f32[N], not \(context.operands[2])")
      }
      return [.perImage(), type.with(layout: .canonical)]
    },
    evaluate: { context in
      let logits = context.operands[0]
      let target = greyLevels(context)
      var sums = HostTensor(zeros: context.resultShapes[0])
      var gradient = logits
      let perImage = logits.count / max(1, logits.shape[0])
      for (position, logit) in logits.data.enumerated() {
        let image = position / perImage
        sums.data[image] += target[position] * logit - ScalarUnary.softplus.apply(logit)
        gradient.data[position] =
          context.operands[2].data[image] * (target[position] - ScalarUnary.sigmoid.apply(logit))
      }
      return [sums, gradient]
    },
    flops: { operands, _, _ in operands[0].count * 24 },
    example: OpExample(
      [logits, logits, .perImage()], wrong: ([logits, .perImage(2, 3, 4), .perImage()], "equal shapes"))),
]
