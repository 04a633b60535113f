/// Sampling and KL in one loop over the latents, the noise generated inside; made by fuse-reparam-kl.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

private let code = TensorType.perImage(3)

private func checkLatents(_ context: TypingContext, _ count: Int, _ op: String) throws -> TensorType {
  let mean = context.operands[0]
  guard mean.element == .f32, mean.isPerImage, mean.rank >= 2 else {
    throw TypeError("'\(op)' needs a row of latents per image, not \(mean)")
  }
  for operand in context.operands.prefix(count)
  where operand.dimensions != mean.dimensions || operand.element != .f32 {
    throw TypeError("'\(op)' needs equal shapes, not \(mean) and \(operand)")
  }
  return mean
}

private func forward(_ context: EvaluationContext, _ noise: [Double]) -> [HostTensor] {
  let (mean, logvar) = (context.operands[0], context.operands[1])
  let perImage = mean.shape.dropFirst().reduce(1, *)
  var z = mean
  var kl = HostTensor(zeros: [mean.shape[0]])
  for position in mean.data.indices {
    let (m, l) = (mean.data[position], logvar.data[position])
    z.data[position] = m + exp(0.5 * l) * noise[position]
    kl.data[position / perImage] += 0.5 * (m * m + (exp(l) - 1 - l))
  }
  return [z, kl]
}

/// Operands: mean, logvar, dz, dkl, then the noise's.
private func backward(_ context: EvaluationContext, _ noise: [Double]) -> [HostTensor] {
  let operands = context.operands
  let perImage = operands[0].shape.dropFirst().reduce(1, *)
  var (dmean, dlogvar) = (operands[0], operands[1])
  for position in dmean.data.indices {
    let (m, l, dz) = (operands[0].data[position], operands[1].data[position], operands[2].data[position])
    let dkl = operands[3].data[position / perImage]
    dmean.data[position] = dz + dkl * m
    dlogvar.data[position] = dz * noise[position] * 0.5 * exp(0.5 * l) + dkl * 0.5 * (exp(l) - 1)
  }
  return [dmean, dlogvar]
}

private func draw(_ context: EvaluationContext, from first: Int) -> [Double] {
  let shape = context.operands[0].shape
  return DrawAttributes.normals(
    context.operands[first..<first + 3], context.attributes, images: shape[0],
    perImage: shape.dropFirst().reduce(1, *))
}

let fusedLatentOps: [OpDefinition] = [
  OpDefinition(
    name: "reparam_kl",
    summary:
      "Draws z from N(mean, exp(logvar)) with noise made on the spot, and sums the KL to N(0, 1) per image.",
    operands: ["mean", "logvar"].map { OperandDefinition($0) } + DrawAttributes.counters, results: ["z", "kl"],
    attributes: [DrawAttributes.stream, DrawAttributes.domain],
    inferTypes: { context in
      let mean = try checkLatents(context, 2, "reparam_kl")
      try DrawAttributes.check(context, at: 2, "reparam_kl")
      return [mean, .perImage()]
    },
    evaluate: { forward($0, draw($0, from: 2)) },
    flops: { operands, _, _ in operands[0].count * 50 },
    example: OpExample(
      [code, code] + DrawAttributes.counterTypes, ["stream": .int(0x3f1c), "domain": .symbol("train")],
      wrong: ([code, .perImage(4)] + DrawAttributes.counterTypes, "equal shapes"))),
  OpDefinition(
    name: "reparam_kl_gradient", summary: "Gradient of reparam_kl; the noise is made again, not kept.",
    operands: ["mean", "logvar", "dz", "dkl"].map { OperandDefinition($0) } + DrawAttributes.counters,
    results: ["dmean", "dlogvar"], attributes: [DrawAttributes.stream, DrawAttributes.domain],
    inferTypes: { context in
      let mean = try checkLatents(context, 3, "reparam_kl_gradient")
      guard context.operands[3].element == .f32, context.operands[3].dimensions == [.images] else {
        throw TypeError("'reparam_kl_gradient' needs dkl f32[N], not \(context.operands[3])")
      }
      try DrawAttributes.check(context, at: 4, "reparam_kl_gradient")
      return [mean, mean]
    },
    evaluate: { backward($0, draw($0, from: 4)) },
    flops: { operands, _, _ in operands[0].count * 55 },
    example: OpExample(
      [code, code, code, .perImage()] + DrawAttributes.counterTypes,
      ["stream": .int(0x3f1c), "domain": .symbol("train")],
      wrong: ([code, code, .perImage(4), .perImage()] + DrawAttributes.counterTypes, "equal shapes"))),
  OpDefinition(
    name: "reparam_kl_given", summary: "reparam_kl with noise given by the caller.",
    operands: ["mean", "logvar", "noise"].map { OperandDefinition($0) }, results: ["z", "kl"],
    inferTypes: { context in
      [try checkLatents(context, 3, "reparam_kl_given"), .perImage()]
    },
    evaluate: { forward($0, $0.operands[2].data) },
    flops: { operands, _, _ in operands[0].count * 10 },
    example: OpExample([code, code, code], wrong: ([code, .perImage(4), code], "equal shapes"))),
  OpDefinition(
    name: "reparam_kl_given_gradient", summary: "Gradient of reparam_kl_given.",
    operands: ["mean", "logvar", "dz", "dkl", "noise"].map { OperandDefinition($0) },
    results: ["dmean", "dlogvar"],
    inferTypes: { context in
      let mean = try checkLatents(context, 3, "reparam_kl_given_gradient")
      guard context.operands[3].element == .f32, context.operands[3].dimensions == [.images],
        context.operands[4].element == .f32, context.operands[4].dimensions == mean.dimensions
      else {
        throw TypeError("'reparam_kl_given_gradient' needs dkl f32[N] and noise \(mean)")
      }
      return [mean, mean]
    },
    evaluate: { backward($0, $0.operands[4].data) },
    flops: { operands, _, _ in operands[0].count * 15 },
    example: OpExample(
      [code, code, code, .perImage(), code],
      wrong: ([code, code, .perImage(4), .perImage(), code], "equal shapes"))),
]
