import Diagnostics
import IR
import LanguageTesting
import Testing
import VDL

/// Parts of other models: `use encoder from "base.vdl" frozen`.
@Suite struct UseTests {
  /// The models that the tests use, by their names.
  private static let texts = [
    "base.vdl": """
    model base {
      config width = 6
      config latent = 2
      input x: image[1, 4, 4]
      input y: class[3]
      shared mix = dense(width)
      block twice(h) = h |> dense(width) |> relu |> mix
      encoder (x) -> z {
        let h = x |> flatten |> twice |> batch_norm |> dropout(rate: 0.5)
        z ~ normal(mean: h |> dense(latent), logvar: h |> dense(latent))
      }
      prior z ~ normal(mean: 0, std: 2)
      decoder (z, y) -> x {
        x ~ bernoulli(logits: concat(z, y |> one_hot) |> dense(width) |> mix |> dense(16) as last |> reshape(1, 4, 4))
      }
      maximize loglik(x) - kl(z)
    }
    """,
    "folder/middle.vdl": """
    model middle {
      input x: image[1, 4, 4]
      use encoder from "../base.vdl"
      decoder (z) -> x { x = z |> dense(16) |> reshape(1, 4, 4) }
      minimize mse(x)
    }
    """,
    "faulty.vdl": "model faulty {\n  input x: image[1, 4, 4]\n  encoder (x) { }\n}",
    "wrong.vdl": """
    model wrong {
      input x: image[1, 4, 4]
      encoder (x) -> z { z = x |> flaten |> dense(2) }
      decoder (z) -> x { x = z |> dense(16) |> reshape(1, 4, 4) }
      minimize mse(x)
    }
    """,
    "circle.vdl": """
    model circle {
      input x: image[1, 4, 4]
      use encoder from "test.vdl"
      decoder (z) -> x { x = z |> dense(16) |> reshape(1, 4, 4) }
      minimize mse(x)
    }
    """,
    "deep.vdl": "model deep { use encoder from \"a/deep.vdl\" }",
  ]

  private struct NoText: Error, CustomStringConvertible {
    let name: String
    var description: String { "cannot read \(name): there is none" }
  }

  private static func read(_ name: String) throws -> SourceText {
    let key = name.hasSuffix("deep.vdl") ? "deep.vdl" : name
    guard let text = texts[key] else { throw NoText(name: name) }
    return SourceText(name: name, text: text)
  }

  private static func errors(_ source: SourceText, _ settings: [String: String] = [:]) -> [Diagnostic] {
    do throws(DiagnosticList) {
      _ = try elaborate(try parseModel(source).withUsedModels(read: read), settings: settings)
    } catch { return error.diagnostics }
    return []
  }

  private static func module(_ text: String, _ settings: [String: String] = [:]) throws -> Module {
    try elaborate(
      try parseModel(SourceText(name: "test.vdl", text: text)).withUsedModels(read: read), settings: settings)
  }

  private static let user = """
    model user {
      input x: image[1, 4, 4]
      input y: class[3]
      use encoder from "base.vdl" frozen
      decoder (z) -> y { y ~ categorical(logits: z |> dense(3)) }
      maximize loglik(y)
    }
    """

  @Test func aFrozenPartHasItsNamesAndIsNotTrained() throws {
    let module = try Self.module(Self.user)
    let frozen = module.globals.filter { $0.kind == .frozen }.map(\.name)
    #expect(
      frozen == [
        "encoder.h.dense0.weight", "encoder.h.dense0.bias", "shared.mix.dense0.weight",
        "shared.mix.dense0.bias",
        "encoder.h.norm0.weight", "encoder.h.norm0.bias", "encoder.h.norm0.running_mean",
        "encoder.h.norm0.running_var", "encoder.z.mean.dense0.weight", "encoder.z.mean.dense0.bias",
        "encoder.z.logvar.dense0.weight", "encoder.z.logvar.dense0.bias",
      ])
    #expect(
      module.parameters.map(\.name) == ["decoder.y.logits.dense0.weight", "decoder.y.logits.dense0.bias"])
    #expect(module.globals.filter { $0.kind == .statistic }.isEmpty)
    let state = module.globals.filter { $0.kind == .state }.map(\.name)
    #expect(state.allSatisfy { $0.contains("/decoder.") } && state.count == 4)
    let step = try #require(module.entry("train_step"))
    #expect(!step.operations.contains { ["channel_statistics", "dropout"].contains($0.name) })
    #expect(step.operations.contains { $0.name == "reparameterize" }, "a draw stays one")
    let results = step.results.compactMap { result -> String? in
      if case .global(let name) = result.target { name } else { nil }
    }
    #expect(Set(results).isDisjoint(with: frozen))
    #expect(module.configuration == [NamedNumber("encoder.width", 6), NamedNumber("encoder.latent", 2)])
  }

  @Test func aPartThatIsNotFrozenIsTrainedAsIfItWereWrittenHere() throws {
    let module = try Self.module(
      Self.user.replacing(" frozen", with: ""), ["encoder.latent": "5", "encoder.width": "4"])
    #expect(module.globals.allSatisfy { $0.kind != .frozen })
    #expect(module.globals.filter { $0.kind == .statistic }.count == 2)
    let step = try #require(module.entry("train_step"))
    #expect(step.operations.contains { $0.name == "dropout" })
    #expect(module.global("encoder.z.mean.dense0.weight")?.type == .init(.f32, [.fixed(5), .unknown]))
    #expect(module.configuration == [NamedNumber("encoder.width", 4), NamedNumber("encoder.latent", 5)])
  }

  @Test func allThreePartsCanBeUsedAndUsesCanUseOthers() throws {
    let module = try Self.module(
      """
      model all {
        input x: image[1, 4, 4]
        input y: class[3]
        use encoder from "folder/middle.vdl"
        use prior from "base.vdl"
        use decoder from "base.vdl"
        maximize loglik(x) - kl(z)
      }
      """, ["encoder.encoder.width": "8", "decoder.width": "8"])
    #expect(module.entry("sample") != nil)
    #expect(module.global("decoder.last.weight")?.kind == .parameter)
    // One shared layer for both, since it stands in one text.
    #expect(module.global("shared.mix.dense0.weight")?.type == .init(.f32, [.fixed(8), .unknown]))
    #expect(module.configuration.first == NamedNumber("encoder.encoder.width", 8))
    let noise = try #require(module.entry("sample")?.operations.first { $0.name == "reparameterize" })
    #expect(noise.sources.first?.file == "base.vdl")
    // Frozen on the way is frozen.
    let frozen = try Self.module(
      Self.user.replacing("base.vdl", with: "folder/middle.vdl"))
    #expect(frozen.global("encoder.h.dense0.weight")?.kind == .frozen)
  }

  /// A piece of `user`, what replaces it, and what is said there.
  static let mistakes: [(String, String, String)] = [
    ("\"base.vdl\"", "«\"none.vdl\"»", "cannot read none.vdl: there is none"),
    (
      "\"base.vdl\"", "«\"./test.vdl\"»",
      "'./test.vdl' is the model itself, or uses it: a part is made of another model"
    ),
    ("class[3]", "class[4]\n  «use decoder from \"base.vdl\"»", "a model has a decoder only once"),
    (
      "frozen", "\n  «use encoder from \"base.vdl\"»", "the encoder is used twice"
    ),
    (
      "use encoder", "use «prior» from \"folder/middle.vdl\"\n  use encoder", "'folder/middle.vdl' has no prior"
    ),
    ("input x: image", "input w: image", "the encoder of 'base.vdl' takes 'x', which is not an input here"),
    (
      "image[1, 4, 4]", "image[1, 4, 8]",
      "the encoder of 'base.vdl' takes 'x: image[1, 4, 4]', and here it is image[1, 4, 8]"
    ),
  ]

  /// Whole models and what is said of them at the marks.
  static let others: [(String, String, [String: String])] = [
    (
      """
      model m {
        input x: image[1, 4, 4]
        encoder (x) -> code { code = x |> flatten |> dense(2) }
        «use decoder from "folder/middle.vdl"»
        minimize mse(x)
      }
      """, "the decoder of 'folder/middle.vdl' takes 'z', which is not a result of the encoder here", [:]
    ),
    (
      """
      model m {
        input x: image[1, 4, 4]
        encoder (x) -> code { code ~ normal(mean: x |> flatten |> dense(2), std: 1) }
        «use prior from "base.vdl"»
        decoder (code) -> x { x = code |> dense(16) |> reshape(1, 4, 4) }
        minimize mse(x)
      }
      """, "the prior of 'base.vdl' is of 'z', which is not a result of the encoder here", [:]
    ),
    (
      """
      model m {
        input x: image[1, 4, 4]
        use encoder from "base.vdl" frozen
        shared mix = «dense»(6)
        decoder (z) -> x { x = z |> mix |> dense(16) |> reshape(1, 4, 4) }
        minimize mse(x)
      }
      """, "a layer is named 'shared.mix.dense0' already", [:]
    ),
    (
      both.replacing("encoder from \"base.vdl\"", with: "encoder from \"base.vdl\" frozen"),
      "the shared layer 'shared.mix.dense0' is frozen in one part and trained in another", [:]
    ),
    (
      both, "'shared.mix.dense0.weight' would have two shapes, f32[6,?] and f32[7,?]", ["decoder.width": "7"]
    ),
    (Self.user, "the model has no config 'encoder.depth' to set", ["encoder.depth": "3"]),
    (Self.user, "the model has no config 'decoder.width' to set", ["decoder.width": "3"]),
    (
      Self.user.replacing("base.vdl", with: "deep.vdl"), "models use one another more than 4 levels deep",
      [:]
    ),
  ]

  /// Encoder and decoder have a shared layer in common.
  private static let both = """
    model both {
      input x: image[1, 4, 4]
      input y: class[3]
      use encoder from "base.vdl"
      use decoder from "base.vdl"
      minimize mse(x)
    }
    """

  /// What is said where nobody has read the texts.
  static let unread = "the text of 'base.vdl' is not at hand"

  @Test func theTextsHaveToBeRead() throws {
    let text = MarkedText(Self.user.replacing("\"base.vdl\"", with: "«\"base.vdl\"»"))
    do throws(DiagnosticList) {
      _ = try elaborate(text.source)
      Issue.record("it is taken")
    } catch {
      #expect(error.diagnostics.contains { $0.message == Self.unread && $0.range == text.ranges.first })
    }
  }

  @Test(arguments: others)
  func mistakesOfWholeModels(marked: String, message: String, settings: [String: String]) {
    let text = MarkedText(marked)
    let found = Self.errors(text.source, settings)
    let range = text.ranges.first
    #expect(found.contains { $0.message == message && (range == nil || $0.range == range) }, "\(found)")
  }

  @Test func whatIsWrongInAUsedTextIsToldThere() throws {
    func first(_ file: String) throws -> String {
      let source = SourceText(name: "test.vdl", text: Self.user.replacing("base.vdl", with: file))
      let used = try Self.read(file)
      let found = Self.errors(source).filter { $0.range?.file == file }
      return DiagnosticRenderer(sources: [source, used]).render(try #require(found.first))
    }
    #expect(
      try first("faulty.vdl").hasPrefix(
        """
        faulty.vdl:3:15: error: expected '->' and the results of the encoder, found '{'
            encoder (x) { }
                        ^
        """))
    #expect(
      try first("wrong.vdl") == """
        wrong.vdl:3:31: error: unknown layer 'flaten'
            encoder (x) -> z { z = x |> flaten |> dense(2) }
                                        ^~~~~~
        note: did you mean 'flatten'?
        """)
    let circle = Self.errors(
      SourceText(name: "test.vdl", text: Self.user.replacing("base.vdl", with: "circle.vdl")))
    #expect(circle.first?.range?.file == "circle.vdl" && circle.first?.range?.start.line == 3)
  }

  @Test(arguments: mistakes)
  func aMistakeIsToldAtTheUse(original: String, marked: String, message: String) throws {
    try #require(Self.user.contains(original))
    let text = MarkedText(Self.user.replacing(original, with: marked))
    let found = Self.errors(text.source)
    #expect(found.contains { $0.message == message }, "\(found)")
    if let range = text.ranges.first {
      #expect(found.contains { $0.message == message && $0.range == range }, "\(found)")
    }
  }
}
