import Diagnostics
import IR
import Passes
import Reference
import Testing

/// Modules made at random, through the passes and the text form. A seed that fails is in the name of its case.
@Suite struct RandomGraphTests {
  static let seeds = (0..<24).map { testSeed &* 1000 &+ $0 }

  /// The module with its gradients differentiated, which is what can be run, and values for it.
  private func baseline(_ seed: UInt64) throws -> (Module, EntryValues) {
    let module = try Pipeline([.differentiate]).run(try RandomGraph.module(seed: seed)).module
    let entry = try #require(module.entries.first)
    var values = EntryValues(module, entry: entry, images: 3, seed: seed)
    // Second moments are not negative, and weights are small enough for the numbers to stay moderate.
    for global in module.globals {
      guard var tensor = values.globals[global.name] else { continue }
      tensor.data = tensor.data.map { global.kind == .state ? abs($0) : $0 * 0.5 }
      values.globals[global.name] = tensor
    }
    return (module, values)
  }

  private func expectSameResults(
    _ module: Module, as expected: Outcome, _ values: EntryValues, _ what: String
  ) throws {
    let made = try values.run(try Interpreter(module), "train_step")
    #expect(made.results.map(\.target) == expected.results.map(\.target), "\(what)")
    for (a, b) in zip(made.results, expected.results) {
      let distance = a.value.distance(to: b.value)
      #expect(distance < 1e-9, "\(what) changes \(a.target) by \(distance)")
    }
  }

  @Test(arguments: seeds)
  func everyPassAloneKeepsTheResults(seed: UInt64) throws {
    let (module, values) = try baseline(seed)
    let expected = try values.run(try Interpreter(module), "train_step")
    for pass in Pass.registry {
      let changed = try Pipeline([pass]).run(module).module
      try expectSameResults(changed, as: expected, values, pass.name)
    }
  }

  @Test(arguments: seeds)
  func allPassesTogetherKeepTheResults(seed: UInt64) throws {
    let (module, values) = try baseline(seed)
    let expected = try values.run(try Interpreter(module), "train_step")
    let whole = try Pipeline.standard.run(try RandomGraph.module(seed: seed)).module
    try expectSameResults(whole, as: expected, values, "the pipeline")
  }

  @Test(arguments: seeds)
  func passesInAnyOrderKeepTheResults(seed: UInt64) throws {
    let (module, values) = try baseline(seed)
    let expected = try values.run(try Interpreter(module), "train_step")
    var random = SplitMix(state: seed)
    let passes = (Pass.registry + Pass.registry).filter { $0.name != "assign-layouts" }.shuffled(using: &random)
    let changed = try Pipeline(passes).run(module).module
    try expectSameResults(changed, as: expected, values, passes.map(\.name).joined(separator: ", "))
  }

  /// Else the tests above would say nothing of the pass. Shapes are known from the beginning.
  @Test func everyPassFindsSomethingToDo() throws {
    var idle = Set(Pass.registry.map(\.name)).subtracting(["infer-shapes"])
    for seed in Self.seeds {
      let reports = try Pipeline.standard.run(try RandomGraph.module(seed: seed)).reports
      idle.subtract(reports.filter(\.changed).map(\.pass))
    }
    #expect(idle.isEmpty, "seed \(testSeed)")
  }

  @Test(arguments: seeds)
  func textMakesTheRoundTripAfterEveryPass(seed: UInt64) throws {
    _ = try Pipeline.standard.run(try RandomGraph.module(seed: seed)) { phase in
      let read = try Module(parsing: SourceText(name: "random.vir", text: phase.text))
      #expect(read == phase.module, "after \(phase.name)")
    }
  }
}
