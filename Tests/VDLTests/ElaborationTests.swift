import Diagnostics
import IR
import LanguageTesting
import Testing
import VDL

@Suite struct ElaborationTests {
  private func module(_ name: String, _ settings: [String: String] = [:]) throws -> Module {
    try elaborate(try Models.source(name), settings: settings)
  }

  private func operations(_ module: Module, _ entry: String) throws -> [IR.Operation] {
    try #require(module.entry(entry)).operations
  }

  @Test func aVAEHasAllEntries() throws {
    let names = try module("convvae").entries.map(\.name)
    #expect(
      names == [
        "train_step", "gradients", "evaluate", "evaluate_given", "encode", "decode", "sample", "reconstruct",
        "posterior", "score",
      ])
  }

  @Test func anAutoencoderHasNoEntriesThatDraw() throws {
    let names = try module("convae").entries.map(\.name)
    #expect(names == ["train_step", "gradients", "evaluate", "encode", "decode", "reconstruct"])
  }

  @Test(arguments: [
    ("convvae", "train_step", ["x", "index", "seed", "epoch", "step", "rate", "hyper.beta"]),
    ("convvae", "gradients", ["x", "noise.z", "hyper.beta"]),
    ("convvae", "evaluate", ["x", "index", "seed", "epoch", "hyper.beta"]),
    ("convvae", "evaluate_given", ["x", "noise.z", "hyper.beta"]),
    ("convvae", "encode", ["x"]),
    ("convvae", "decode", ["z"]),
    ("convvae", "sample", ["index", "seed", "epoch"]),
    ("convvae", "reconstruct", ["x"]),
    ("convvae", "posterior", ["x"]),
    ("convvae", "score", ["x", "index", "seed", "epoch", "sample", "z.mean", "z.logvar"]),
    ("convae", "train_step", ["x", "step", "rate", "decay"]),
    ("convae", "evaluate", ["x"]),
  ])
  func argumentsOfTheEntries(model: String, entry: String, names: [String]) throws {
    let entry = try #require(try module(model).entry(entry))
    #expect(entry.arguments.map { entry[$0.value].name } == names)
  }

  @Test(
    arguments: [
      ("convvae", "evaluate", [.metric("loss"), .metric("reconstruction"), .metric("kl")]),
      ("convvae", "encode", [.latent("z"), .latent("z.mean"), .latent("z.logvar")]),
      ("convvae", "sample", [.latent("z"), .image("x")]),
      ("convvae", "reconstruct", [.image("x")]),
      ("convvae", "posterior", [.latent("z.mean"), .latent("z.logvar")]),
      (
        "convvae", "score",
        [.metric("loglik"), .metric("logprior"), .metric("logposterior"), .latent("z.kl")]
      ),
      ("convae", "evaluate", [.metric("loss"), .metric("mse")]),
      ("convae", "encode", [.latent("z")]),
    ] as [(String, String, [ResultTarget])])
  func resultsOfTheEntries(model: String, entry: String, targets: [ResultTarget]) throws {
    #expect(try #require(try module(model).entry(entry)).results.map(\.target) == targets)
  }

  @Test func parametersAreNamedAfterTheirPlaceInTheText() throws {
    let expected = [
      "encoder.h.conv0 f32[32,?,3,3] f32[32]", "encoder.h.conv1 f32[64,?,3,3] f32[64]",
      "encoder.h.dense0 f32[100,?] f32[100]", "encoder.z.mean.dense0 f32[2,?] f32[2]",
      "encoder.z.logvar.dense0 f32[2,?] f32[2]", "decoder.logits.dense0 f32[100,?] f32[100]",
      "decoder.logits.dense1 f32[3136,?] f32[3136]", "decoder.logits.deconv0 f32[?,32,3,3] f32[32]",
      "decoder.logits.deconv1 f32[?,1,3,3] f32[1]",
    ]
    let parameters = try module("convvae").parameters
    #expect(
      parameters.map(\.name)
        == expected.flatMap { line in
          let layer = line.split(separator: " ")[0]
          return ["\(layer).weight", "\(layer).bias"]
        })
    #expect(
      parameters.map(\.type.description)
        == expected.flatMap { $0.split(separator: " ").dropFirst().map(String.init) })
  }

  @Test func eachParameterHasMomentsThatBeginAtZero() throws {
    let module = try module("convvae")
    let states = module.globals.filter { $0.kind == .state }
    #expect(states.count == 2 * module.parameters.count)
    for parameter in module.parameters {
      for moment in ["m", "v"] {
        let state = try #require(module.global("adam.\(moment)/\(parameter.name)"))
        #expect(state.type == parameter.type && state.initializer == .constant(0))
      }
    }
  }

  @Test func defaultInitializersArePyTorchsAndWrittenOnesLeaveTheBiasAtZero() throws {
    let convvae = try module("convvae")
    for parameter in convvae.parameters {
      let layer = parameter.name.split(separator: ".").dropLast().joined(separator: ".")
      #expect(parameter.initializer == .fanInUniform(of: "\(layer).weight"))
    }
    for parameter in try module("densevae").parameters {
      let isBias = parameter.name.hasSuffix(".bias")
      #expect(parameter.initializer == (isBias ? .constant(0) : .glorotUniform(of: parameter.name)))
    }
  }

  @Test func theForwardPassIsTheModelsLayersInOrder() throws {
    let names = try operations(module("convvae"), "evaluate_given").map(\.name)
    let layer = ["add_bias", "relu"]
    #expect(
      names == ["decode_u8", "conv2d"] + layer + ["conv2d"] + layer + ["reshape", "dense"] + layer
        + ["dense", "add_bias", "dense", "add_bias", "reparameterize", "dense"] + layer + ["dense"] + layer
        + ["reshape", "conv2d_transpose"] + layer + ["conv2d_transpose", "add_bias"]
        + ["bernoulli_loglik", "sum_per_image", "neg", "kl_normal", "sum_per_image", "mul", "add"])
  }

  @Test func everyTypeIsLeftToShapeInferenceButThoseOfArguments() throws {
    for entry in try module("convvae").entries {
      for operation in entry.operations { #expect(operation.results.allSatisfy { entry.type(of: $0) == nil }) }
    }
    let train = try #require(try module("convvae").entry("train_step"))
    #expect(train.argument(named: "x").flatMap { train.type(of: $0) }?.description == "u8[N,1,28,28]")
  }

  @Test func anOperationInABlockKnowsBothPlaces() throws {
    let source = try Models.source("convvae")
    let convolution = try #require(try operations(module("convvae"), "encode").first { $0.name == "conv2d" })
    #expect(convolution.sources.map(\.start.line) == [8, 11])
    let place = try #require(convolution.sources.first)
    let text = source.line(place.start.line).dropFirst(place.start.column - 1)
    #expect(text.hasPrefix("conv(channels, kernel: 3, stride: 2, pad: 1)"))
  }

  @Test func noiseIsFixedByThePathOfItsDraw() throws {
    let module = try module("convvae")
    func draw(_ entry: String) throws -> Attributes? {
      try operations(module, entry).first { $0.name == "normal_noise" }?.attributes
    }
    let train = try #require(try draw("train_step"))
    #expect(train["stream"] == .int(3_642_140_107))
    #expect(train.symbol("domain") == "train" && train.symbol("latent") == "z")
    #expect(try draw("evaluate")?["stream"] == train["stream"])
    #expect(try draw("evaluate")?.symbol("domain") == "evaluate")
    #expect(try draw("sample")?.symbol("domain") == "sample")
    #expect(try draw("encode") == nil && draw("gradients") == nil)
  }

  @Test func theModuleHoldsWhatTheRunnerNeeds() throws {
    let module = try module("convae")
    #expect(module.name == "convae" && module.sourceFile == "convae.vdl")
    let configs = [("C1", 8), ("C2", 17), ("C3", 32), ("hidden", 69), ("latent", 4)]
    #expect(module.configuration == configs.map { NamedNumber($0.0, Double($0.1)) })
    #expect(module.hypers.isEmpty)
    #expect(module.training.rate == 3e-3 && module.training.decay == 1e-4)
    #expect(module.training.batch == 250 && module.training.epochs == 10)
    #expect(try self.module("convvae").hypers == [NamedNumber("beta", 1)])
  }

  @Test func settingsReplaceConfigs() throws {
    let module = try module("convvae", ["hidden": "200", "latent": "3"])
    #expect(module.configuration == [NamedNumber("hidden", 200), NamedNumber("latent", 3)])
    #expect(module.global("encoder.h.dense0.weight")?.type.description == "f32[200,?]")
    #expect(module.global("encoder.z.logvar.dense0.bias")?.type.description == "f32[3]")
  }

  @Test(arguments: [
    (["hiden": "3"], "the model has no config 'hiden' to set"),
    (["hidden": "many"], "'hidden' cannot be set to 'many': it needs a number"),
    (["hidden": "1e999"], "'hidden' cannot be set to '1e999': it needs a number"),
    (["hidden": "0x10"], "'hidden' cannot be set to '0x10': it needs a number"),
  ])
  func faultySettingsAreRefused(settings: [String: String], message: String) throws {
    let source = try Models.source("convvae")
    let error = #expect(throws: DiagnosticList.self) { try elaborate(source, settings: settings) }
    #expect(error?.diagnostics.first?.message == message)
  }
}
