#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Logarithms of the probabilities of classes, from which the likelihood of a class, its gradient and the probabilities themselves
/// follow by elementwise ops and sums.
let categoricalOps: [OpDefinition] = [
  // The gradient of the logarithm of one probability, dy 1 at its class, is the known 1 - p there and -p elsewhere.
  OpDefinition(
    name: "log_softmax",
    summary:
      "Logarithms of the probabilities exp(x) / sum of exp(x) of an image's classes: "
      + "(x - m) - log(sum of exp(x - m)), m the largest.",
    operands: [OperandDefinition("x")], results: ["y"],
    attributes: [AttributeDefinition("classes", .int, "numbers of a row, one for each class")],
    inferTypes: { context in
      let (type, classes) = (context.operands[0], context.attributes.int("classes"))
      guard type.element == .f32, type.isPerImage, type.rank == 2, type.dimensions[1] == .fixed(classes) else {
        throw TypeError(
          "'log_softmax' needs \(TensorType.perImage(classes)), a number for each class, not \(type)")
      }
      return [type]
    },
    evaluate: { context in
      var y = context.operands[0]
      let classes = y.shape[1]
      for image in 0..<y.shape[0] {
        let row = image * classes..<(image + 1) * classes
        let largest = y.data[row].max() ?? 0
        let sum = y.data[row].reduce(0) { $0 + exp($1 - largest) }
        for index in row { y.data[index] = y.data[index] - largest - log(sum) }
      }
      return [y]
    },
    gradient: { context, builder in
      let y = context.result()
      return try context.each(
        [
          { g, builder in
            let sum = try builder.add("sum_per_image", [g])
            let share = try builder.add("mul", [try builder.add("exp", [y]), sum])
            return try builder.add("sub", [g, share])
          }
        ], &builder)
    },
    flops: { operands, _, _ in operands[0].count * 20 },
    example: OpExample(
      [.perImage(5)], ["classes": .int(5)],
      wrong: ([.perImage(4)], "needs f32[N,5], a number for each class, not f32[N,4]")))
]
