import IR
import Passes
import Testing

/// What every pass owes: the numbers stay what they were.
@Suite struct SemanticsTests {
  @Test(arguments: ModelBuilder.Kind.allCases)
  func passesKeepTheResults(kind: ModelBuilder.Kind) throws {
    var builder = ModelBuilder(kind)
    let module = try builder.build()
    var expected: [String: [HostTensor]]?
    for seed: UInt64 in [1, 2] {
      _ = try Pipeline.standard.run(module) { phase in
        guard !phase.module.entries.contains(where: \.hasGradientRequests), phase.number > 1 else { return }
        var evaluation = Evaluation(seed: seed, images: 3)
        let results = try evaluation.results(of: phase.module)
        if let expected {
          let difference = largestDifference(expected, results)
          #expect(difference < 1e-12, "\(phase.fileName), seed \(seed): \(difference)")
        }
        expected = expected ?? results
      }
      expected = nil
    }
  }
}

extension Entry {
  var hasGradientRequests: Bool { operations.contains { $0.name == "gradient" } }
}
