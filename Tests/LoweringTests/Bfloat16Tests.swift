import Diagnostics
import GraphTesting
import IR
import Kernels
import LLVM
import Lowering
import Passes
import Testing

/// Bfloat16 in native code: rounding, whole training steps, and the instruction that other machines have. (Products by
/// themselves are in ProductTests.)
@Suite struct Bfloat16Tests {
  private static let rounding = """
    module rounding
    parameter @w : f32[COUNT] init constant(0)
    state @r : f32[COUNT] init constant(0)
    entry @evaluate(latent %x : f32[N,3]) {
      %0 = sum_per_image %x : f32[N]
      return metric loss = %0
    }
    entry @rows(latent %x : f32[N,3]) {
      %0 = to_bf16 %x : bf16[N,3]
      %1 = to_f32 %0 : f32[N,3]
      return latent r = %1
    }
    entry @whole(latent %x : f32[N,3]) {
      %0 = to_bf16 @w : bf16[COUNT]
      %1 = to_f32 %0 : f32[COUNT]
      return @r = %1
    }
    """

  /// Floats whose upper halves are all that there are, with lower halves around the middle between two bfloat16 numbers.
  private static let floats: [Float] = (UInt32(0)...0xFFFF).flatMap { upper in
    [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF].map { Float(bitPattern: upper << 16 | $0) }
  }

  @Test(arguments: TestTarget.available)
  func everyNumberIsRoundedToTheNearest(target: TestTarget) throws {
    // A count that fills no vector.
    let floats = Self.floats + [1.00390625, .nan, 3]
    let text = Self.rounding.replacing("COUNT", with: "\(floats.count)")
    let module = try Module(parsing: SourceText(name: "rounding.vir", text: text))
    let options = PassOptions(blockImages: target.blockImages)
    let native = try NativeModule(
      try Pipeline([.assignLayouts]).run(module, options: options).module, target: target)
    let images = floats.count / 3
    let x = HostTensor(shape: [images, 3], data: floats.map(Double.init))
    let values = EntryValues(
      globals: ["w": HostTensor(shape: [floats.count], data: x.data)], arguments: ["x": x], images: images)
    for (entry, result) in [("rows", ResultTarget.latent("r")), ("whole", .global("r"))] {
      let made = try #require(try native.call(entry, values).results[result])
      let wrong = zip(floats, made).filter { x, y in
        x.isNaN ? !y.isNaN : Float(roundedToBfloat16(Double(x))).bitPattern != y.bitPattern
      }
      #expect(wrong.isEmpty && made.count == floats.count, "@\(entry): \(wrong.prefix(3))")
    }
  }

  @Test(
    arguments: [
      (1, 1), (1.00390625, 1), (1.01171875, 1.015625), (-1.00390625, -1), (1.0039064, 1.0078125),
      (3.4e38, .infinity), (.infinity, .infinity), (0, 0), (1e-45, 0), (3.3895e38, 3.3895313892515355e38),
    ] as [(Double, Double)])
  func theReferenceRoundsToTheNearestAndTiesToEven(x: Double, wanted: Double) {
    #expect(roundedToBfloat16(x) == wanted)
    #expect(roundedToBfloat16(-x) == -wanted)
  }

  @Test func theReferenceKeepsNaN() { #expect(roundedToBfloat16(.nan).isNaN) }

  /// One of each kind of layers: convolutions, dense ones, several rows an image.
  private static let models: [ModelFixture] = [.convvae, .hierarchical, .iwae, .structural]

  private static let compiled = Dictionary(
    uniqueKeysWithValues: models.map { model in
      (
        model,
        Once {
          let options = PassOptions(blockImages: TestTarget.host.blockImages)
          let module = try Pipeline.standard(.bf16).run(try model.elaborated(), options: options).module
          return try NativeModule(module, target: .host)
        }
      )
    })

  /// Where float32 and float64 have a number on two sides of a tie, it is rounded apart, by 2^-8 of itself. That happens to a
  /// share of 2^8 e of all numbers, e their relative difference, and so changes a gradient by about the root of that share of what
  /// bfloat16 itself changes it by: a sixth for an importance-weighted bound, whose weights have e = 1e-4 (exp of a sum over
  /// pixels), far less for others.
  @Test(arguments: models, ["gradients", "train_step"])
  func aStepAgreesWithTheReferencesStepInBfloat16(model: ModelFixture, entry: String) throws {
    let native = try #require(Self.compiled[model]).get()
    for images in [7, 33] {
      let values = try model.values(entry, images: images)
      let wanted = try values.reference(try model.narrowed(), entry)
      let exact = try values.reference(try model.plain(), entry)
      let made = try native.call(entry, values)
      #expect(made.results.count == wanted.count)
      var (near, far) = (0.0, 0.0)
      for (target, value) in wanted {
        near = max(near, distance(made.results[target] ?? [], value))
        far = max(far, exact[target].map { distance($0.data.map { Float($0) }, value) } ?? 0)
      }
      #expect(near < far / 5, "\(model) @\(entry), \(images) images: \(near) and \(far)")
      let team = TurnTakingTeam(workers: 3, descends: true)
      #expect(try native.call(entry, values, team: team).bits == made.bits)
    }
  }

  @Test func theInstructionIsUsedWhereThereIsOne() throws {
    func assembly(_ precision: Precision, _ cpu: String) throws -> String {
      let compiler = try ModelCompiler(target: try #require(TargetSelection.target(cpu)))
      let options = PassOptions(blockImages: compiler.target.blockImages)
      let module = try Pipeline.standard(precision).run(
        try ModelFixture.convvae.elaborated(), options: options
      ).module
      return try compiler.assembly(try compiler.lower(module, source: []))
    }
    #expect(try assembly(.bf16, "x86-64-v4-bf16").contains("vdpbf16ps"))
    #expect(try !assembly(.bf16, "x86-64-v4").contains("vdpbf16ps"))
    #expect(try !assembly(.float32, "x86-64-v4-bf16").contains("vdpbf16ps"))
  }
}
