import IR
import Reference
import Testing

/// Pooling by small cases worked out by hand.
@Suite struct PoolingTests {
  /// The one result of an op for one image; operands are tensors of one image.
  private func apply(_ op: String, _ operands: [HostTensor], _ attributes: Attributes) throws -> HostTensor {
    let definition = try #require(OpTable.standard[op])
    let attributes = definition.completed(attributes)
    let types = operands.map { TensorType(.f32, [.images] + $0.shape.dropFirst().map { .fixed($0) }) }
    var context = TypingContext(operands: types, attributes: attributes)
    let results = try definition.inferResultTypes(&context)
    let shapes = results.map { $0.shape(images: 1) }
    let made = try definition.evaluate(
      EvaluationContext(operands: operands, attributes: attributes, resultShapes: shapes, images: 1))
    return try #require(made.first)
  }

  private func image(_ rows: [[Double]]) -> HostTensor {
    HostTensor(shape: [1, 1, rows.count, rows.first?.count ?? 0], data: rows.flatMap { $0 })
  }

  private let two: Attributes = ["kernel": .ints([2, 2]), "stride": .ints([2, 2])]
  private let padded: Attributes = [
    "kernel": .ints([3, 3]), "stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1]), "scale": .float(1.0 / 9),
  ]

  @Test func averagesAreSumsOfWindowsTimesTheShare() throws {
    let x = image([[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 4, 0], [0, 8, 0, 0]])
    var quarter = two
    quarter["scale"] = .float(0.25)
    #expect(try apply("sum_pool2d", [x], quarter) == image([[3.5, 5.5], [2, 1]]))
  }

  /// As torch.nn.AvgPool2d(3, 2, 1) does: the divisor is 9 at the edges too.
  @Test func zerosOfThePaddingCountInAnAverage() throws {
    let x = image([[9, 18, 27], [36, 45, 54], [63, 72, 81]])
    #expect(try apply("sum_pool2d", [x], padded) == image([[12, 16], [24, 28]]))
  }

  @Test func rowsThatNoWindowReachesAreLeftOut() throws {
    let x = image([[1, 2, 100], [3, 4, 100], [100, 100, 100]])
    #expect(try apply("sum_pool2d", [x], two) == image([[10]]))
    var back = two
    back["output_padding"] = .ints([1, 1])
    #expect(try apply("spread2d", [image([[10]])], back) == image([[10, 10, 0], [10, 10, 0], [0, 0, 0]]))
  }

  @Test func upsamplingRepeatsRowsAndColumns() throws {
    #expect(
      try apply("spread2d", [image([[1, 2], [3, 4]])], two)
        == image([[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]))
  }

  @Test func paddingIsNeverTheLargest() throws {
    let x = image([[-1, -2], [-3, -4]])
    let window: Attributes = ["kernel": .ints([2, 2]), "stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1])]
    #expect(try apply("max_pool2d", [x], window) == x)
  }

  @Test func ofEqualElementsTheFirstGetsTheGradient() throws {
    let x = image([[5, 5, 1, 0], [5, 0, 0, 1]])
    let dy = image([[10, 20]])
    #expect(try apply("max_pool2d_gradient", [dy, x], two) == image([[10, 0, 20, 0], [0, 0, 0, 0]]))
    let numbers = image([[1, 2, 3, 4], [5, 6, 7, 8]])
    #expect(try apply("max_pool2d_select", [numbers, x], two) == image([[1, 3]]))
  }

  @Test func anElementOfTwoWindowsGetsTheGradientsOfBoth() throws {
    let window: Attributes = ["kernel": .ints([1, 2]), "stride": .ints([1, 1])]
    #expect(
      try apply("max_pool2d_gradient", [image([[1, 2]]), image([[0, 9, 3]])], window) == image([[0, 3, 0]]))
  }

  @Test func aWindowHasToReachTheImage() throws {
    let window: Attributes = ["kernel": .ints([2, 2]), "pad": .ints([2, 0, 0, 0])]
    #expect(
      throws: TypeError(
        "'max_pool2d' needs a padding below its kernel, so that each window reaches the image")
    ) { _ = try apply("max_pool2d", [image([[1, 2], [3, 4]])], window) }
    #expect(
      throws: TypeError("'sum_pool2d' has a kernel of 3 but an image of only 2 (2 with padding)")
    ) { _ = try apply("sum_pool2d", [image([[1, 2], [3, 4]])], ["kernel": .ints([3, 3])]) }
  }
}
