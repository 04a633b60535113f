import IR
import Kernels
import Lowering
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
      #expect(!training.memory.buffers.contains { $0.name.hasPrefix(name + ".") }, "\(name)")
    }
    let names = training.memory.buffers.map(\.name)
    #expect(!names.contains("z.noise"))
    #expect(Set(["z.mean", "z.logvar", "logits"]).isSubset(of: names))
    // What is stored of the size of the first map is that map and its gradient; of an image, the bytes as floats,
    // the logits and their gradient.
    func count(floats: Int) -> Int {
      training.memory.slots.values.count { slot in
        if case .block = slot.place { slot.type.count == floats } else { false }
      }
    }
    #expect(count(floats: 32 * 14 * 14) == 4, "of the encoder's first layer and the decoder's last but one")
    #expect(count(floats: 28 * 28) == 3)
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
          let place = try #require(plan.memory.slots[result])
          for other in alive where other != result && entry.operations[made[other] ?? 0].name != "reshape" {
            let otherPlace = try #require(plan.memory.slots[other])
            #expect(!overlap(place, otherPlace), "\(entry.name) \(position): \(operation.name)")
          }
        }
      }
    }
  }

  private func overlap(_ a: TensorSlot, _ b: TensorSlot) -> Bool {
    func range(_ slot: TensorSlot, _ offset: Int) -> Range<Int> {
      let images = slot.type.isPerImage ? TestTarget.host.blockImages : 1
      return offset..<offset + slot.type.count * 4 * images
    }
    switch (a.place, b.place) {
    case (.block(let x), .block(let y)), (.shared(let x), .shared(let y)), (.weights(let x), .weights(let y)),
      (.state(let x), .state(let y)):
      return range(a, x).overlaps(range(b, y))
    case (.output(let x), .output(let y)): return x == y
    default: return false
    }
  }
}
