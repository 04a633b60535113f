import IR

/// A convolution's geometry, from an image of `channels` to a map of `filters`.
struct Geometry: Sendable {
  var channels: Int
  var height: Int
  var width: Int
  var filters: Int
  var kernel: [Int]
  var stride = [1, 1]
  /// Top, bottom, left, right.
  var pad = [0, 0, 0, 0]

  private func extent(_ input: Int, _ axis: Int) -> Int {
    (input + pad[2 * axis] + pad[2 * axis + 1] - kernel[axis]) / stride[axis] + 1
  }

  private var mapExtents: [Int] { [extent(height, 0), extent(width, 1)] }
  private var attributes: Attributes { ["stride": .ints(stride), "pad": .ints(pad)] }
  private var image: TensorType { .perImage(channels, height, width) }
  private var map: TensorType { .perImage(filters, mapExtents[0], mapExtents[1]) }
  private var weights: TensorType { .f32(filters, channels, kernel[0], kernel[1]) }

  /// The rows and columns of the image that no window reaches.
  private var outputPadding: [Int] {
    zip([height, width], [0, 1]).map { extent, axis in
      let reached = (mapExtents[axis] - 1) * stride[axis] + kernel[axis]
      return extent + pad[2 * axis] + pad[2 * axis + 1] - reached
    }
  }

  /// The convolution and its two gradients, as far as the op table has them: a transposed convolution leaves out less than
  /// a stride.
  func cases(_ name: String, epilogue: ProductEnd, transposedEpilogue: ProductEnd) -> [OpCase] {
    var back = attributes
    back["output_padding"] = .ints(outputPadding)
    var weightGradient = attributes
    weightGradient["kernel"] = .ints(kernel)
    return epilogue.cases("conv2d", name, [image, weights], attributes, result: map, channels: filters)
      + transposedEpilogue.cases(
        "conv2d_transpose", name, [map, weights], back, result: image, channels: channels)
      + OpCase.of("conv2d_weight_gradient", name, [map, image], weightGradient)
  }
}

/// What a product does to its result: an epilogue, with or without a third operand, and a scale where the op takes one.
struct ProductEnd: Sendable, CaseIterable {
  var epilogue = "none"
  var hasBias = false
  var isScaled = false

  static let allCases =
    [ProductEnd(), ProductEnd(hasBias: true), ProductEnd(epilogue: "relu")]
    + ["relu", "sigmoid", "tanh"].map { ProductEnd(epilogue: $0, hasBias: true) }
    + ["relu_gradient", "sigmoid_gradient", "tanh_gradient"].map { ProductEnd(epilogue: $0) }
    + ["none", "relu"].map { ProductEnd(epilogue: $0, hasBias: true, isScaled: true) }

  var name: String { epilogue + (hasBias ? "_bias" : "") + (isScaled ? "_scale" : "") }

  /// One of all in turn.
  static func number(_ index: Int) -> ProductEnd { allCases[index % allCases.count] }

  func cases(
    _ op: String, _ name: String, _ operands: [TensorType], _ attributes: Attributes = [:],
    result: TensorType, channels: Int
  ) -> [OpCase] {
    var attributes = attributes
    attributes["epilogue"] = .symbol(epilogue)
    let third = hasBias ? [TensorType.f32(channels)] : epilogue.hasSuffix("gradient") ? [result] : []
    let takesScale = OpTable.standard[op]?.operands.count == 4
    let scale = isScaled && takesScale ? [TensorType.f32(channels)] : []
    return OpCase.of(op, "\(name)_\(self.name)", operands + third + scale, attributes)
  }
}

/// Dense layers and convolutions around every edge that their kernels have.
enum ProductCases {
  static let geometries: [(name: String, geometry: Geometry)] = [
    ("point", Geometry(channels: 1, height: 5, width: 5, filters: 1, kernel: [1, 1])),
    (
      "first",
      Geometry(
        channels: 1, height: 7, width: 6, filters: 32, kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1])
    ),
    ("even", Geometry(channels: 3, height: 6, width: 5, filters: 8, kernel: [2, 2], pad: [0, 1, 1, 0])),
    (
      "sparse",
      Geometry(
        channels: 8, height: 5, width: 7, filters: 13, kernel: [4, 4], stride: [3, 3], pad: [1, 2, 2, 1])
    ),
    ("same", Geometry(channels: 13, height: 4, width: 4, filters: 17, kernel: [3, 3], pad: [1, 1, 1, 1])),
    (
      "wide",
      Geometry(
        channels: 17, height: 5, width: 5, filters: 13, kernel: [5, 5], stride: [2, 2], pad: [2, 2, 2, 2])
    ),
    ("deep", Geometry(channels: 32, height: 3, width: 3, filters: 33, kernel: [3, 3], pad: [1, 1, 1, 1])),
    ("oblong", Geometry(channels: 33, height: 4, width: 3, filters: 2, kernel: [2, 3], stride: [1, 2])),
    ("whole", Geometry(channels: 8, height: 5, width: 5, filters: 32, kernel: [5, 5])),
    // Some pixels are in no window: a transposed convolution gives them the bias alone.
    ("holes", Geometry(channels: 2, height: 9, width: 8, filters: 8, kernel: [1, 1], stride: [3, 3])),
    (
      "lopsided",
      Geometry(
        channels: 3, height: 4, width: 5, filters: 2, kernel: [4, 2], stride: [2, 3], pad: [3, 0, 0, 1])
    ),
    ("full", Geometry(channels: 1, height: 2, width: 2, filters: 3, kernel: [5, 5], pad: [4, 4, 4, 4])),
    (
      "keras",
      Geometry(
        channels: 17, height: 6, width: 6, filters: 33, kernel: [3, 3], stride: [2, 2], pad: [0, 1, 0, 1])
    ),
    (
      "last",
      Geometry(
        channels: 32, height: 4, width: 4, filters: 1, kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1])
    ),
    // A row in several stretches.
    (
      "stretched",
      Geometry(
        channels: 33, height: 3, width: 13, filters: 17, kernel: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1])
    ),
    (
      "stretched_apart",
      Geometry(
        channels: 17, height: 4, width: 25, filters: 33, kernel: [4, 4], stride: [2, 2], pad: [1, 1, 1, 1])
    ),
    // A weight gradient's row in several stretches, each edge in another.
    (
      "long",
      Geometry(channels: 5, height: 2, width: 37, filters: 19, kernel: [3, 3], pad: [1, 1, 1, 1])
    ),
    // Three channels, as images have them.
    (
      "colours",
      Geometry(
        channels: 3, height: 9, width: 8, filters: 20, kernel: [4, 4], stride: [2, 2], pad: [1, 1, 1, 1])
    ),
    (
      "colours_apart",
      Geometry(
        channels: 3, height: 8, width: 66, filters: 37, kernel: [3, 3], stride: [2, 2], pad: [1, 0, 1, 0])
    ),
    // The channels of a pixel crowd a cache.
    ("crowded", Geometry(channels: 33, height: 8, width: 8, filters: 3, kernel: [1, 1])),
    // Some map positions see padding alone.
    ("far", Geometry(channels: 2, height: 3, width: 3, filters: 3, kernel: [2, 2], pad: [3, 3, 2, 3])),
  ]

  static let convolutions: [OpCase] = geometries.enumerated().flatMap { index, named in
    named.geometry.cases(
      named.name, epilogue: .number(index), transposedEpilogue: .number(index + 4))
  }

  /// Every epilogue of a convolution and its transpose.
  static let epilogues: [OpCase] = ProductEnd.allCases.flatMap { end in
    let geometry = Geometry(
      channels: 2, height: 5, width: 4, filters: 3, kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1])
    return geometry.cases("small", epilogue: end, transposedEpilogue: end).filter {
      $0.op.name != "conv2d_weight_gradient"
    }
  }

  static let dense: [OpCase] = {
    let sizes =
      [(1, 1), (3, 1), (1, 3), (15, 16), (16, 17), (17, 33), (33, 15), (100, 3), (3, 100), (33, 100)]
      // The depth in several pieces.
      + [(600, 100), (100, 600)]
    return sizes.enumerated().flatMap { index, size -> [OpCase] in
      let (inputs, outputs) = size
      let (x, y) = (TensorType.perImage(inputs), TensorType.perImage(outputs))
      let weights = TensorType.f32(outputs, inputs)
      let name = "\(inputs)_to_\(outputs)"
      return ProductEnd.number(index).cases("dense", name, [x, weights], result: y, channels: outputs)
        + ProductEnd.number(index + 3).cases(
          "dense_data_gradient", name, [y, weights], result: x, channels: inputs)
        + OpCase.of("dense_weight_gradient", name, [y, x])
    }
  }()
}
