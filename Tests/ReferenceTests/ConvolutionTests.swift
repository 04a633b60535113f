import GraphTesting
import IR
import Reference
import Testing

/// A convolution by its image, channels, kernel, stride and padding.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var image: (channels: Int, height: Int, width: Int)
  var maps: Int
  var kernel: (height: Int, width: Int)
  var stride: [Int]
  var pad: [Int]

  var testDescription: String {
    "\(image.channels)x\(image.height)x\(image.width) to \(maps), kernel \(kernel.height)x\(kernel.width), "
      + "stride \(stride), pad \(pad)"
  }

  var geometry: Attributes { ["stride": .ints(stride), "pad": .ints(pad)] }
  var imageType: TensorType { .perImage(image.channels, image.height, image.width) }
  var weights: TensorType { .f32(maps, image.channels, kernel.height, kernel.width) }
  var mapHeight: Int { (image.height + pad[0] + pad[1] - kernel.height) / stride[0] + 1 }
  var mapWidth: Int { (image.width + pad[2] + pad[3] - kernel.width) / stride[1] + 1 }
  var mapType: TensorType { .perImage(maps, mapHeight, mapWidth) }
  var outputPadding: [Int] {
    [
      image.height - ((mapHeight - 1) * stride[0] + kernel.height - pad[0] - pad[1]),
      image.width - ((mapWidth - 1) * stride[1] + kernel.width - pad[2] - pad[3]),
    ]
  }

  var forward: GradientCase { GradientCase("conv2d", [imageType, weights], geometry) }
  var transposed: GradientCase {
    var attributes = geometry
    attributes["output_padding"] = .ints(outputPadding)
    return GradientCase("conv2d_transpose", [mapType, weights], attributes)
  }
  var weightGradient: GradientCase {
    var attributes = geometry
    attributes["kernel"] = .ints([kernel.height, kernel.width])
    return GradientCase("conv2d_weight_gradient", [mapType, imageType], attributes)
  }

  static let all: [ConvolutionCase] = [
    .init(image: (1, 5, 7), maps: 2, kernel: (3, 3), stride: [1, 1], pad: [1, 1, 1, 1]),
    .init(image: (3, 6, 5), maps: 2, kernel: (3, 3), stride: [2, 2], pad: [1, 1, 1, 1]),
    .init(image: (1, 8, 7), maps: 3, kernel: (3, 3), stride: [3, 3], pad: [0, 0, 0, 0]),
    .init(image: (3, 4, 6), maps: 1, kernel: (3, 3), stride: [2, 2], pad: [0, 1, 0, 1]),
    .init(image: (1, 5, 5), maps: 1, kernel: (3, 2), stride: [2, 1], pad: [2, 0, 1, 0]),
    .init(image: (3, 3, 4), maps: 2, kernel: (1, 1), stride: [1, 1], pad: [0, 0, 0, 0]),
    .init(image: (2, 5, 4), maps: 2, kernel: (1, 1), stride: [2, 2], pad: [0, 0, 0, 0]),
    .init(image: (1, 6, 8), maps: 2, kernel: (4, 4), stride: [2, 2], pad: [1, 1, 1, 1]),
    .init(image: (3, 5, 6), maps: 1, kernel: (4, 4), stride: [1, 1], pad: [1, 2, 1, 2]),
    .init(image: (1, 2, 2), maps: 1, kernel: (3, 3), stride: [2, 2], pad: [2, 2, 2, 2]),
    .init(image: (1, 1, 9), maps: 2, kernel: (1, 5), stride: [1, 3], pad: [0, 0, 3, 3]),
  ]
}

@Suite struct ConvolutionTests {
  @Test(arguments: ConvolutionCase.all, [1, 2])
  func gradientsAreCentralDifferences(of convolution: ConvolutionCase, order: Int) throws {
    try checkGradients(convolution.forward, order: order, images: 2)
    try checkGradients(convolution.transposed, order: order, images: 2)
    try checkGradients(convolution.weightGradient, order: order, images: 2)
  }

  /// The definition, tap by tap, with an explicit test for the padding.
  @Test(arguments: ConvolutionCase.all)
  func convolutionIsTheSumOverTheWindow(of convolution: ConvolutionCase) throws {
    let (x, w, y) = try run(convolution.forward)
    let (height, width) = (convolution.image.height, convolution.image.width)
    var expected = HostTensor(zeros: y.shape)
    for index in y.data.indices {
      let (r, c) = (index / y.shape[3] % y.shape[2], index % y.shape[3])
      let (o, n) = (
        index / (y.shape[3] * y.shape[2]) % y.shape[1], index / (y.shape[3] * y.shape[2] * y.shape[1])
      )
      for position in w.data.indices where position / (w.count / w.shape[0]) == o {
        let (kh, kw) = (position / w.shape[3] % w.shape[2], position % w.shape[3])
        let i = position / (w.shape[3] * w.shape[2]) % w.shape[1]
        let row = r * convolution.stride[0] + kh - convolution.pad[0]
        let column = c * convolution.stride[1] + kw - convolution.pad[2]
        guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
        expected.data[index] +=
          w.data[position] * x.data[((n * x.shape[1] + i) * height + row) * width + column]
      }
    }
    #expect(y.distance(to: expected) < 1e-14)
  }

  /// <conv(x), y> = <x, transposed(y)> = <w, weight gradient(y, x)>.
  @Test(arguments: ConvolutionCase.all)
  func transposedConvolutionIsTheAdjoint(of convolution: ConvolutionCase) throws {
    var random = SplitMix(state: testSeed)
    func tensor(_ type: TensorType) -> HostTensor { .random(type, images: 2, lowerBound: nil, &random) }
    let (x, w, y) = (tensor(convolution.imageType), tensor(convolution.weights), tensor(convolution.mapType))
    func apply(_ gradientCase: GradientCase, _ operands: [HostTensor]) throws -> HostTensor {
      let module = try #require(OpTable.standard[gradientCase.op])
        .exampleModule(operands: gradientCase.operands, attributes: gradientCase.attributes)
      var values = EntryValues(module, entry: module.entries[0], images: 2, seed: 0)
      for (operand, value) in zip(module.entries[0].operations[0].operands, operands) {
        let name = module.entries[0][operand].name ?? module.entries[0][operand].global ?? ""
        if values.globals[name] != nil { values.globals[name] = value } else { values.arguments[name] = value }
      }
      return try #require(try values.run(try Interpreter(module), "example").results.first?.value)
    }
    func product(_ a: HostTensor, _ b: HostTensor) -> Double {
      zip(a.data, b.data).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let forward = product(try apply(convolution.forward, [x, w]), y)
    #expect(abs(forward - product(x, try apply(convolution.transposed, [y, w]))) < 1e-10 * (1 + abs(forward)))
    #expect(
      abs(forward - product(w, try apply(convolution.weightGradient, [y, x]))) < 1e-10 * (1 + abs(forward)))
  }

  private func run(_ gradientCase: GradientCase) throws -> (HostTensor, HostTensor, HostTensor) {
    let module = try #require(OpTable.standard[gradientCase.op])
      .exampleModule(operands: gradientCase.operands, attributes: gradientCase.attributes)
    let values = EntryValues(module, entry: module.entries[0], images: 2, seed: testSeed)
    let outcome = try values.run(try Interpreter(module), "example")
    return (
      try #require(values.arguments["x"]), try #require(values.globals["w"]),
      try #require(outcome.results.first?.value)
    )
  }
}
