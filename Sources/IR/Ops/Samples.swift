#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Several rows for each image, `N*k`: draws of one posterior. All other ops do to each row what they do to one; these make
/// the rows and reduce them. In the canonical order an image's rows stand one behind the other.

private let rows = TensorType(.f32, [.images(4), .fixed(3)])
private let numbers = TensorType(.f32, [.images(4)])

private func requireRows(_ context: TypingContext, _ op: String) throws -> TensorType {
  let type = context.operands[0]
  guard type.element == .f32, type.isPerImage else {
    throw TypeError("'\(op)' needs an f32 tensor with rows for each image, not \(type)")
  }
  return type
}

/// Results of `body` on the numbers at one place of all of an image's rows.
private func reduceRows(_ context: EvaluationContext, _ body: ([Double]) -> Double) -> [HostTensor] {
  let x = context.operands[0]
  let shape = context.resultShapes[0]
  let size = shape.dropFirst().reduce(1, *)
  let samples = x.count / max(1, shape.reduce(1, *))
  let data = (0..<shape[0]).flatMap { image in
    (0..<size).map { element in
      body((0..<samples).map { x.data[(image * samples + $0) * size + element] })
    }
  }
  return [HostTensor(shape: shape, data: data)]
}

private func rowReduction(
  _ name: String, _ summary: String, example: TensorType = rows,
  of body: @escaping @Sendable ([Double]) -> Double, gradient: @escaping OpDefinition.GradientRule
) -> OpDefinition {
  OpDefinition(
    name: name, summary: summary, operands: [OperandDefinition("x")], results: ["y"], mapsSamples: false,
    inferTypes: { [try requireRows($0, name).with(samples: 1)] },
    evaluate: { reduceRows($0, body) },
    gradient: gradient, flops: { operands, _, _ in operands[0].count * operands[0].samples },
    example: OpExample([example], wrong: ([.f32(3, 5)], "rows for each image")))
}

private func repeated(_ value: ValueID, like operand: ValueID, _ builder: inout EntryBuilder) throws -> ValueID
{
  try builder.add("repeat_samples", [value], ["samples": .int(builder.type(of: operand).samples)])
}

let sampleOps: [OpDefinition] = [
  OpDefinition(
    name: "repeat_samples", summary: "The row of each image several times.",
    operands: [OperandDefinition("x")], results: ["y"],
    attributes: [AttributeDefinition("samples", .int, "rows for each image")], mapsSamples: false,
    inferTypes: { context in
      let type = try requireRows(context, "repeat_samples")
      let samples = context.attributes.int("samples")
      guard type.samples == 1, samples >= 1, samples <= elementLimit else {
        throw TypeError("'repeat_samples' cannot make \(samples) rows for each image of \(type)")
      }
      return [type.with(samples: samples)]
    },
    evaluate: { [repeatedRows($0.operands[0], samples: $0.attributes.int("samples"), images: $0.images)] },
    gradient: { context, builder in
      try context.each([{ g, builder in try builder.add("sum_samples", [g]) }], &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [.perImage(3)], ["samples": .int(4)], wrong: ([rows], "cannot make 4 rows for each image of f32[N*4,3]"))),
  rowReduction(
    "sum_samples", "Sum over the rows of each image.", of: { $0.reduce(0, +) },
    gradient: { context, builder in
      let x = context.operand(0)
      return try context.each([{ g, builder in try repeated(g, like: x, &builder) }], &builder)
    }),
  rowReduction(
    "mean_samples", "Mean over the rows of each image.", of: { $0.reduce(0, +) / Double(max(1, $0.count)) },
    gradient: { context, builder in
      let x = context.operand(0)
      return try context.each(
        [
          { g, builder in
            let share = try builder.constant(1 / Double(builder.type(of: x).samples))
            return try repeated(try builder.add("mul", [share, g]), like: x, &builder)
          }
        ], &builder)
    }),
  // The gradient is that of the sum, by each row's share of it: exp(x - y) / k.
  rowReduction(
    "log_mean_exp_samples", "log of the mean of exp(x) over the rows of each image.", example: numbers,
    of: { values in
      let largest = values.max() ?? 0
      guard largest.isFinite else { return largest }
      return largest + log(values.reduce(0) { $0 + exp($1 - largest) } / Double(max(1, values.count)))
    },
    gradient: { context, builder in
      let (x, y) = (context.operand(0), context.result())
      return try context.each(
        [
          { g, builder in
            let share = try builder.constant(1 / Double(builder.type(of: x).samples))
            let weight = try builder.add("exp", [try builder.add("sub", [x, y])])
            return try builder.add("mul", [try builder.add("mul", [share, g]), weight])
          }
        ], &builder)
    }),
]

/// The rows of a tensor with a row per image, each repeated.
public func repeatedRows(_ tensor: HostTensor, samples: Int, images: Int) -> HostTensor {
  let size = tensor.count / max(1, images)
  let data = (0..<images).flatMap { image in
    (0..<samples).flatMap { _ in tensor.data[image * size..<(image + 1) * size] }
  }
  return HostTensor(shape: [images * samples] + tensor.shape.dropFirst(), data: data)
}
