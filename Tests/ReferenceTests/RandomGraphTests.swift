import Diagnostics
import GraphTesting
import IR
import Passes
import Reference
import Testing

/// Modules made at random, through the passes and the text form. A seed that fails is in the name of its case, and the failure
/// shows the smallest program that fails too.
@Suite struct RandomGraphTests {
  /// All but the one that is there to change results.
  private static let passes = Pass.registry.filter { $0.name != "narrow-products" }
  static let seeds = (0..<24).map { testSeed &* 1000 &+ $0 }

  /// Holds what passes make of the module of a seed against what it is, its gradients differentiated.
  private func expectSameResults(
    _ what: String, seed: UInt64, passes: @escaping (Module) throws -> Module,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let comparison = Comparison(seed: seed, passes: passes)
    let module = try RandomGraph.module(seed: seed)
    guard let failure = try comparison.failure(of: module) else { return }
    let smallest = module.shrunk { (try? comparison.failure(of: $0)) ?? nil != nil }
    let again = (try? comparison.failure(of: smallest)) ?? nil
    Issue.record(
      "\(what), seed \(seed): \(failure)\nsmallest program, where \(again ?? "nothing"):\n\(smallest.text)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: seeds)
  func everyPassAloneKeepsTheResults(seed: UInt64) throws {
    for pass in Self.passes {
      try expectSameResults(pass.name, seed: seed) { try Pipeline([.differentiate, pass]).run($0).module }
    }
  }

  @Test(arguments: seeds)
  func allPassesTogetherKeepTheResults(seed: UInt64) throws {
    try expectSameResults("the pipeline", seed: seed) { try Pipeline.standard.run($0).module }
  }

  @Test(arguments: seeds)
  func passesInAnyOrderKeepTheResults(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let passes = (Self.passes + Self.passes).filter { $0.name != "assign-layouts" }.shuffled(using: &random)
    try expectSameResults(passes.map(\.name).joined(separator: ", "), seed: seed) {
      try Pipeline([.differentiate] + passes).run($0).module
    }
  }

  /// Else the tests above would say nothing of the pass. Shapes are known from the beginning.
  @Test func everyPassFindsSomethingToDo() throws {
    var idle = Set(Pass.registry.map(\.name)).subtracting(["infer-shapes"])
    var idleFusions: Set = [
      "optimizer steps fused", "elementwise operations fused",
      "elementwise operations repeated in their readers",
    ]
    for seed in Self.seeds {
      let reports = try Pipeline.standard(.bf16).run(try RandomGraph.module(seed: seed)).reports
      idle.subtract(reports.filter(\.changed).map(\.pass))
      idleFusions.subtract(reports.flatMap(\.statistics).map(\.what))
    }
    #expect(idle.isEmpty, "seed \(testSeed)")
    #expect(idleFusions.isEmpty, "seed \(testSeed)")
  }

  @Test(arguments: seeds)
  func textMakesTheRoundTripAfterEveryPass(seed: UInt64) throws {
    _ = try Pipeline.standard.run(try RandomGraph.module(seed: seed)) { phase in
      let read = try Module(parsing: SourceText(name: "random.vir", text: phase.text))
      #expect(read == phase.module, "after \(phase.name)")
    }
  }

  /// A pass with a mistake in it: what is shown of its failure has to fit on a screen.
  @Test(arguments: seeds.prefix(3))
  func failuresAreShrunkToAFewOperations(seed: UInt64) throws {
    let comparison = Comparison(seed: seed) { module in
      var module = try Pipeline([.differentiate]).run(module).module
      for index in module.entries[0].operations.indices where module.entries[0].operations[index].name == "tanh"
      {
        module.entries[0].operations[index].name = "sigmoid"
      }
      return module
    }
    let module = try RandomGraph.module(seed: seed)
    #expect(try comparison.failure(of: module) != nil)
    let smallest = module.shrunk { (try? comparison.failure(of: $0)) ?? nil != nil }
    #expect(try comparison.failure(of: smallest) != nil)
    #expect(smallest.entries[0].operations.count <= 3, "\(smallest.text)")
    #expect(smallest.entries[0].operations.contains { $0.name == "tanh" })
  }
}

/// What passes make of a module, held against the module with its gradients differentiated, which is what can be run.
private struct Comparison {
  let seed: UInt64
  let passes: (Module) throws -> Module

  init(seed: UInt64, passes: @escaping (Module) throws -> Module) {
    self.seed = seed
    self.passes = passes
  }

  /// What is wrong with what the passes made, or nil. Throws where the module itself cannot be run.
  func failure(of module: Module) throws -> String? {
    let plain = try Pipeline([.differentiate]).run(module).module
    let values = values(plain)
    let expected = try values.run(try Interpreter(plain), "train_step")
    for result in expected.results where result.value.data.contains(where: { !$0.isFinite }) {
      throw TypeError("\(result.target) is not finite")
    }
    do {
      let made = try values.run(try Interpreter(try passes(module)), "train_step")
      guard made.results.map(\.target) == expected.results.map(\.target) else {
        return "there are other results"
      }
      for (a, b) in zip(made.results, expected.results) {
        let distance = a.value.distance(to: b.value)
        if distance >= 1e-9 { return "\(a.target) changes by \(distance)" }
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func values(_ module: Module) -> EntryValues {
    let made = GraphValues(module, images: 3, seed: seed)
    var values = EntryValues(images: 3)
    (values.globals, values.arguments) = (made.globals, made.arguments)
    return values
  }
}
