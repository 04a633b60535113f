import Diagnostics
import Inspection
import LanguageTesting
import Passes
import Testing
import VDL

/// Ten thousand changed models through the whole of the compiler's front: each gives diagnostics or compiles, in time. What is still
/// right then goes through the passes. A case that fails is in the message, and its seed in the test's name.
@Suite struct ModelMutationTests {
  /// Changed models in all; an unoptimized build takes its time for each.
  private static let total: Int = {
    #if DEBUG
      return 1_000
    #else
      return 10_000
    #endif
  }()
  private static let seeds: [UInt64] = [1, 2, 3, 4]
  private static let perSeed = total / (Models.names.count * seeds.count) + 1
  /// Of each seed's right models, those that go through all passes.
  private static let compiled = 4
  /// Far above what any text should take, even on a busy machine.
  private static let limit = Duration.seconds(20)

  @Test(.timeLimit(.minutes(10)), arguments: Models.names, seeds)
  func changedModelsGiveDiagnosticsOrCompile(model: String, seed: UInt64) throws {
    var generator = TestGenerator(state: seed)
    let tokens = lex(try Models.source(model)).tokens
    var right = 0
    for _ in 0..<Self.perSeed {
      let changes = Mutation.changes(of: tokens, count: 1...4, &generator)
      let source = SourceText(name: "mutant.vdl", text: Mutation.text(of: tokens, replacing: changes))
      let time = try ContinuousClock().measure {
        if try check(source, model), right < Self.compiled {
          right += 1
          try compile(source, model)
        }
      }
      #expect(time < Self.limit, "seed \(seed):\n\(String(decoding: source.bytes, as: UTF8.self))")
    }
  }

  /// Whether the model is right. What is said of it has its place in the text.
  private func check(_ source: SourceText, _ model: String) throws -> Bool {
    let found = try ModelCheck.diagnostics(source, read: Models.reader(for: model))
    for diagnostic in found.diagnostics {
      let isInside =
        diagnostic.range.map { range in
          range.start <= range.end && (range.end.line <= source.lineCount || range.file != source.name)
        } == true
      #expect(isInside, "\(diagnostic) in\n\(String(decoding: source.bytes, as: UTF8.self))")
    }
    if !found.diagnostics.isEmpty {
      #expect(!DiagnosticRenderer(sources: [source]).render(found).isEmpty)
    }
    return found.count(.error) == 0
  }

  private func compile(_ source: SourceText, _ model: String) throws {
    do {
      let tree = try parseModel(source).withUsedModels(read: Models.reader(for: model))
      _ = try Pipeline.standard.run(try elaborate(tree))
    } catch let error as DiagnosticList {
      // An objective may be right and yet have no gradient.
      let text = String(decoding: source.bytes, as: UTF8.self)
      #expect(
        error.diagnostics.allSatisfy { $0.message.contains("cannot be differentiated") }, "\(error) in\n\(text)"
      )
    }
  }
}
