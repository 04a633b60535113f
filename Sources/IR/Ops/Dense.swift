/// Dense layers and their gradients: three products, closed under differentiation. Weights are `[out, in]`.

private func requireMatrix(_ context: TypingContext, _ index: Int, _ op: String, _ form: String) throws {
  guard context.operands[index].element.isFloat, context.operands[index].rank == 2 else {
    throw TypeError("'\(op)' needs \(form), not \(context.operands[index])")
  }
}

private func requireRows(_ context: TypingContext, _ index: Int, _ op: String) throws {
  try requireMatrix(context, index, op, "a row of numbers per image, f32[N,features]")
  guard context.operands[index].isPerImage else {
    throw TypeError("'\(op)' needs a row of numbers per image, f32[N,features], not \(context.operands[index])")
  }
}

/// C[i, j] = sum over l of A(i, l) B[l, j], the rows of C side by side. A(i, l) stands at `i * strides.row + l * strides.inner`
/// of its elements, so that it may be a transposed matrix.
private func product(
  _ a: HostTensor, strides: (row: Int, inner: Int), _ b: HostTensor, rows: Int
) throws -> HostTensor {
  let (inner, columns) = (b.shape[0], b.shape[1])
  guard a.count == rows * inner, b.count == inner * columns else { throw misfit }
  let data = filled(count: rows * columns, parts: rows) { i, _, row in
    // Invariant: b has inner x columns elements and the row has as many as b has columns.
    b.data.withUnsafeBufferPointer { b in
      for l in 0..<inner {
        let left = a.data[i * strides.row + l * strides.inner]
        let from = l * columns
        for j in 0..<columns { row[j] += left * b[from + j] }
      }
    }
  }
  return HostTensor(shape: [rows, columns], data: data)
}

/// y[n, o] = sum over i of x[n, i] w[o, i], the images side by side.
private func productOfRows(_ x: HostTensor, _ w: HostTensor) throws -> HostTensor {
  let (images, inputs, outputs) = (x.shape[0], x.shape[1], w.shape[0])
  guard x.count == images * inputs, w.count == outputs * inputs else { throw misfit }
  let data = filled(count: images * outputs, parts: images) { n, _, y in
    // Invariant: x has images x inputs elements, w has outputs x inputs, and y has as many as there are outputs.
    x.data.withUnsafeBufferPointer { x in
      w.data.withUnsafeBufferPointer { w in
        for o in 0..<outputs {
          var sum = 0.0
          for i in 0..<inputs { sum += x[n * inputs + i] * w[o * inputs + i] }
          y[o] = sum
        }
      }
    }
  }
  return HostTensor(shape: [images, outputs], data: data)
}

private let misfit = TypeError("a dense layer is given tensors that do not fit each other")

private func productFlops(_ weights: TensorType) -> Int { 2 * weights.count }

let denseOps: [OpDefinition] = [
  OpDefinition(
    name: "dense",
    summary: "Dense layer: x times the transpose of w, times scale, plus bias, then the epilogue.",
    operands: [OperandDefinition("x"), OperandDefinition("w"), Epilogue.operand, Epilogue.scale],
    results: ["y"],
    attributes: [Epilogue.attribute],
    isProduct: true,
    inferTypes: { context in
      try requireRows(context, 0, "dense")
      try requireMatrix(context, 1, "dense", "weights f32[out,in]")
      try context.requireFactors("dense")
      guard context.unify(0, 1, 1, 1) else {
        throw TypeError(
          "'dense' with weights \(context.operands[1]) does not fit its input \(context.operands[0])")
      }
      let result = TensorType(.f32, [context.operands[0].dimensions[0], context.operands[1].dimensions[0]])
      try Epilogue.check(&context, result: result, "dense")
      return [result]
    },
    evaluate: { context in
      [try Epilogue.apply(productOfRows(context.operands[0], context.operands[1]), context)]
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
    isProduct: true,
    inferTypes: { context in
      try requireRows(context, 0, "dense_data_gradient")
      try requireMatrix(context, 1, "dense_data_gradient", "weights f32[out,in]")
      try context.requireFactors("dense_data_gradient")
      guard context.unify(0, 1, 1, 0) else {
        throw TypeError(
          "'dense_data_gradient' with weights \(context.operands[1]) does not fit \(context.operands[0])")
      }
      let result = TensorType(.f32, [context.operands[0].dimensions[0], context.operands[1].dimensions[1]])
      try Epilogue.check(&context, result: result, "dense_data_gradient")
      return [result]
    },
    evaluate: { context in
      let (dy, w) = (context.operands[0], context.operands[1])
      let dx = try product(dy, strides: (w.shape[0], 1), w, rows: dy.shape[0])
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
    isProduct: true,
    inferTypes: { context in
      try requireRows(context, 0, "dense_weight_gradient")
      try requireRows(context, 1, "dense_weight_gradient")
      try context.requireFactors("dense_weight_gradient")
      let (dy, x) = (context.operands[0], context.operands[1])
      guard dy.dimensions[0] == x.dimensions[0] else {
        throw TypeError("'dense_weight_gradient' needs as many rows in \(dy) as in \(x)")
      }
      return [TensorType(.f32, [dy.dimensions[1], x.dimensions[1]])]
    },
    evaluate: { context in
      let (dy, x) = (context.operands[0], context.operands[1])
      return [try product(dy, strides: (1, dy.shape[1]), x, rows: dy.shape[1])]
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
