import Diagnostics
import IR
import Testing
import VDL

/// Pieces of the language that the models of the repository do not use.
@Suite struct LayerElaborationTests {
  /// An autoencoder whose encoder is made of these statements.
  private func module(_ statements: String, _ declarations: String = "") throws -> Module {
    let text = """
      model m {
        config hidden = 12
        input x: image[1, 8, 8]
        \(declarations)
        encoder (x) -> z {
          \(statements)
        }
        decoder (z) -> x { x = z |> dense(64) |> reshape(1, 8, 8) }
        minimize mse(x)
      }
      """
    let source = SourceText(name: "m.vdl", text: text)
    do {
      return try elaborate(source)
    } catch {
      Issue.record("\(DiagnosticRenderer(sources: [source]).render(error))")
      throw error
    }
  }

  private func encoderParameters(_ module: Module) -> [String] {
    module.parameters.map(\.name).filter { !$0.hasPrefix("decoder.") && $0.hasSuffix(".weight") }
  }

  private func encoder(_ module: Module) throws -> [IR.Operation] {
    try #require(module.entry("encode")).operations
  }

  @Test func aBlockCalledTwiceMakesTwoSetsOfWeights() throws {
    let module = try module(
      "let h = x |> flatten |> f(hidden) |> f(units: 7)\n z = h |> dense(2)",
      "block f(h, units) = h |> dense(units) |> relu")
    #expect(
      encoderParameters(module) == [
        "encoder.h.dense0.weight", "encoder.h.dense1.weight", "encoder.z.dense0.weight",
      ])
  }

  @Test func aSharedLayerHasOneSetOfWeights() throws {
    let module = try module(
      "let a = x |> flatten |> f\n let b = x |> tanh |> flatten |> f\n z = a + b",
      "shared f = g(3)\n block g(h, units) = h |> dense(units) |> dense(units)")
    #expect(encoderParameters(module) == ["shared.f.dense0.weight", "shared.f.dense1.weight"])
    #expect(try encoder(module).filter { $0.name == "dense" }.count == 4)
  }

  @Test func asNamesTheParametersOfALayerOrBlock() throws {
    let module = try module(
      "let h = x |> flatten |> dense(9) as features |> f as tail\n z = h |> dense(2) as code",
      "block f(h) = h |> dense(5) |> dense(4)")
    #expect(
      encoderParameters(module) == [
        "encoder.features.weight", "encoder.tail.dense0.weight", "encoder.tail.dense1.weight",
        "encoder.code.weight",
      ])
  }

  @Test func aLayerMayBeWrittenAsAFunction() throws {
    let piped = try encoder(module("z = x |> flatten |> dense(2, init: zeros)"))
    let called = try encoder(module("z = dense(flatten(x), 2, init: zeros)"))
    #expect(piped.map(\.name) == called.map(\.name))
  }

  @Test func tensorsAddUpAndScale() throws {
    let operations = try encoder(module("let h = x |> flatten |> dense(3)\n z = -(h |> tanh) * (2 / 4) + h"))
    #expect(operations.map(\.name).suffix(5) == ["tanh", "neg", "constant", "mul", "add"])
    #expect(operations.first { $0.name == "constant" }?.attributes.float("value") == 0.5)
  }

  @Test func aBlockTakesNumbersTensorsAndWords() throws {
    let module = try module(
      "let c = x |> flatten\n z = c |> f(c, 2 * 3, glorot_uniform, same) |> dense(2)",
      "block f(h, other, units, start, padding) = (h + other) |> dense(units, init: start)")
    #expect(
      module.global("encoder.z.dense0.weight")?.initializer == .glorotUniform(of: "encoder.z.dense0.weight"))
    #expect(module.global("encoder.z.dense0.bias")?.type == .f32(6))
  }

  @Test(arguments: [(1, [0, 0, 0, 0]), (3, [1, 1, 1, 1]), (4, [1, 2, 1, 2])])
  func sameKeepsTheExtentsWithTheOddZeroBehind(kernel: Int, pads: [Int]) throws {
    let operations = try encoder(
      module("z = x |> conv(1, kernel: \(kernel), pad: same) |> flatten |> dense(2)"))
    #expect(operations.first { $0.name == "conv2d" }?.attributes.ints("pad") == pads)
  }

  @Test func anInitializerMayHaveArguments() throws {
    let module = try module("z = x |> flatten |> dense(2, init: normal(std: 1 / 50))")
    #expect(module.global("encoder.z.dense0.weight")?.initializer == .normal(standardDeviation: 0.02))
    #expect(module.global("encoder.z.dense0.bias")?.initializer == .constant(0))
  }

  @Test(arguments: ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal"])
  func initializersAreThoseOfTheIR(name: String) throws {
    let module = try module("z = x |> flatten |> dense(2, init: \(name))")
    let weight = try #require(module.global("encoder.z.dense0.weight"))
    #expect("\(weight.initializer)" == "\(name)(@encoder.z.dense0.weight)")
  }

  @Test func activationsHandTheirParametersOn() throws {
    let operations = try encoder(
      module(
        "let h = x |> leaky_relu |> leaky_relu(slope: 0.3) |> elu |> elu(alpha: 1 / 2)\n z = h |> flatten |> dense(2)"
      ))
    #expect(operations.filter { $0.name == "leaky_relu" }.map { $0.attributes.float("slope") } == [0.01, 0.3])
    #expect(operations.filter { $0.name == "elu" }.map { $0.attributes.float("alpha") } == [1, 0.5])
  }

  @Test(arguments: OpTable.activations.map(\.name))
  func activationsAreOpsOfTheirName(name: String) throws {
    #expect(try encoder(module("z = x |> flatten |> \(name) |> dense(1)")).contains { $0.name == name })
  }

  @Test func aPosteriorGivenByItsStandardDeviationIsTurnedIntoALogVariance() throws {
    let text = """
      model m {
        input x: image[1, 8, 8]
        encoder (x) -> z {
          let h = x |> flatten
          z ~ normal(mean: h |> dense(2), std: h |> dense(2) |> softplus)
        }
        prior z ~ normal(mean: 0, logvar: 0)
        decoder (z) -> x { x ~ bernoulli(logits: z |> dense(64) |> reshape(1, 8, 8)) }
        maximize loglik(x) - kl(z)
      }
      """
    let module = try elaborate(SourceText(name: "m.vdl", text: text))
    let names = try encoder(module).map(\.name)
    #expect(names.suffix(4) == ["softplus", "log", "constant", "mul"])
    #expect(module.parameters.map(\.name).contains("encoder.z.std.dense0.weight"))
  }

  /// What a draw's statement reads of the images is made once, in 'posterior': here the layer of h beside that of the draw.
  @Test func theEncoderIsCutWhereDrawsBegin() throws {
    let text = """
      model m {
        input x: image[1, 8, 8]
        encoder (x) -> a, b {
          let h = x |> flatten |> dense(4)
          a ~ normal(mean: h, logvar: h |> dense(4))
          b ~ normal(mean: (a |> dense(2)) + (h |> dense(2)), std: h |> dense(2) |> softplus)
        }
        prior (b) -> a { a ~ normal(mean: b |> dense(4), std: 1) }
        prior b ~ normal(mean: 1, std: 2)
        decoder (a) -> x { x ~ bernoulli(logits: a |> dense(64) |> reshape(1, 8, 8)) }
        maximize loglik(x) - kl(a) - kl(b)
      }
      """
    let module = try elaborate(SourceText(name: "m.vdl", text: text))
    let posterior = try #require(module.entry("posterior"))
    let score = try #require(module.entry("score"))
    let names = posterior.results.map(\.target)
    #expect(
      names == [
        .latent("encoder.h"), .latent("a.logvar"), .latent("encoder.value"), .latent("b.logvar"),
      ])
    let handed = score.arguments.filter { $0.role == .distribution }.map { score[$0.value].name }
    #expect(handed == names.map(\.name))
    let weights = Set(posterior.operations.flatMap(\.operands).compactMap { posterior[$0].global })
    #expect(weights.contains("encoder.b.mean.dense1.weight"))
    #expect(!weights.contains("encoder.b.mean.dense0.weight"))
    #expect(score.operations.filter { $0.name == "dense" }.count == 3)
    let sampled = try #require(module.entry("sample"))
    #expect(sampled.results.map(\.target) == [.latent("a"), .latent("b"), .image("x")])
    #expect(sampled.operations.filter { $0.name == "reparameterize" }.count == 2)
  }

  @Test func severalLatentsAreDrawnAndMeasuredEach() throws {
    let text = """
      model m {
        hyper beta = 2
        input x: image[1, 8, 8]
        encoder (x) -> a, b {
          let h = x |> flatten
          a ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
          b ~ normal(mean: a |> dense(2), logvar: h |> dense(2))
        }
        prior a ~ normal(mean: 0, std: 1)
        prior b ~ normal(mean: 0, std: 1)
        decoder (a, b) -> x { x ~ bernoulli(logits: (a + b) |> dense(64) |> reshape(1, 8, 8)) }
        maximize loglik(x) - beta * (kl(a) + kl(b)) - 0.5 * sse(x)
      }
      """
    let module = try elaborate(SourceText(name: "m.vdl", text: text))
    let evaluate = try #require(module.entry("evaluate"))
    #expect(
      evaluate.results.map(\.target) == [
        .metric("loss"), .metric("reconstruction"), .metric("kl.a"), .metric("kl.b"), .metric("sse"),
      ])
    let streams = evaluate.operations.filter { $0.name == "normal_noise" }.compactMap {
      $0.attributes["stream"]
    }
    #expect(Set(streams).count == 2)
  }
}
