import Diagnostics
import Foundation
import LanguageTesting
import Testing
import VDL

/// Every message of the front end is given by some test, at a marked place.
@Suite struct DiagnosticAuditTests {
  /// What stands in a model's braces, for messages of the parser that no other table has.
  static let declarations: [(String, String)] = [
    ("input «3»: image[1]", "expected the input's name, found '3'"),
    ("input x: «3»", "expected a type, such as image[1, 28, 28], found '3'"),
    ("input x: image[1] «3»", "expected the end of the line after the type, found '3'"),
    ("block «(»h) = h", "expected the block's name, found '('"),
    ("shared «3» = relu", "expected a name after 'shared', found '3'"),
    ("shared f «relu»", "expected '=' and a layer after 'f', found 'relu'"),
    ("shared f = relu «tanh»", "expected the end of the line after the layer, found 'tanh'"),
    ("corrupt «3» with noise", "expected an input's name after 'corrupt', found '3'"),
    ("corrupt x with noise «3»", "expected the end of the line after the corruption, found '3'"),
    ("encoder (x) -> «{» }", "expected the name of a result, found '{'"),
    ("encoder (x) -> z «=» 3", "expected '{' to begin the encoder's body, found '='"),
    ("encoder (x) -> z { let «3» = x }", "expected a name after 'let', found '3'"),
    ("encoder (x) -> z { z ~ «3» }", "expected a distribution after '~', found '3'"),
    ("train «batch»: 3", "expected '{' after 'train', found 'batch'"),
    (
      "maximize \(String(repeating: "1 + ", count: 256))1 «+» 1",
      "a statement may have at most 256 operators"
    ),
    ("maximize \(String(repeating: "(", count: 64))«1»", "this is nested deeper than 64 levels"),
  ]

  /// Whole texts with the settings for their configs.
  static let models: [(String, [String: String], [String])] = [
    ("model «3» {\n}", [:], ["expected the model's name, found '3'"]),
    (
      "model «««m»»» { input x: image[1, 8, 8] }", [:],
      ["'m' has no encoder", "'m' has no decoder", "'m' has no objective"]
    ),
    (whole(input: "").replacingOccurrences(of: "model m", with: "model «m»"), [:], ["'m' has no input"]),
    (whole(), ["b": "3"], ["the model has no config 'b' to set"]),
    (
      whole().replacingOccurrences(of: "minimize mse(x)", with: "maximize «iwae(samples: 2)»"), [:],
      ["'iwae' needs a likelihood, and a posterior and a prior for each latent"]
    ),
    (whole("config a = 1"), ["a": "one"], ["'a' cannot be set to 'one': it needs a number"]),
    (
      whole("block f(h) = h |> «f»", layers: "x |> f |> flatten"), [:], ["block 'f' applies itself"]
    ),
    (
      whole(layers: "x |> flatten |> «dense(1000000000)» |> dense(64)"), [:],
      [
        "the parameter 'encoder.z.dense0.weight' cannot be f32[1000000000,?]: it is too large, the limit is 268435456 elements per image"
      ]
    ),
    (
      whole(doublings(10), layers: "x |> f10 |> flatten").replacingOccurrences(
        of: "model m", with: "model «m»"),
      [:], ["the model applies more than 1000 layers"]
    ),
    (
      whole(chain(33), layers: "x |> f33 |> flatten").replacingOccurrences(of: "|> f1\n", with: "|> «f1»\n"),
      [:],
      ["blocks are nested deeper than 32 levels"]
    ),
  ]

  /// A small model that is right.
  private static func whole(
    _ more: String = "", input: String = "input x: image[1, 8, 8]", layers: String = "x |> flatten"
  ) -> String {
    """
    model m {
      \(more)
      \(input)
      encoder (x) -> z { z = \(layers) }
      decoder (z) -> x { x = z |> reshape(1, 8, 8) }
      minimize mse(x)
    }
    """
  }

  private static func doublings(_ count: Int) -> String {
    blocks(count) { "h |> f\($0) |> f\($0)" }
  }

  private static func chain(_ count: Int) -> String {
    blocks(count) { "h |> f\($0)" }
  }

  private static func blocks(_ count: Int, _ body: (Int) -> String) -> String {
    (["block f0(h) = h |> relu"] + (1...count).map { "block f\($0)(h) = \(body($0 - 1))" })
      .joined(separator: "\n")
  }

  /// Optimizers of the command line.
  static let optimizers: [(String, String)] = [
    ("sgd «adam»", "expected nothing behind the optimizer, found 'adam'"),
    ("sgd(momentum: -«)»", "expected a value, found ')'"), ("«lion»", "unknown optimizer 'lion'"),
    ("sgd(nesterov: «1»)", "'nesterov' must be yes or no"),
  ]

  /// A fault of the compiler itself, which no text is known to cause.
  private static let ours = "the compiler cannot elaborate this model and does not know why; please report it"

  /// The messages that tables of tests expect at exactly the marked places.
  private static let expected: [String] =
    declarations.map(\.1) + optimizers.map(\.1) + models.flatMap(\.2) + ParserErrorTests.declarations.map(\.1)
    + ParserErrorTests.surroundings.map(\.1) + ParserErrorTests.severalErrors.1 + LexerTests.noTokens.map(\.1)
    + (ElaborationErrorTests.names + ElaborationErrorTests.arguments + ElaborationErrorTests.objectives)
    .map(\.2) + RareErrorTests.cases.flatMap(\.2)
    + ImageOperationTests.cases.map(\.2) + ClassInputTests.cases.map(\.2) + ClassInputTests.results.map(\.1) + [
      "'m' has no input besides a class"
    ]
    + (HintTests.slips + HintTests.names + HintTests.arguments + HintTests.places).map(\.message)
    + LintTests.unused.map(\.2) + LintTests.deviations.map(\.2) + LintTests.weights.map(\.3)
    + LintTests.ranges.map(\.2) + UseTests.mistakes.map(\.2) + UseTests.others.map(\.1) + [UseTests.unread]

  @Test func everyMessageHasATest() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/VDL")
    let templates = try MessageTemplate.all(under: folder)
    #expect(templates.count > 150)
    let untested = templates.filter { template in
      !template.isHandedOn && template.text != Self.ours && !Self.expected.contains(where: template.matches)
    }
    #expect(untested.isEmpty, "\(untested.map { "\($0.place): \($0.text)" }.joined(separator: "\n"))")
  }

  private func check(_ marked: String, _ settings: [String: String], _ messages: [String]) {
    let text = MarkedText(marked)
    var found: [Diagnostic] = []
    do { _ = try elaborate(parseModel(text.source), settings: settings) } catch { found = error.diagnostics }
    #expect(found.map(\.message) == messages)
    #expect(found.compactMap(\.range) == text.ranges, "\(found)")
  }

  @Test(arguments: optimizers)
  func anErrorInAnOptimizerOfTheCommandLinePointsThere(marked: String, message: String) throws {
    let text = MarkedText(marked, name: ModelSyntax.optimizerTextName)
    let model = try parseModel(SourceText(name: "m.vdl", text: Self.whole()))
    var found: [Diagnostic] = []
    do throws(DiagnosticList) {
      _ = try elaborate(
        try model.replacingOptimizer(String(decoding: text.source.bytes, as: UTF8.self)))
    } catch { found = error.diagnostics }
    #expect(found.map(\.message) == [message])
    #expect(found.compactMap(\.range).map(\.start) == text.ranges.map(\.start), "\(found)")
    #expect(found.first?.range?.file == ModelSyntax.optimizerTextName)
  }

  @Test(arguments: declarations)
  func anErrorPointsAtItsCharacters(marked: String, message: String) {
    check("model m {\n  \(marked)\n}", [:], [message])
  }

  @Test(arguments: models)
  func errorsOfWholeModelsPointAtTheirCharacters(
    marked: String, settings: [String: String], messages: [String]
  ) {
    check(marked, settings, messages)
  }
}
