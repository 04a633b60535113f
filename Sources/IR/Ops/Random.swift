import Random

/// What identifies a draw: attributes of every op that makes random numbers.
enum DrawAttributes {
  static let stream = AttributeDefinition(
    "stream", .int, hexadecimal: true, "hash of the draw's path in the model's text")
  static let domain = AttributeDefinition(
    "domain", .symbol, "what the numbers are for: train, evaluate, sample")
  static let counters = ["seed", "epoch", "index"].map { OperandDefinition($0, differentiable: false) }
  /// Which of several draws of an image it is; 0 where it is left out.
  static let sample = OperandDefinition("sample", optional: true, differentiable: false)
  static let counterTypes = [TensorType(.i32, [.fixed(2)]), TensorType(.i32, []), TensorType(.i32, [.images])]

  static let samples = AttributeDefinition(
    "samples", .int, default: .int(1), "draws for each image, counted on from the sample")
  static let sampleType = TensorType(.i32, [])

  /// Checks the three operands `seed`, `epoch`, `index` that begin at a position, and the attributes.
  static func check(_ context: TypingContext, at first: Int, _ op: String) throws {
    for (offset, type) in counterTypes.enumerated() where context.operands[first + offset] != type {
      throw TypeError("'\(op)' needs \(counters[offset].name) \(type), not \(context.operands[first + offset])")
    }
    let name = context.attributes.symbol("domain") ?? ""
    guard RandomDomain.allCases.contains(where: { $0.name == name }) else {
      throw TypeError("'\(op)' has no domain '\(name)'")
    }
    guard UInt32(exactly: context.attributes.int("stream")) != nil else {
      throw TypeError("'\(op)' needs a stream of 32 bits")
    }
  }

  /// The standard normal numbers of a draw. The counters are seed, epoch, index and perhaps the sample.
  /// Of each image come `samples` rows, counted on from the sample.
  static func normals(
    _ counters: ArraySlice<HostTensor>, _ attributes: Attributes, images: Int, perImage: Int, samples: Int = 1
  ) -> [Double] {
    numbers(counters, attributes, images: images, perImage: perImage, samples: samples) {
      stream, element, image, epoch, sample in
      stream.normal(element: element, image: image, epoch: epoch, sample: sample)
    }
  }

  /// The uniform numbers in (0, 1) of a draw, which are float32 numbers.
  static func uniforms(_ counters: ArraySlice<HostTensor>, _ attributes: Attributes, images: Int, perImage: Int)
    -> [Double]
  {
    numbers(counters, attributes, images: images, perImage: perImage, samples: 1) {
      stream, element, image, epoch, _ in
      stream.uniform(element: element, image: image, epoch: epoch)
    }
  }

  private static func numbers(
    _ counters: ArraySlice<HostTensor>, _ attributes: Attributes, images: Int, perImage: Int, samples: Int,
    _ number: (RandomStream, _ element: Int, _ image: UInt32, _ epoch: UInt32, _ sample: UInt32) -> Double
  ) -> [Double] {
    let operands = Array(counters)
    // Arguments of i32 are whole numbers of 32 bits; for others the mapping is only total.
    func word(_ value: Double) -> UInt32 { UInt32(truncatingIfNeeded: Int(exactly: value.rounded()) ?? 0) }
    let seed = UInt64(word(operands[0].data[0])) | UInt64(word(operands[0].data[1])) << 32
    let domain = RandomDomain.allCases.first { $0.name == attributes.symbol("domain") } ?? .train
    let stream = RandomStream(
      seed: seed, domain: domain, stream: UInt32(truncatingIfNeeded: attributes.int("stream")))
    let epoch = attributes.symbol("draws") == Draws.once.rawValue ? 0 : word(operands[1].data[0])
    let sample = operands.count > 3 ? word(operands[3].data[0]) : 0
    return (0..<images * samples).flatMap { row in
      (0..<perImage).map { element in
        number(
          stream, element, word(operands[2].data[row / samples]), epoch,
          sample &+ UInt32(truncatingIfNeeded: row % samples))
      }
    }
  }
}

/// How often an image's numbers are drawn.
public enum Draws: String, CaseIterable, Sendable {
  /// Anew in each epoch.
  case eachEpoch = "each_epoch"
  /// Once: the epoch does not count.
  case once
}

/// Requires an f32 tensor with a row per image as the first operand, and counters behind it.
private func checkDraw(on context: TypingContext, _ op: String) throws {
  guard context.operands[0].element == .f32, context.operands[0].isPerImage else {
    throw TypeError("'\(op)' needs an f32 tensor with a row per image, not \(context.operands[0])")
  }
  // Its numbers are counted by image and element: several rows would have the same.
  try context.requireOneRow(0, op)
  try DrawAttributes.check(context, at: 1, op)
}

private let drawExample: Attributes = ["stream": .int(0x3f1c), "domain": .symbol("train")]
private let rows = [TensorType.perImage(2, 3)] + DrawAttributes.counterTypes
private let wrongRows: (operands: [TensorType], message: String) = (
  [TensorType.f32(2, 3)] + DrawAttributes.counterTypes, "a row per image"
)

let randomOps: [OpDefinition] = [
  OpDefinition(
    name: "normal_noise",
    summary:
      "Standard normal numbers, a pure function of seed, domain, stream, epoch, image, sample and element.",
    operands: DrawAttributes.counters + [DrawAttributes.sample], results: ["noise"],
    attributes: [
      DrawAttributes.stream, DrawAttributes.domain,
      AttributeDefinition("latent", .symbol, default: .symbol(""), "the latent whose extents the noise has"),
      DrawAttributes.samples,
    ], mapsSamples: false,
    inferTypes: { context in
      try DrawAttributes.check(context, at: 0, "normal_noise")
      if context.operands.count > 3, context.operands[3] != DrawAttributes.sampleType {
        throw TypeError("'normal_noise' needs sample \(DrawAttributes.sampleType), not \(context.operands[3])")
      }
      guard let declared = context.declared.first ?? nil else {
        throw TypeError("'normal_noise' needs the type of its result")
      }
      guard declared.element == .f32, declared.isPerImage else {
        throw TypeError("'normal_noise' makes a row per image, not \(declared)")
      }
      let samples = context.attributes.int("samples")
      guard samples >= 1, samples <= elementLimit else {
        throw TypeError("'normal_noise' cannot make \(samples) draws for each image")
      }
      return [declared.with(samples: samples)]
    },
    evaluate: { context in
      let shape = context.resultShapes[0]
      let perImage = shape.dropFirst().reduce(1, *)
      let data = DrawAttributes.normals(
        context.operands[...], context.attributes, images: context.images, perImage: perImage,
        samples: context.attributes.int("samples"))
      return [HostTensor(shape: shape, data: data)]
    },
    flops: { _, results, _ in results[0].count * 40 },
    example: OpExample(
      DrawAttributes.counterTypes, ["stream": .int(0x3f1c), "domain": .symbol("train")],
      wrong: ([TensorType(.i32, [.fixed(2)]), .scalar, TensorType(.i32, [.images])], "needs epoch i32[]"),
      declared: [.perImage(3)])),
  OpDefinition(
    name: "dropout",
    summary: "Elements times scale, but zeros for a share of them, the rate, which random numbers choose.",
    operands: [OperandDefinition("x")] + DrawAttributes.counters, results: ["y"],
    attributes: [
      DrawAttributes.stream, DrawAttributes.domain, AttributeDefinition("rate", .float, "share of the zeros"),
      AttributeDefinition("scale", .float, default: .float(1), "multiplies the elements that are kept"),
    ], mapsSamples: false,
    inferTypes: { context in
      try checkDraw(on: context, "dropout")
      let rate = context.attributes.float("rate")
      guard rate >= 0, rate < 1 else {
        throw TypeError("'dropout' needs a rate from 0 and below 1, not \(rate)")
      }
      return [context.operands[0]]
    },
    evaluate: { context in
      let x = context.operands[0]
      // The numbers are compared in float32.
      let rate = Double(Float(context.attributes.float("rate")))
      let scale = context.attributes.float("scale")
      let images = x.shape[0]
      let uniform = DrawAttributes.uniforms(
        context.operands[1...], context.attributes, images: images, perImage: x.count / max(1, images))
      return [HostTensor(shape: x.shape, data: zip(x.data, uniform).map { $1 < rate ? 0 : scale * $0 })]
    },
    // The same numbers choose the same elements again.
    gradient: { context, builder in
      let counters = Array(context.operation.operands.dropFirst())
      let attributes = context.attributes
      return try context.each(
        [{ g, builder in try builder.add("dropout", [g] + counters, attributes) }, nil, nil, nil], &builder)
    },
    flops: { _, results, _ in results[0].count * 20 },
    example: OpExample(
      rows, Attributes(drawExample.values.merging(["rate": .float(0.4), "scale": .float(1.5)]) { $1 }),
      wrong: wrongRows)),
  OpDefinition(
    name: "bernoulli_draw", summary: "Draws of 0 or 1: 1 with the probability x.",
    operands: [OperandDefinition("x", differentiable: false)] + DrawAttributes.counters, results: ["y"],
    attributes: [
      DrawAttributes.stream, DrawAttributes.domain,
      AttributeDefinition(
        "draws", .symbol, default: .symbol(Draws.eachEpoch.rawValue),
        "each_epoch, or once: whether the epoch counts"),
    ], mapsSamples: false,
    inferTypes: { context in
      try checkDraw(on: context, "bernoulli_draw")
      let draws = context.attributes.symbol("draws") ?? ""
      guard Draws(rawValue: draws) != nil else { throw TypeError("'bernoulli_draw' has no draws '\(draws)'") }
      return [context.operands[0]]
    },
    evaluate: { context in
      let x = context.operands[0]
      let images = x.shape[0]
      let uniform = DrawAttributes.uniforms(
        context.operands[1...], context.attributes, images: images, perImage: x.count / max(1, images))
      return [HostTensor(shape: x.shape, data: zip(x.data, uniform).map { $1 < $0 ? 1 : 0 })]
    },
    flops: { _, results, _ in results[0].count * 20 },
    example: OpExample(rows, drawExample, wrong: wrongRows)),
]
