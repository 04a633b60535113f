import IR
import Testing

/// What holds for the types of every op: extents, layouts, the refinement of parameters.
@Suite struct TypeTests {
  private func infer(
    _ op: String, _ operands: [TensorType], _ attributes: Attributes = [:], declared: [TensorType?] = []
  ) throws -> (results: [TensorType], operands: [TensorType]) {
    let definition = try #require(OpTable.standard[op])
    var context = TypingContext(
      operands: operands, attributes: definition.completed(attributes), declared: declared)
    return (try definition.inferResultTypes(&context), context.operands)
  }

  private func blocked(_ extents: Int...) -> TensorType {
    TensorType(.f32, [.images] + extents.map { .fixed($0) }, layout: .lanes(32))
  }

  @Test func resultsTakeTheLayoutOfTheirOperands() throws {
    #expect(try infer("relu", [blocked(3)]).results == [blocked(3)])
    #expect(try infer("dense", [blocked(4), .f32(3, 4)]).results == [blocked(3)])
    #expect(try infer("relu", [.perImage(3)]).results == [.perImage(3)])
  }

  @Test func operandsInDifferentLayoutsAreRefused() {
    #expect(throws: TypeError("'add' is given operands in different layouts")) {
      _ = try infer("add", [blocked(3), .perImage(3)])
    }
  }

  @Test func oneNumberPerImageGoesWithEitherLayout() throws {
    #expect(try infer("mul", [.perImage(), blocked(3)]).results == [blocked(3)])
    #expect(try infer("mul", [blocked(), .perImage(3)]).results == [.perImage(3)])
    #expect(try infer("sum_per_image", [blocked(3)]).results == [blocked()])
    #expect(try infer("sum_per_image", [blocked(3)], declared: [.perImage()]).results == [.perImage()])
  }

  @Test func resultsWithoutALayoutFromOperandsHaveTheDeclaredOne() throws {
    let bytes = TensorType(.u8, [.images, .fixed(3)])
    #expect(try infer("decode_u8", [bytes]).results == [.perImage(3)])
    #expect(try infer("decode_u8", [bytes], declared: [blocked(3)]).results == [blocked(3)])
    #expect(try infer("relayout", [blocked(3)], ["to": .layout(.canonical)]).results == [.perImage(3)])
  }

  @Test func unknownExtentsOfParametersAreFilled() throws {
    let conv = TensorType(.f32, [.fixed(8), .unknown, .fixed(3), .fixed(3)])
    let deconv = TensorType(.f32, [.unknown, .fixed(8), .fixed(3), .fixed(3)])
    let image = TensorType.perImage(2, 5, 5)
    #expect(try infer("conv2d", [image, conv]).operands[1] == .f32(8, 2, 3, 3))
    #expect(try infer("conv2d_transpose", [image, deconv]).operands[1] == .f32(2, 8, 3, 3))
    let dense = TensorType(.f32, [.fixed(3), .unknown])
    #expect(try infer("dense", [.perImage(7), dense]).operands[1] == .f32(3, 7))
    #expect(try infer("add_bias", [image, TensorType(.f32, [.unknown])]).operands[1] == .f32(2))
  }

  @Test func severalRowsPerImageStayAsMany() throws {
    let samples = { (extent: Int) in TensorType(.f32, [.images(5), .fixed(extent)]) }
    #expect(try infer("dense", [samples(4), .f32(3, 4)]).results == [samples(3)])
    // An operand with one row for each image goes with all of them; other numbers of rows do not.
    #expect(try infer("dense_weight_gradient", [samples(3), .perImage(4)]).results == [.f32(3, 4)])
    #expect(throws: TypeError("'add' is given 2 and 5 rows of an image")) {
      _ = try infer("add", [samples(3), TensorType(.f32, [.images(2), .fixed(3)])])
    }
  }

  static let impossible: [(type: TensorType, defect: String)] = [
    (TensorType(.f32, [.fixed(2), .images]), "N leads"),
    (.f32(2, 0), "1 or more"),
    (.f32(2, -1), "1 or more"),
    (TensorType(.f32, [.images(0)]), "factor"),
    (.f32(1 << 20, 1 << 20), "too large"),
    (.f32(.max, .max), "too large"),
    (TensorType(.f32, [.fixed(2)], layout: .lanes(8)), "blocks"),
    (TensorType(.f32, [.images], layout: .lanes(0)), "blocks"),
  ]

  @Test(arguments: impossible.indices)
  func impossibleTypesAreRefusedByEveryOp(index: Int) throws {
    let (type, defect) = Self.impossible[index]
    #expect(type.defect?.contains(defect) == true)
    for op in OpTable.standard.definitions where !op.operands.isEmpty {
      #expect(throws: TypeError.self, "\(op.name)") {
        _ = try infer(op.name, Array(repeating: type, count: op.operands.count), op.example.attributes)
      }
    }
  }

  @Test func impossibleResultsAreRefused() {
    #expect(throws: TypeError.self) {
      _ = try infer("broadcast_per_image", [.perImage()], ["shape": .ints([1 << 20, 1 << 20])])
    }
    #expect(throws: TypeError.self) {
      _ = try infer("broadcast_per_image", [.perImage()], ["shape": .ints([0])])
    }
    #expect(throws: TypeError.self) { _ = try infer("reshape", [.perImage(6)], ["shape": .ints([-1, -1])]) }
    #expect(throws: TypeError.self) { _ = try infer("reshape", [.perImage(6)], ["shape": .ints([.max, -1])]) }
    #expect(throws: TypeError.self) {
      _ = try infer("conv2d", [.perImage(1, 5, 5), .f32(1, 1, 9, 9)], [:])
    }
    for stride in [[0, 1], [1], [1, 1, 1], [5000, 1], [.min, 1]] {
      #expect(throws: TypeError.self) {
        _ = try infer("conv2d", [.perImage(1, 5, 5), .f32(1, 1, 3, 3)], ["stride": .ints(stride)])
      }
    }
    for padding in [[2, 0], [-1, 0], [.max, 0]] {
      #expect(throws: TypeError.self) {
        _ = try infer(
          "conv2d_transpose", [.perImage(1, 5, 5), .f32(1, 1, 3, 3)],
          ["stride": .ints([2, 2]), "output_padding": .ints(padding)])
      }
    }
  }
}
