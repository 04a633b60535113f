import GraphTesting
import IR
import Reference
import Testing

extension OpDefinition: CustomTestStringConvertible {
  public var testDescription: String { name }

  /// `gradient` is a request, which has no value.
  static let evaluated = OpTable.standard.definitions.filter {
    !["gradient", "jacobian_norm"].contains($0.name)
  }
}

/// What every op's evaluation has to keep to.
@Suite struct OpEvaluationTests {
  @Test(arguments: OpDefinition.evaluated, [1, 3])
  func resultsHaveTheDeclaredShapes(op: OpDefinition, images: Int) throws {
    let module = try op.exampleModule()
    let entry = try #require(module.entries.first)
    let values = EntryValues(
      module, entry: entry, images: images, seed: testSeed, lowerBound: op.example.lowerBound)
    let outcome = try values.run(try Interpreter(module), "example")
    #expect(outcome.results.count == op.results.count)
    for (result, made) in zip(entry.results, outcome.results) {
      let type = try #require(entry.type(of: result.value))
      #expect(made.value.shape == type.shape(images: images))
      #expect(made.value.data.count == made.value.shape.reduce(1, *))
      let isFinite = made.value.data.allSatisfy { $0.isFinite }
      #expect(isFinite, "seed \(testSeed)")
    }
  }

  @Test(arguments: OpTable.standard.definitions.filter { $0.formula != nil })
  func elementwiseOpsAreTheirFormula(op: OpDefinition) throws {
    let formula = try #require(op.formula)
    var random = SplitMix(state: testSeed)
    let operands = op.example.operands.map {
      HostTensor.random($0, images: 3, lowerBound: op.example.lowerBound, &random)
    }
    let shape = operands.map(\.shape).max { $0.count < $1.count } ?? []
    let context = EvaluationContext(
      operands: operands, attributes: op.example.attributes, resultShapes: [shape], images: 3)
    let made = try #require(try op.evaluate(context).first)
    let expected = made.data.indices.map { index in
      formula.evaluate(operands.map { $0.count == 1 ? $0.data[0] : $0.data[index] }, op.example.attributes)
    }
    #expect(made == HostTensor(shape: shape, data: expected), "seed \(testSeed)")
  }

  /// Changes one image of every operand, and the number of images: whether that shows in the other images' results is what
  /// `couplesImages` says.
  @Test(arguments: OpDefinition.evaluated)
  func couplingOfImagesIsAsDeclared(op: OpDefinition) throws {
    let module = try op.exampleModule()
    let entry = try #require(module.entries.first)
    let interpreter = try Interpreter(module)
    let three = EntryValues(
      module, entry: entry, images: 3, seed: testSeed, lowerBound: op.example.lowerBound)
    let before = try three.run(interpreter, "example")

    var couples = false
    for argument in entry.arguments where entry.type(of: argument.value)?.isPerImage == true {
      let name = try #require(entry[argument.value].name)
      var changed = three
      changed.arguments[name] = try #require(three.arguments[name]).changingImage(1, of: 3)
      let after = try changed.run(interpreter, "example")
      couples = couples || !sameOtherImages(entry, before, after, images: [0, 2])
    }
    var two = three
    two.images = 2
    for argument in entry.arguments where entry.type(of: argument.value)?.isPerImage == true {
      let name = try #require(entry[argument.value].name)
      two.arguments[name] = try #require(three.arguments[name]).firstImages(2, of: 3)
    }
    let fewer = try two.run(interpreter, "example")
    couples = couples || !sameOtherImages(entry, before, fewer, images: [0, 1])
    #expect(couples == op.couplesImages, "seed \(testSeed)")
  }

  /// Whether the rows of those images are the same in both, and results without a row per image too.
  private func sameOtherImages(_ entry: Entry, _ a: Outcome, _ b: Outcome, images: [Int]) -> Bool {
    zip(entry.results, zip(a.results, b.results)).allSatisfy { result, made in
      guard let type = entry.type(of: result.value), type.isPerImage else {
        return made.0.value == made.1.value
      }
      let size = type.count * type.samples
      return images.allSatisfy { image in
        made.0.value.data[image * size..<(image + 1) * size]
          == made.1.value.data[image * size..<(image + 1) * size]
      }
    }
  }

  @Test func aGradientRequestHasNoValue() throws {
    let module = try #require(OpTable.standard["gradient"]).exampleModule()
    let values = EntryValues(module, entry: module.entries[0], images: 1, seed: testSeed)
    #expect(throws: TypeError("'gradient' has no value of its own: run the pass 'differentiate' first")) {
      _ = try values.run(try Interpreter(module), "example")
    }
  }
}

extension HostTensor {
  fileprivate func changingImage(_ image: Int, of images: Int) -> HostTensor {
    var result = self
    let size = count / images
    // Bytes stay bytes.
    for index in image * size..<(image + 1) * size { result.data[index] += result.data[index] == 255 ? -1 : 1 }
    return result
  }

  fileprivate func firstImages(_ wanted: Int, of images: Int) -> HostTensor {
    HostTensor(
      shape: [shape[0] / images * wanted] + shape.dropFirst(), data: Array(data.prefix(count / images * wanted))
    )
  }
}
