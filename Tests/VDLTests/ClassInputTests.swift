import Diagnostics
import Foundation
import IR
import LanguageTesting
import Testing
import VDL

/// Inputs that are classes, and the layers that go with them.
@Suite struct ClassInputTests {
  private static let base = """
    model m {
      input x: image[1, 4, 4]
      input y: class[3]
      encoder (x, y) -> z {
        let h = concat(x |> flatten, one_hot(y)) |> dense(6)
        z ~ normal(mean: h |> slice(from: 0, count: 2), logvar: h |> slice(from: 2, count: 2))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z, y) -> x { x ~ bernoulli(logits: concat(z, y |> one_hot) |> dense(16) |> reshape(1, 4, 4)) }
      maximize loglik(x) - kl(z)
    }
    """

  static let cases: [(String, String, String)] = [
    ("class[3]", "class[«1»]", "'classes' must be 2 or more, not 1"),
    ("class[3]", "class[«100000»]", "there are too many classes: the limit is 65536"),
    (
      "class[3]", "«class[3, 4]»",
      "a class has one number, how many classes there are: class[10], not 2 numbers"
    ),
    ("class[3]", "class[3]\n  «input v: class[4]»", "a second class as input is not supported yet"),
    (
      "decoder (z, y) -> x {", "decoder (z, y) -> x, «y» {\n y ~ bernoulli(logits: z)\n",
      "the decoder cannot give 'y', which it takes"
    ),
    ("x |> flatten, one_hot(y)", "x |> flatten, «one_hot(x)»", "'one_hot' needs an input that is a class"),
    ("concat(x |> flatten, one_hot(y))", "x |> flatten |> «concat»", "'concat' needs 'others'"),
    ("slice(from: 0, count: 2)", "slice(«0», count: 2)", "this argument of 'slice' needs a label"),
    ("slice(from: 0, count: 2)", "slice(from: 0, count: «0»)", "'count' must be 1 or more, not 0"),
    (
      "bernoulli(logits", "«categorical»(logits",
      "'categorical' is a distribution of classes, and 'x' is an image"
    ),
    ("decoder (z, y)", "decoder (z, «x»)", "'x' is not a result of the encoder or a class"),
  ]

  /// A classifier on the codes: its decoder gives the class.
  static let results: [(String, String)] = [
    ("«y» = z", "'y' is a class, which is drawn, not computed"),
    ("y ~ «bernoulli»(logits: z)", "'bernoulli' is no distribution of classes"),
    ("y ~ categorical(«mean»: z)", "'categorical' has no argument 'mean'"),
    ("y ~ categorical(logits: «3»)", "a tensor is needed here, not a number"),
  ]

  private func errors(_ text: MarkedText) -> [Diagnostic] {
    do { _ = try elaborate(text.source) } catch { return error.diagnostics }
    return []
  }

  @Test(arguments: cases)
  func anErrorPointsAtItsCharacters(original: String, marked: String, message: String) throws {
    try #require(Self.base.contains(original))
    let text = MarkedText(Self.base.replacing(original, with: marked))
    let found = errors(text)
    #expect(found.first?.message == message)
    #expect(found.first?.range == text.ranges.first)
  }

  @Test(arguments: results)
  func aClassIsDrawnFromClasses(statement: String, message: String) throws {
    let text = MarkedText(
      """
      model m {
        input x: image[1, 4, 4]
        input y: class[3]
        encoder (x) -> z { z = x |> flatten |> dense(3) }
        decoder (z) -> y { \(statement) }
        minimize mse(y)
      }
      """)
    let found = errors(text)
    #expect(found.first?.message == message)
    #expect(found.first?.range == text.ranges.first)
  }

  /// Results by their roles: an image, the probabilities of the class, and both.
  @Test func aClassComesOutAsProbabilities() throws {
    func results(_ decoder: String, _ objective: String) throws -> [String: [String]] {
      let module = try elaborate(
        SourceText(
          name: "m.vdl",
          text: """
            model m {
              input x: image[1, 4, 4]
              input y: class[3]
              encoder (x) -> z { z ~ normal(mean: x |> flatten |> dense(2), logvar: x |> flatten |> dense(2)) }
              prior z ~ normal(mean: 0, std: 1)
              \(decoder)
              maximize \(objective)
            }
            """))
      var results: [String: [String]] = [:]
      for name in ["train_step", "decode", "sample", "reconstruct", "evaluate"] {
        let entry = try #require(module.entry(name))
        let inputs = entry.arguments.filter { [.image, .label].contains($0.role) }
        let made = entry.results.map(\.target).filter {
          switch $0 {
          case .image, .probabilities, .metric: true
          default: false
          }
        }
        results[name] = inputs.compactMap { entry[$0.value].name } + made.map { "\($0)" }
      }
      return results
    }
    let both =
      "decoder (z) -> y, x { y ~ categorical(logits: z |> dense(3))\nx = z |> dense(16) |> reshape(1, 4, 4) }"
    let alone = try results("decoder (z) -> y { y ~ categorical(logits: z |> dense(3)) }", "loglik(y) - kl(z)")
    #expect(alone["train_step"]?.prefix(2) == ["x", "y"])
    #expect(alone["decode"] == ["probabilities y"] && alone["sample"] == ["probabilities y"])
    #expect(alone["reconstruct"] == ["x", "probabilities y"])
    #expect(alone["evaluate"] == ["x", "y", "metric loss", "metric reconstruction", "metric kl"])
    let joint = try results(both, "loglik(y) - mse(x) - mse(y) - kl(z)")
    #expect(joint["reconstruct"] == ["x", "probabilities y", "image x"])
    #expect(
      joint["evaluate"]?.dropFirst(2) == [
        "metric loss", "metric reconstruction", "metric mse.x", "metric mse.y", "metric kl",
      ])
  }

  @Test func aModelOfClassesAloneHasNoInput() throws {
    let text = MarkedText(
      """
      model «m» {
        input y: class[3]
        encoder (y) -> z { z = one_hot(y) }
        decoder (z) -> y { y ~ categorical(logits: z) }
        minimize mse(y)
      }
      """)
    #expect(errors(text).first?.message == "'m' has no input besides a class")
    #expect(errors(text).first?.range == text.ranges.first)
  }

  /// Each entry takes the inputs that its part of the model names.
  @Test func entriesTakeTheInputsThatTheyNeed() throws {
    let module = try elaborate(SourceText(name: "m.vdl", text: Self.base))
    func inputs(_ entry: String) throws -> [String] {
      let entry = try #require(module.entry(entry))
      return entry.arguments.filter { [.image, .label, .latent].contains($0.role) }.compactMap {
        entry[$0.value].name
      }
    }
    #expect(try inputs("train_step") == ["x", "y"])
    #expect(try inputs("encode") == ["x", "y"])
    #expect(try inputs("decode") == ["z", "y"])
    #expect(try inputs("sample") == ["y"])
    #expect(try inputs("reconstruct") == ["x", "y"])
    #expect(module.classes == [NamedNumber("y", 3)])
    let decoderOnly = Self.base.replacing("(x, y) -> z", with: "(x) -> z").replacing(
      "concat(x |> flatten, one_hot(y))", with: "flatten(x)")
    let encode = try #require(
      try elaborate(SourceText(name: "m.vdl", text: decoderOnly)).entry("encode"))
    #expect(encode.arguments.map(\.role) == [.image])
  }

  @Test func manyTensorsAreJoinedInTheirOrder() throws {
    let text = Self.base.replacing(
      "concat(x |> flatten, one_hot(y))",
      with:
        "concat(x |> flatten, \((0..<9).map { "x |> flatten |> dense(\($0 + 1))" }.joined(separator: ", ")))")
    let module = try elaborate(SourceText(name: "m.vdl", text: text))
    let encode = try #require(module.entry("encode"))
    #expect(encode.operations.filter { $0.name == "concat" }.map(\.operands.count) == [8, 3])
  }
}
