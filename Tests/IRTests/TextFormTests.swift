import Diagnostics
import IR
import Testing

/// Parses a text that has to be right.
func parse(_ text: String) throws(DiagnosticList) -> Module {
  try Module(parsing: SourceText(name: "test.vir", text: text))
}

@Suite struct TextFormTests {
  @Test func whatIsParsedPrintsAsItWasWritten() throws {
    #expect(try parse(sampleText).text == sampleText)
  }

  @Test func whatIsPrintedParsesToAnEqualModule() throws {
    let module = try parse(sampleText)
    #expect(try parse(module.text) == module)
    #expect(module.entries.map { $0.renumbered() } == module.entries)
  }

  @Test(arguments: OpTable.standard.definitions)
  func everyOpMakesTheRoundTrip(op: OpDefinition) throws {
    var module = try op.exampleModule()
    module.entries = module.entries.map { $0.renumbered() }
    let read = try parse(module.text)
    #expect(read == module)
    #expect(read.text == module.text)
  }

  @Test(arguments: OpTable.standard.definitions)
  func everyOpMakesTheRoundTripBeforeTypesAreInferred(op: OpDefinition) throws {
    var module = try op.exampleModule()
    module.entries = module.entries.map { entry in
      var entry = entry.renumbered()
      for result in entry.operations.flatMap(\.results) { entry[result].type = nil }
      return entry
    }
    #expect(module.text.contains(" : ?"))
    #expect(try parse(module.text) == module)
  }

  @Test func attributesThatEqualTheirDefaultAreNotPrinted() throws {
    let module = try #require(OpTable.standard["conv2d"]).exampleModule(
      attributes: ["stride": .ints([1, 1]), "epilogue": .symbol("tanh")])
    #expect(module.text.contains("conv2d %x, @w, @bias {epilogue = tanh} : f32[N,3,5,4]"))
    let operation = try #require(try parse(module.text).entries.first?.operations.first)
    #expect(operation.attributes["pad"] == .ints([0, 0, 0, 0]))
  }

  @Test func unnamedValuesAreNumberedInTheOrderOfTheirDefinition() throws {
    let text = """
      module m
      entry @e(hyper %a : f32[]) {
        %7 = neg %a : f32[]
        %3 = neg %7 : f32[]
        return metric loss = %3
      }
      """
    let printed = try parse(text).text
    #expect(printed.contains("%0 = neg %a : f32[]\n  %1 = neg %0 : f32[]\n  return metric loss = %1\n"))
  }

  @Test(arguments: [0, -0.5, 1, 1e-8, 1e300, .leastNonzeroMagnitude, .infinity, -.infinity, 0.1, 1e16])
  func numbersKeepTheirValue(number: Double) throws {
    var module = try #require(OpTable.standard["constant"]).exampleModule(attributes: ["value": .float(number)])
    module.configuration = [NamedNumber("a", number)]
    module.hypers = [NamedNumber("b", number)]
    module.entries = module.entries.map { $0.renumbered() }
    #expect(try parse(module.text) == module)
  }

  @Test func commentsAndLineBreaksAreFree() throws {
    let text = """
      module m // a comment
      entry @e(hyper %a : f32[]) { %b = add %a,
        // between
        %a : f32[] return metric loss = %b }
      """
    #expect(try parse(text).entries.first?.operations.count == 1)
  }

  @Test func referencesToOneGlobalBecomeOneValueWhenRenumbered() throws {
    var module = try #require(OpTable.standard["neg"]).exampleModule(operands: [.f32(3)])
    let again = module.entries[0].addValue(Value(type: .f32(3), global: "x"))
    var builder = EntryBuilder(module.entries[0])
    _ = try builder.add("neg", [again])
    module.entries[0] = builder.entry.renumbered()
    #expect(module.entries[0].operations.flatMap(\.operands).map(\.index) == [0, 0])
    #expect(try parse(module.text) == module)
  }
}
