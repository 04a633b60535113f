/// Dense layers and their gradients: three products, closed under differentiation. Weights are `[out, in]`.

private func requireMatrix(_ context: TypingContext, _ index: Int, _ op: String, _ form: String) throws {
  try context.require(index, .f32, op)
  guard context.operands[index].rank == 2 else {
    throw TypeError("'\(op)' needs \(form), not \(context.operands[index])")
  }
}

private func requireRows(_ context: TypingContext, _ index: Int, _ op: String) throws {
  try requireMatrix(context, index, op, "a row of numbers per image, f32[N,features]")
  guard context.operands[index].isPerImage else {
    throw TypeError("'\(op)' needs a row of numbers per image, f32[N,features], not \(context.operands[index])")
  }
}

/// C[m, n] = sum over k of a(m, k) b(k, n), the rows of C side by side.
private func product(
  _ m: Int, _ n: Int, _ k: Int, _ a: @Sendable (Int, Int) -> Double, _ b: @Sendable (Int, Int) -> Double
) -> HostTensor {
  let data = filled(count: m * n, parts: m) { i, _, row in
    for l in 0..<k {
      let left = a(i, l)
      for j in 0..<n { row[j] += left * b(l, j) }
    }
  }
  return HostTensor(shape: [m, n], data: data)
}

private func productFlops(_ weights: TensorType) -> Int { 2 * weights.count }

let denseOps: [OpDefinition] = [
  OpDefinition(
    name: "dense", summary: "Dense layer: x times the transpose of w, plus bias, then the epilogue.",
    operands: [OperandDefinition("x"), OperandDefinition("w"), Epilogue.operand], results: ["y"],
    attributes: [Epilogue.attribute],
    inferTypes: { context in
      try requireRows(context, 0, "dense")
      try requireMatrix(context, 1, "dense", "weights f32[out,in]")
      guard context.unify(0, 1, 1, 1) else {
        throw TypeError(
          "'dense' with weights \(context.operands[1]) does not fit its input \(context.operands[0])")
      }
      let result = TensorType(.f32, [context.operands[0].dimensions[0], context.operands[1].dimensions[0]])
      try Epilogue.check(&context, result: result, "dense")
      return [try checked(result)]
    },
    evaluate: { context in
      let (x, w) = (context.operands[0], context.operands[1])
      let (n, k, m) = (x.shape[0], x.shape[1], w.shape[0])
      let y = filled(count: n * m, parts: n) { image, _, row in
        for o in 0..<m {
          for i in 0..<k { row[o] += x.data[image * k + i] * w.data[o * k + i] }
        }
      }
      return [Epilogue.apply(HostTensor(shape: [n, m], data: y), context)]
    },
    gradient: { context, builder in
      let context = try context.beforeEpilogue(&builder)
      let (x, w) = (context.operand(0), context.operand(1))
      return try context.each(
        [
          { g, builder in try builder.add("dense_data_gradient", [g, w]) },
          { g, builder in try builder.add("dense_weight_gradient", [g, x]) },
          context.thirdOperandGradient,
        ], &builder)
    },
    flops: { operands, _, _ in productFlops(operands[1]) },
    example: OpExample(
      [.perImage(5), .f32(3, 5), .f32(3)], ["epilogue": .symbol("relu")],
      wrong: ([.perImage(4), .f32(3, 5), .f32(3)], "does not fit its input f32[N,4]"))),
  OpDefinition(
    name: "dense_data_gradient", summary: "Gradient of dense by its input: dy times w.",
    operands: [OperandDefinition("dy"), OperandDefinition("w"), Epilogue.operand], results: ["dx"],
    attributes: [Epilogue.attribute],
    inferTypes: { context in
      try requireRows(context, 0, "dense_data_gradient")
      try requireMatrix(context, 1, "dense_data_gradient", "weights f32[out,in]")
      guard context.unify(0, 1, 1, 0) else {
        throw TypeError(
          "'dense_data_gradient' with weights \(context.operands[1]) does not fit \(context.operands[0])")
      }
      let result = TensorType(.f32, [context.operands[0].dimensions[0], context.operands[1].dimensions[1]])
      try Epilogue.check(&context, result: result, "dense_data_gradient")
      return [try checked(result)]
    },
    evaluate: { context in
      let (dy, w) = (context.operands[0], context.operands[1])
      let (n, k, m) = (dy.shape[0], dy.shape[1], w.shape[1])
      let dx = product(n, m, k, { dy.data[$0 * k + $1] }, { w.data[$0 * m + $1] })
      return [Epilogue.apply(dx, context)]
    },
    gradient: { context, builder in
      let context = try context.beforeEpilogue(&builder)
      let (dy, w) = (context.operand(0), context.operand(1))
      return try context.each(
        [
          { g, builder in try builder.add("dense", [g, w]) },
          { g, builder in try builder.add("dense_weight_gradient", [dy, g]) },
          context.thirdOperandGradient,
        ], &builder)
    },
    flops: { operands, _, _ in productFlops(operands[1]) },
    example: OpExample(
      [.perImage(3), .f32(3, 5), .perImage(5)], ["epilogue": .symbol("relu_gradient")],
      wrong: ([.perImage(4), .f32(3, 5), .perImage(5)], "does not fit f32[N,4]"))),
  OpDefinition(
    name: "dense_weight_gradient", summary: "Gradient of dense by its weights: the transpose of dy times x.",
    operands: [OperandDefinition("dy"), OperandDefinition("x")], results: ["dw"], couplesImages: true,
    inferTypes: { context in
      try requireRows(context, 0, "dense_weight_gradient")
      try requireRows(context, 1, "dense_weight_gradient")
      return [TensorType(.f32, [context.operands[0].dimensions[1], context.operands[1].dimensions[1]])]
    },
    evaluate: { context in
      let (dy, x) = (context.operands[0], context.operands[1])
      let (m, n, k) = (dy.shape[1], x.shape[1], x.shape[0])
      return [product(m, n, k, { dy.data[$1 * m + $0] }, { x.data[$0 * n + $1] })]
    },
    gradient: { context, builder in
      let (dy, x) = (context.operand(0), context.operand(1))
      return try context.each(
        [
          { g, builder in try builder.add("dense", [x, g]) },
          { g, builder in try builder.add("dense_data_gradient", [dy, g]) },
        ], &builder)
    },
    flops: { _, results, _ in 2 * results[0].count },
    example: OpExample(
      [.perImage(3), .perImage(5)], wrong: ([.perImage(3), .perImage(5, 2)], "a row of numbers per image"))),
]
