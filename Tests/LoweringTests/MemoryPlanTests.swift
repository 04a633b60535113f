import Diagnostics
import IR
import Kernels
import Lowering
import Passes
import Testing

/// The arena: what is in it, and that nothing lies where something else is alive.
@Suite struct MemoryPlanTests {
  private func plan(_ model: ModelFixture, _ target: TestTarget = .host) throws -> ModulePlan {
    try ModelCompiler(target: target.llvm).plan(try model.optimized(for: target))
  }

  @Test func trainStepKeepsNoPreactivationNoNoiseAndNoProbabilities() throws {
    let training = try #require(try plan(.convvae).entries.first { $0.entry.name == "train_step" })
    let absent = [
      "add_bias", "relu", "sigmoid", "relu_gradient", "normal_noise", "reparameterize", "kl_normal",
      "bernoulli_loglik", "bernoulli_loglik_gradient",
    ]
    for name in absent {
      #expect(!training.entry.operations.contains { $0.name == name }, "\(name)")
    }
    let names = training.memory.buffers.flatMap(\.values)
    #expect(!names.contains("z.noise"))
    #expect(Set(["z.mean", "z.logvar", "logits"]).isSubset(of: names))
    #expect(names.allSatisfy { value in !absent.contains { value.hasPrefix($0 + ".") } })
    // What is stored of the size of the first map is that map and its gradient; of an image, the bytes as floats,
    // the logits and their gradient.
    func count(floats: Int) -> Int {
      training.memory.tensors.values.count { tensor in
        if case .block = tensor.location { tensor.type.count == floats } else { false }
      }
    }
    #expect(count(floats: 32 * 14 * 14) == 4, "of the encoder's first layer and the decoder's last but one")
    #expect(count(floats: 28 * 28) == 3)
  }

  /// Gradients take the place of the activations that they are the gradients by, and of the logits; each parameter's gradient
  /// makes room for others as soon as its optimizer step is done.
  @Test func gradientsTakeThePlaceOfActivations() throws {
    let training = try #require(try plan(.convvae).entries.first { $0.entry.name == "train_step" })
    let shared = training.memory.buffers.filter { $0.values.count > 1 }.map(\.name)
    #expect(shared.contains { $0.wholeMatch(of: /conv2d\.1 > conv2d_transpose\.\d+/) != nil }, "\(shared)")
    #expect(
      shared.contains { $0.wholeMatch(of: /logits > bernoulli_loglik_sum_gradient\.\d+/) != nil }, "\(shared)")
    let largest = training.memory.buffers.filter { !$0.isPerBlock }.map(\.bytes).max() ?? 0
    #expect(training.memory.arena.sharedBytes < largest * 3 / 2)
  }

  /// Operations on `%x` with the buffers of their values; `%z` is read by the conversion alone.
  static let programs = [
    // Each value takes the place of the one before.
    ("%a = exp %x : f32[N,6]\n%b = square %a : f32[N,6]", "latent r = %b", ["relayout.0 > a > b"]),
    // The first operand is needed still, the second is not.
    (
      "%a = exp %x : f32[N,6]\n%b = mul %x, %a : f32[N,6]\n%c = add %b, %x : f32[N,6]", "latent r = %c",
      ["relayout.0", "a > b > c"]
    ),
    // It is needed under another shape.
    (
      "%a = reshape %x {shape = [2, 3]} : f32[N,2,3]\n%b = exp %x : f32[N,6]\n%c = exp %a : f32[N,2,3]",
      "latent r = %b, latent s = %c", ["relayout.0 > c", "b"]
    ),
    // The caller wants it.
    (
      "%a = exp %x : f32[N,6]\n%b = square %a : f32[N,6]", "latent r = %b, latent s = %a",
      ["relayout.0 > a", "b"]
    ),
    // A number per image is smaller than what is made with it.
    (
      "%a = sum_per_image %x : f32[N]\n%b = neg %a : f32[N]\n%c = mul %b, %x : f32[N,6]", "latent r = %c",
      ["relayout.0 > c", "a > b"]
    ),
    // A product reads more of its operand than the element that it makes, and a dense layer's result is gone over several times
    // before the activation is read.
    ("%a = dense_data_gradient %x, @w {epilogue = none} : f32[N,6]", "latent r = %a", ["relayout.0", "a"]),
    (
      "%a = exp %x : f32[N,6]\n%b = dense_data_gradient %x, @w, %a {epilogue = relu_gradient} : f32[N,6]",
      "latent r = %b", ["relayout.0", "a", "b"]
    ),
    (
      "%a = exp %x : f32[N,6]\n%b = dense_data_gradient %a, @w, %a {epilogue = relu_gradient} : f32[N,6]",
      "latent r = %b", ["relayout.0 > a", "b"]
    ),
  ]

  @Test(arguments: programs)
  func anOperationTakesThePlaceOfAnOperandThatNothingNeedsAnyMore(
    operations: String, results: String, buffers: [String]
  ) throws {
    let text = """
      module test
      parameter @w : f32[6,6] init constant(0)
      entry @f(latent %x : f32[N,6]) {
        \(operations)
        return \(results)
      }
      """
    let module = try Pipeline([.assignLayouts]).run(
      try Module(parsing: SourceText(name: "test.vir", text: text)),
      options: PassOptions(blockImages: TestTarget.host.blockImages)
    ).module
    let plan = try #require(try ModelCompiler(target: .host).plan(module).entries.first)
    #expect(plan.memory.buffers.map(\.name) == buffers)
  }

  @Test(arguments: ModelFixture.allCases, TestTarget.available)
  func buffersThatAreAliveAtTheSameTimeDoNotOverlap(model: ModelFixture, target: TestTarget) throws {
    for entry in try plan(model, target).entries {
      let buffers = entry.memory.buffers
      for (index, a) in buffers.enumerated() {
        #expect(a.offset % 64 == 0, "\(a.name)")
        let limit = a.isPerBlock ? entry.memory.arena.blockBytes : entry.memory.arena.sharedBytes
        #expect(a.offset + a.bytes <= limit, "\(a.name)")
        for b in buffers[(index + 1)...] where a.isPerBlock == b.isPerBlock {
          let isApart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset
          #expect(isApart || a.last < b.first || b.last < a.first, "\(entry.entry.name): \(a.name), \(b.name)")
        }
      }
    }
  }

  /// The same from the program instead of from what the plan says of itself: at every operation the values that were made
  /// and are still needed lie apart.
  @Test(arguments: ModelFixture.allCases)
  func valuesThatAreStillNeededAreNotOverwritten(model: ModelFixture) throws {
    for plan in try plan(model).entries {
      let entry = plan.entry
      let made = entry.definitions()
      var needed = entry.users().mapValues { $0.max() ?? 0 }
      for result in entry.results { needed[result.value] = entry.operations.count }
      for (position, operation) in entry.operations.enumerated() {
        let alive = made.filter { $0.value <= position && needed[$0.key, default: 0] > position }.map(\.key)
        for result in operation.results where operation.name != "reshape" {
          let place = try #require(plan.memory.tensors[result])
          for other in alive where other != result && entry.operations[made[other] ?? 0].name != "reshape" {
            let otherPlace = try #require(plan.memory.tensors[other])
            #expect(!overlap(place, otherPlace), "\(entry.name) \(position): \(operation.name)")
          }
        }
      }
    }
  }

  private func overlap(_ a: PlannedTensor, _ b: PlannedTensor) -> Bool {
    func range(_ tensor: PlannedTensor, _ offset: Int) -> Range<Int> {
      let images = tensor.type.isPerImage ? TestTarget.host.blockImages : 1
      return offset..<offset + tensor.type.count * tensor.type.samples * 4 * images
    }
    switch (a.location, b.location) {
    case (.block(let x, _), .block(let y, _)), (.shared(let x), .shared(let y)),
      (.weights(let x), .weights(let y)),
      (.state(let x), .state(let y)):
      return range(a, x).overlaps(range(b, y))
    case (.output(let x), .output(let y)): return x == y
    default: return false
    }
  }
}
