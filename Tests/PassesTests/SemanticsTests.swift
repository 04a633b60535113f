import Diagnostics
import IR
import Passes
import Testing

/// What every pass owes: the numbers stay what they were. (`narrow-products` is there to change them: NarrowProductsTests.)
@Suite struct SemanticsTests {
  private static let seeds: [UInt64] = [1, 2]
  private static let passesAfterGradients = Pass.registry.filter {
    !["infer-shapes", "differentiate", "narrow-products"].contains($0.name)
  }

  private func results(_ module: Module, _ seed: UInt64) throws -> [String: [HostTensor]] {
    var evaluation = Evaluation(seed: seed, images: 3)
    return try evaluation.results(of: module)
  }

  @Test(arguments: SmallModel.allCases, seeds)
  func thePipelineKeepsTheResults(model: SmallModel, seed: UInt64) throws {
    var expected: [String: [HostTensor]]?
    _ = try Pipeline.standard.run(try model.module(), options: PassOptions(blockImages: 8)) { phase in
      guard phase.number > 1, !phase.module.entries.contains(where: \.hasGradientRequests) else { return }
      let results = try results(phase.module, seed)
      let difference = largestDifference(expected ?? results, results)
      #expect(difference < 1e-12, "\(phase.fileName), seed \(seed)")
      expected = expected ?? results
    }
    #expect(expected?["train_step"] != nil)
  }

  @Test(arguments: SmallModel.allCases, passesAfterGradients.map(\.name))
  func eachPassAloneKeepsTheResults(model: SmallModel, pass: String) throws {
    for preparation in [["infer-shapes", "differentiate"], ["infer-shapes", "differentiate", "simplify"]] {
      let before = try Pipeline(names: preparation).run(try model.module()).module
      let after = try Pipeline(names: [pass]).run(before).module
      #expect(largestDifference(try results(before, 5), try results(after, 5)) < 1e-12, "seed 5")
    }
  }

  @Test(arguments: SmallModel.allCases, Pass.registry.map(\.name))
  func aPassChangesNothingTheSecondTime(model: SmallModel, pass: String) throws {
    let passes = Pipeline.standard(.bf16).passes
    let position = try #require(passes.firstIndex { $0.name == pass })
    let before = Pipeline(Array(passes[...position]))
    let reports = try Pipeline(before.passes + [before.passes[position]]).run(try model.module()).reports
    #expect(reports.last?.changed == false)
  }

  @Test(arguments: SmallModel.allCases)
  func everyPhasePrintsAndParsesBack(model: SmallModel) throws {
    _ = try Pipeline.standard.run(try model.module()) { phase in
      let parsed = try Module(parsing: SourceText(name: phase.fileName, text: phase.text))
      #expect(parsed == phase.module, "\(phase.fileName)")
    }
  }
}

extension Entry {
  var hasGradientRequests: Bool { operations.contains { $0.name == "gradient" } }
}
