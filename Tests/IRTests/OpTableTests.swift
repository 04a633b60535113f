import Diagnostics
import IR
import Testing

/// What every op of the table has to have. Meaning and gradients are tested with the reference interpreter.
@Suite struct OpTableTests {
  @Test func namesAreUnique() {
    let names = OpTable.standard.definitions.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: OpTable.standard.definitions)
  func everyOpIsDocumentedInOneLine(op: OpDefinition) {
    #expect(!op.summary.isEmpty && !op.summary.contains("\n"))
    #expect(op.summary.hasSuffix("."), "a summary is a sentence")
    for attribute in op.attributes { #expect(!attribute.summary.isEmpty) }
    #expect(!op.results.isEmpty)
  }

  @Test(arguments: OpTable.standard.definitions)
  func everyExampleVerifies(op: OpDefinition) throws {
    try Verifier.verify(try op.exampleModule(), phase: .inferred)
  }

  @Test(arguments: OpTable.standard.definitions)
  func wrongShapesAreRefusedWithTheMessage(op: OpDefinition) throws {
    guard let wrong = op.example.wrong else {
      #expect(op.operands.isEmpty, "an op with operands refuses some shape")
      return
    }
    do {
      _ = try op.exampleModule(operands: wrong.operands)
      Issue.record("'\(op.name)' accepts \(wrong.operands)")
    } catch let error as TypeError {
      #expect(error.message.contains(wrong.message))
      #expect(error.message.hasPrefix("'\(op.name)'"))
    }
  }

  /// Kernels of all others read float32.
  @Test(arguments: OpTable.standard.definitions.filter { $0.name != "gradient" })
  func productsAloneTakeBfloat16(op: OpDefinition) throws {
    let types = op.example.operands
    for index in types.indices where types[index].element == .f32 {
      var narrow = types
      narrow[index].element = .bf16
      #expect(throws: TypeError.self, "'\(op.name)' takes \(narrow[index])") {
        try op.exampleModule(operands: narrow)
      }
    }
    guard op.isProduct else { return }
    _ = try op.exampleModule(
      operands: types.enumerated().map { $0 < 2 ? $1.with(element: .bf16) : $1 })
  }

  @Test(arguments: OpTable.standard.definitions)
  func operandCountsAreChecked(op: OpDefinition) throws {
    let example = op.example.operands
    let tooMany = example + Array(repeating: .scalar, count: op.operands.count - example.count + 1)
    var context = TypingContext(operands: tooMany, attributes: op.example.attributes)
    #expect(throws: TypeError.self) { try op.inferResultTypes(&context) }
    guard op.requiredOperandCount > 0 else { return }
    context = TypingContext(operands: Array(example.prefix(op.requiredOperandCount - 1)), attributes: [:])
    #expect(throws: TypeError.self) { try op.inferResultTypes(&context) }
  }

  /// Ops that count by images, not by rows.
  @Test(arguments: ["dropout", "bernoulli_draw", "nearest_code", "lookup", "lookup_gradient"])
  func severalRowsForAnImageAreRefused(name: String) throws {
    let op = try #require(OpTable.standard[name])
    let operands = op.example.operands.enumerated().map { $0 == 0 ? $1.with(samples: 3) : $1 }
    let error = #expect(throws: TypeError.self) { try op.exampleModule(operands: operands) }
    #expect(error?.message.hasPrefix("'\(name)' needs one row for each image, not f32[N*3,") == true)
  }

  @Test(arguments: OpTable.standard.definitions)
  func costsAreNotNegative(op: OpDefinition) throws {
    let attributes = op.completed(op.example.attributes)
    var context = TypingContext(
      operands: op.example.operands, attributes: attributes, declared: op.example.declared)
    let results = try op.inferResultTypes(&context)
    #expect(op.flops(op.example.operands, results, attributes) >= 0)
  }
}

extension OpDefinition: CustomTestStringConvertible {
  public var testDescription: String { name }
}
