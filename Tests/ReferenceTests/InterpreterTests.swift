import Diagnostics
import IR
import Reference
import Testing

@Suite struct InterpreterTests {
  static let text = """
    module m
    parameter @w : f32[2,3] init he_normal(@w)
    parameter @b : f32[2] init fan_in_uniform(@w)
    parameter @g : f32[4,2,3,3] init glorot_uniform(@g)
    state @m : f32[2] init constant(0.5)
    entry @e(image %x : u8[N,3], index %i : i32[N], hyper %scale : f32[]) {
      %grey = decode_u8 %x : f32[N,3]
      %y = dense %grey, @w, @b : f32[N,2]
      %sum = sum_to_channels %y : f32[2]
      %scaled = mul %sum, %scale : f32[2]
      return latent y = %y, @b = %scaled
    }
    """

  private func interpreter() throws -> Interpreter {
    try Interpreter(try Module(parsing: SourceText(name: "t.vir", text: Self.text)))
  }

  private let arguments = [
    "x": HostTensor(shape: [1, 3], data: [0, 255, 51]), "i": HostTensor(shape: [1], data: [4]),
    "scale": HostTensor(scalar: 2),
  ]
  private let globals = [
    "w": HostTensor(shape: [2, 3], data: [1, 2, 3, 4, 5, 6]), "b": HostTensor(shape: [2], data: [0.25, 0.5]),
  ]

  @Test func anEntryMakesItsResultsAndNewGlobals() throws {
    let outcome = try interpreter().run("e", globals: globals, arguments: arguments, images: 1)
    let y = try #require(outcome[.latent("y")])
    #expect(y.distance(to: HostTensor(shape: [1, 2], data: [2.85, 6.7])) < 1e-15)
    #expect(outcome.updating(globals)["w"] == globals["w"])
    #expect(
      try #require(outcome.updating(globals)["b"]).distance(to: HostTensor(shape: [2], data: [5.7, 13.4]))
        < 1e-15)
    #expect(outcome.value(named: "grey") == nil)
  }

  @Test func allValuesAreKeptOnDemand() throws {
    let outcome = try interpreter().run(
      "e", globals: globals, arguments: arguments, images: 1, keepingValues: true)
    #expect(outcome.value(named: "grey") == HostTensor(shape: [1, 3], data: [0, 1, 0.2]))
    #expect(outcome.value(named: "nothing") == nil)
  }

  /// What is wrong with a call, and the message.
  static let faults: [(message: String, change: @Sendable (inout Call) -> Void)] = [
    ("the module has no entry @encode: it has e", { $0.entry = "encode" }),
    ("an entry runs on 1 image or more, not on 0", { $0.images = 0 }),
    ("@e needs the argument %x : u8[N,3]: give it a value", { $0.arguments["x"] = nil }),
    ("@e has no argument %scales: did you mean 'scale'?", { $0.arguments["scales"] = HostTensor(scalar: 1) }),
    ("there is no value for @w : f32[2,3]: give it one, such as its initial value", { $0.globals["w"] = nil }),
    (
      "@b : f32[2] has the shape [2] here, not [3]: give it that shape",
      { $0.globals["b"] = HostTensor(zeros: [3]) }
    ),
    ("%x : u8[N,3] has the shape [2, 3] here, not [1, 3]: give it that shape", { $0.images = 2 }),
    (
      "%x : u8[N,3] cannot hold 256.0: give it whole numbers of u8",
      { $0.arguments["x"] = HostTensor(shape: [1, 3], data: [0, 256, 0]) }
    ),
    (
      "%i : i32[N] cannot hold 0.5: give it whole numbers of i32",
      { $0.arguments["i"] = HostTensor(shape: [1], data: [0.5]) }
    ),
    (
      "%i : i32[N] cannot hold nan: give it whole numbers of i32",
      { $0.arguments["i"] = HostTensor(shape: [1], data: [.nan]) }
    ),
    ("u8[N,3] is too large for 4611686018427387904 images: run fewer at once", { $0.images = 1 << 62 }),
  ]

  struct Call {
    var entry = "e"
    var globals: [String: HostTensor]
    var arguments: [String: HostTensor]
    var images = 1
  }

  @Test(arguments: faults.indices)
  func wrongCallsSayWhatIsWrong(index: Int) throws {
    var call = Call(globals: globals, arguments: arguments)
    Self.faults[index].change(&call)
    let interpreter = try interpreter()
    let error = #expect(throws: InterpreterError.self) {
      _ = try interpreter.run(
        call.entry, globals: call.globals, arguments: call.arguments, images: call.images)
    }
    #expect(error?.description == Self.faults[index].message)
  }

  @Test func modulesThatDoNotVerifyAreRefused() throws {
    var module = try interpreter().module
    module.globals[0].type = .f32(2, 4)
    #expect(throws: DiagnosticList.self) { _ = try Interpreter(module) }
  }

  @Test func parametersBeginWithinTheirDistributions() throws {
    let module = try interpreter().module
    let values = try module.initialValues(seed: 3)
    #expect(try module.initialValues(seed: 3) == values)
    #expect(try module.initialValues(seed: 4) != values)
    #expect(values["m"]?.data == [0.5, 0.5])
    // fan_in of @w is 3, of @g 2 x 9; fan_out of @g is 4 x 9.
    let bias = try #require(module.global("b"))
    #expect(try module.initialDistribution(of: bias) == .uniform(bound: 1 / 3.0.squareRoot()))
    #expect(
      try module.initialDistribution(of: module.globals[0])
        == .normal(standardDeviation: (2.0 / 3).squareRoot()))
    let bound = (6.0 / 54).squareRoot()
    #expect(try module.initialDistribution(of: module.globals[2]) == .uniform(bound: bound))
    let kernel = try #require(values["g"]?.data)
    #expect(kernel.count == 72 && kernel.allSatisfy { abs($0) < bound && $0 == Double(Float($0)) })
    let mean = kernel.reduce(0, +) / 72
    let variance = kernel.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 72
    #expect(abs(variance / (bound * bound / 3) - 1) < 0.5)
  }
}
