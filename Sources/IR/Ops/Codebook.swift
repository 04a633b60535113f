/// Vector quantization (van den Oord, Vinyals and Kavukcuoglu 2017): the vector of the channels at each position of an image becomes
/// a row of a codebook `[codes, channels]`. Codes are whole numbers as f32, one for each position.

private let rows = TensorType.perImage(2, 3)
private let numbers = TensorType.perImage(1, 3)
private let book = TensorType.f32(4, 2)

/// The row that a number stands for: it, rounded down. Nil where the codebook has no such row.
private func row(_ code: Double, of count: Int) -> Int? {
  code >= 0 && code < Double(count) ? Int(code.rounded(.down)) : nil
}

/// Calls `body` for each position of each image: with the index of its code, and that of an element of a channel there.
private func forEachPosition(
  images: Int, channels: Int, positions: Int, _ body: (_ code: Int, _ element: (Int) -> Int) -> Void
) {
  for image in 0..<images {
    for position in 0..<positions {
      body(image * positions + position) { channel in (image * channels + channel) * positions + position }
    }
  }
}

let codebookOps: [OpDefinition] = [
  OpDefinition(
    name: "nearest_code",
    summary:
      "The number of the codebook's row that is nearest to the channels at each position; of several the lowest.",
    operands: [
      OperandDefinition("z", differentiable: false), OperandDefinition("codebook", differentiable: false),
    ],
    results: ["codes"], mapsSamples: false,
    inferTypes: { context in
      try context.requireOneRow(0, "nearest_code")
      _ = try context.channels(0, "nearest_code")
      try context.requireCodebook(1, channelsOf: 0, "nearest_code")
      return [context.withChannels(0, 1)]
    },
    evaluate: { context in
      let (z, book) = (context.operands[0], context.operands[1])
      let channels = z.shape[1]
      var codes = HostTensor(zeros: context.resultShapes[0])
      forEachPosition(images: z.shape[0], channels: channels, positions: z.positions) { code, element in
        var least = Double.infinity
        for row in 0..<book.shape[0] {
          let distance = (0..<channels).reduce(0.0) { sum, channel in
            let difference = z.data[element(channel)] - book.data[row * channels + channel]
            return sum + difference * difference
          }
          if distance < least { (least, codes.data[code]) = (distance, Double(row)) }
        }
      }
      return [codes]
    },
    gradient: { _, _ in [nil, nil] },
    flops: { operands, _, _ in 3 * operands[0].count * (operands[1].extents.first ?? 1) },
    example: OpExample(
      [rows, book],
      wrong: ([rows, .f32(4, 3)], "needs a codebook with as many numbers a row as f32[N,2,3] has channels"))),
  OpDefinition(
    name: "lookup",
    summary: "The codebook's row for each code, rounded down, as channels; zeros where it has none.",
    operands: [OperandDefinition("codes", differentiable: false), OperandDefinition("codebook")],
    results: ["q"], mapsSamples: false,
    inferTypes: { context in
      try context.requireOneRow(0, "lookup")
      try context.requireCodes(0, "lookup")
      try context.require(1, .f32, "lookup")
      try context.require(1, rank: 2, "lookup", "a codebook f32[codes,channels]")
      guard let channels = context.operands[1].dimensions[1].fixedExtent else {
        throw TypeError("'lookup' needs a codebook whose extents are known, not \(context.operands[1])")
      }
      return [context.withChannels(0, channels)]
    },
    evaluate: { context in
      let (codes, book) = (context.operands[0], context.operands[1])
      let channels = book.shape[1]
      var q = HostTensor(zeros: context.resultShapes[0])
      forEachPosition(images: codes.shape[0], channels: channels, positions: codes.positions) { code, element in
        guard let row = row(codes.data[code], of: book.shape[0]) else { return }
        for channel in 0..<channels { q.data[element(channel)] = book.data[row * channels + channel] }
      }
      return [q]
    },
    gradient: { context, builder in
      let codes = context.operand(0)
      let count = builder.type(of: context.operand(1)).extents[0]
      return try context.each(
        [nil, { g, builder in try builder.add("lookup_gradient", [g, codes], ["codes": .int(count)]) }],
        &builder)
    },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [numbers, book], wrong: ([rows, book], "needs one code for each position"), lowerBound: 0)),
  OpDefinition(
    name: "lookup_gradient",
    summary: "Gradient of lookup by the codebook: of each row the sum where its code stands.",
    operands: [OperandDefinition("dq"), OperandDefinition("codes", differentiable: false)],
    results: ["dcodebook"],
    attributes: [AttributeDefinition("codes", .int, "rows of the codebook")], couplesImages: true,
    mapsSamples: false,
    inferTypes: { context in
      try context.requireOneRow(0, "lookup_gradient")
      let channels = try context.channels(0, "lookup_gradient")
      try context.requireCodes(1, "lookup_gradient")
      guard context.withChannels(0, 1).dimensions == context.operands[1].dimensions else {
        throw TypeError(
          "'lookup_gradient' needs a code for each position of \(context.operands[0]), not \(context.operands[1])"
        )
      }
      return [TensorType(.f32, [.fixed(context.attributes.int("codes")), .fixed(channels)])]
    },
    evaluate: { context in
      let (dq, codes) = (context.operands[0], context.operands[1])
      let channels = dq.shape[1]
      var book = HostTensor(zeros: context.resultShapes[0])
      forEachPosition(images: dq.shape[0], channels: channels, positions: dq.positions) { code, element in
        guard let row = row(codes.data[code], of: book.shape[0]) else { return }
        for channel in 0..<channels { book.data[row * channels + channel] += dq.data[element(channel)] }
      }
      return [book]
    },
    gradient: { context, builder in
      let codes = context.operand(1)
      return try context.each([{ g, builder in try builder.add("lookup", [codes, g]) }, nil], &builder)
    },
    flops: { operands, _, _ in operands[0].count },
    example: OpExample(
      [rows, numbers], ["codes": .int(4)], wrong: ([rows, .perImage(1, 4)], "needs a code for each position"),
      lowerBound: 0)),
]

extension TypingContext {
  fileprivate mutating func requireCodebook(_ index: Int, channelsOf tensor: Int, _ op: String) throws {
    guard operands[index].element == .f32, operands[index].rank == 2, !operands[index].isPerImage,
      unify(tensor, 1, index, 1)
    else {
      throw TypeError(
        "'\(op)' needs a codebook with as many numbers a row as \(operands[tensor]) has channels, not \(operands[index])"
      )
    }
  }

  fileprivate func requireCodes(_ index: Int, _ op: String) throws {
    guard try channels(index, op) == 1 else {
      throw TypeError("'\(op)' needs one code for each position, f32[N,1,...], not \(operands[index])")
    }
  }
}
