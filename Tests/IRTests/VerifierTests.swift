import Diagnostics
import IR
import Testing

@Suite struct VerifierTests {
  /// `y = dense x, w` with a metric of it.
  static func module() throws -> Module {
    try parse(
      """
      module m
      source "m.vdl"
      parameter @w : f32[3,4] init fan_in_uniform(@w)
      entry @e(latent %x : f32[N,4]) {
        %y = dense %x, @w : f32[N,3]  at 5:6-9
        %loss = sum_per_image %y : f32[N]
        return metric loss = %loss
      }
      """)
  }

  /// Changes the module and expects one diagnostic with that text.
  private func expect(
    _ message: String, phase: Verifier.Phase = .inferred, _ change: (inout Module) throws -> Void,
    location: Testing.SourceLocation = #_sourceLocation
  ) throws {
    var module = try Self.module()
    try change(&module)
    let messages = faults(in: module, phase).diagnostics.map(\.message)
    #expect(messages.contains { $0.contains(message) }, "\(messages)", sourceLocation: location)
  }

  private func faults(in module: Module, _ phase: Verifier.Phase) -> DiagnosticList {
    do { try Verifier.verify(module, phase: phase) } catch { return error }
    return DiagnosticList([])
  }

  private var x: ValueID { ValueID(0) }

  @Test func aRightModuleIsAccepted() throws {
    try Verifier.verify(try Self.module(), phase: .inferred)
  }

  @Test func faultsNameTheOperationAndItsPlaceInTheModel() throws {
    var module = try Self.module()
    module.entries[0].operations[0].name = "desne"
    #expect(
      DiagnosticRenderer(sources: []).render(faults(in: module, .elaborated)) == """
        m.vdl:5:6: error: in entry @e: there is no op 'desne'
        note: did you mean 'dense'?
        note: the operation is: %y = desne %x, @w {epilogue = none} : f32[N,3]
        """)
  }

  @Test func operandsAreDefinedOnceAndBeforeTheirUse() throws {
    try expect("%loss is used before it is defined") {
      $0.entries[0].operations[0].operands[0] = $0.entries[0].operations[1].results[0]
    }
    try expect("%x is defined twice") { $0.entries[0].operations[1].results[0] = self.x }
    try expect("a value that is not in the entry is used") {
      $0.entries[0].operations[0].operands[0] = ValueID(99)
    }
    try expect("a value that is not in the entry is defined") {
      $0.entries[0].operations[1].results[0] = ValueID(-1)
    }
    try expect("@w is defined anew") { $0.entries[0].operations[1].results[0] = ValueID(1) }
  }

  @Test func namesAreUniqueAndPrintable() throws {
    try expect("there are two values %x") { $0.entries[0][ValueID(2)].name = "x" }
    try expect("cannot be written in the text form") { $0.entries[0][ValueID(2)].name = "1 2" }
    try expect("an argument has no name") { $0.entries[0][self.x].name = nil }
    try expect("there are two of entry 'e'") { $0.entries.append($0.entries[0]) }
    try expect("there are two of global 'w'") { $0.globals.append($0.globals[0]) }
    try expect("there are two results metric loss") { $0.entries[0].results.append($0.entries[0].results[0]) }
    try expect("the module name \"\" cannot be written") { $0.name = "" }
  }

  @Test func countsAndAttributesAreThoseOfTheTable() throws {
    try expect("'dense' takes 2 to 4 operands, not 1") { $0.entries[0].operations[0].operands.removeLast() }
    try expect("'dense' has 1 results, not 0") { $0.entries[0].operations[0].results = [] }
    try expect("'dense' has no attribute 'epilog', did you mean 'epilogue'?") {
      $0.entries[0].operations[0].attributes["epilog"] = .symbol("relu")
    }
    try expect("the attribute 'epilogue' of 'dense' is of kind symbol, not int") {
      $0.entries[0].operations[0].attributes["epilogue"] = .int(1)
    }
    try expect("'dense' needs the attribute 'epilogue'") { $0.entries[0].operations[0].attributes = [:] }
    try expect("'dense' has no epilogue 'rellu'") {
      $0.entries[0].operations[0].attributes["epilogue"] = .symbol("rellu")
    }
  }

  @Test func typesAreThoseThatTheOpsMake() throws {
    try expect("%y has the type f32[N,5], but 'dense' makes f32[N,3]") {
      $0.entries[0][ValueID(2)].type = .perImage(5)
    }
    try expect("'dense' with weights f32[3,4] does not fit its input f32[N,7]") {
      $0.entries[0][self.x].type = .perImage(7)
    }
    try expect("@w is read as f32[3,9], but it is f32[3,4]") { $0.entries[0][ValueID(1)].type = .f32(3, 9) }
    try expect("%y has the type f32[0]: its extents have to be 1 or more") {
      $0.entries[0][ValueID(2)].type = .f32(0)
    }
    try expect("the type of %y is unknown") { $0.entries[0][ValueID(2)].type = nil }
    try expect("the type of %y is only f32[N,?]") {
      $0.entries[0][ValueID(2)].type = TensorType(.f32, [.images, .unknown])
    }
  }

  @Test func formulasCanBeWrittenAndReadTheirOperands() throws {
    func expect(_ fault: String, _ formula: ScalarExpression) throws {
      try self.expect(fault) {
        $0.entries[0].operations[1] = Operation(
          "map_sum_per_image", [ValueID(2)], ["formula": .formula(formula)], results: [ValueID(3)])
      }
    }
    try expect("it holds what is not a number", exp(.constant(.nan)))
    try expect("it reads the attribute 'decay'", .operand(0) * .attribute("decay"))
    try expect("it reads an operand -1", .operand(-1))
    try expect("it reads an operand 12", .operand(12))
    try expect("'map_sum_per_image' has 1 operands, but its formula names 'b'", .operand(1))
    try expect("nested more than 64 deep", (0..<64).reduce(.operand(0)) { inner, _ in -inner })
  }

  @Test func unknownTypesAreRightBeforeInference() throws {
    var module = try Self.module()
    module.entries[0][ValueID(2)].type = nil
    module.entries[0][ValueID(3)].type = nil
    try Verifier.verify(module, phase: .elaborated)
  }

  @Test func argumentsFitTheirRoles() throws {
    try expect("the hyper argument %x is f32[N,4], not f32[]") { $0.entries[0].arguments[0].role = .hyper }
    try expect("the seed argument %x is f32[N,4], not i32[2]") { $0.entries[0].arguments[0].role = .seed }
  }

  @Test func resultsFitTheirTargets() throws {
    try expect("the metric loss is f32[N,3], not f32[] or f32[N]") {
      $0.entries[0].results[0].value = ValueID(2)
    }
    try expect("the result @w is f32[N], not f32[3,4]") { $0.entries[0].results[0].target = .global("w") }
    try expect("there is no global @v for a result") { $0.entries[0].results[0].target = .global("v") }
    try expect("there is no parameter 'v' for the result gradient v") {
      $0.entries[0].results[0].target = .gradient("v")
    }
  }

  @Test func globalsAreCompleteAndCanonical() throws {
    try expect("@w is initialized by the extents of '@v', which is not there") {
      $0.globals[0].initializer = .heNormal(of: "v")
    }
    try expect("the initial values of @w have a standard deviation of -1.0") {
      $0.globals[0].initializer = .normal(standardDeviation: -1)
    }
    try expect("there is no global @w") { $0.globals = [] }
    try expect("a global has no images") { $0.globals[0].type = .perImage(4) }
  }
}
