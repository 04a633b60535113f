import Diagnostics
import IR
import Passes
import Testing
import VDL

/// Batch normalization from the language to what is left of it behind the pipeline.
@Suite struct NormalizationTests {
  /// An autoencoder of 2x8x8 images whose encoder begins with these layers.
  private func module(_ layers: String, _ declarations: String = "") throws -> Module {
    let text = """
      model m {
        input x: image[2, 8, 8]
        \(declarations)
        encoder (x) -> z { z = x \(layers) |> flatten |> dense(2) }
        decoder (z) -> x { x = z |> dense(128) |> reshape(2, 8, 8) }
        minimize mse(x)
      }
      """
    return try elaborate(SourceText(name: "m.vdl", text: text))
  }

  private func optimized(_ layers: String) throws -> Module {
    try Pipeline.standard.run(try module(layers)).module
  }

  private func operations(_ module: Module, _ entry: String) throws -> [IR.Operation] {
    try #require(module.entry(entry)).operations
  }

  private static let layers = "|> conv(3, kernel: 3, pad: 1) |> batch_norm"

  @Test func parametersAndStatisticsHavePyTorchsNames() throws {
    let module = try Pipeline([.inferShapes]).run(try module(Self.layers + " |> batch_norm as last")).module
    let globals = module.globals.filter { $0.name.contains("norm") || $0.name.contains("last") }
    #expect(
      globals.filter { $0.kind != .state }.map { "\($0.kind.rawValue) \($0.name) \($0.type) \($0.initializer)" }
        == [
          "parameter encoder.z.norm0.weight f32[3] constant(1)",
          "parameter encoder.z.norm0.bias f32[3] constant(0)",
          "statistic encoder.z.norm0.running_mean f32[3] constant(0)",
          "statistic encoder.z.norm0.running_var f32[3] constant(1)",
          "parameter encoder.last.weight f32[3] constant(1)", "parameter encoder.last.bias f32[3] constant(0)",
          "statistic encoder.last.running_mean f32[3] constant(0)",
          "statistic encoder.last.running_var f32[3] constant(1)",
        ])
    #expect(!module.globals.contains { $0.kind == .state && $0.name.contains("running") })
  }

  @Test func onlyTrainingTakesTheStatisticsOfTheBatchAndOnlyItsStepKeepsThem() throws {
    let module = try module(Self.layers)
    let running: Set<ResultTarget> = [
      .global("encoder.z.norm0.running_mean"), .global("encoder.z.norm0.running_var"),
    ]
    for entry in module.entries {
      let trains = ["train_step", "gradients"].contains(entry.name)
      #expect(entry.operations.contains { $0.name == "channel_statistics" } == trains, "\(entry.name)")
      #expect(
        Set(entry.results.map(\.target)).intersection(running) == (entry.name == "train_step" ? running : []),
        "\(entry.name)")
    }
  }

  @Test func aLayerThatIsAppliedTwiceGathersBothBatches() throws {
    let module = try module(
      "|> f |> f", "shared f = g\n block g(h) = h |> conv(2, kernel: 3, pad: 1) |> batch_norm")
    let entry = try #require(module.entry("train_step"))
    let averages = entry.operations.filter { $0.name == "decay_average" && $0.attributes.float("decay") == 0.9 }
    let means = averages.filter { average in
      entry.operations.contains { $0.name == "channel_statistics" && $0.results[0] == average.operands[1] }
    }
    #expect(means.count == 2)
    #expect(means[1].operands[0] == means[0].results[0])
    let result = entry.results.filter { $0.target == .global("shared.f.norm0.running_mean") }
    #expect(result.map(\.value) == [means[1].results[0]])
  }

  @Test func anActivationIsPartOfTheNormalizationBeforeIt() throws {
    let operations = try operations(
      try optimized(Self.layers + " |> relu |> avg_pool(kernel: 2)"), "train_step")
    let normalizations = operations.filter { $0.name == "affine_channels" }
    #expect(normalizations.map { $0.attributes.formula("formula") } == [maximum(.operand(0), 0)])
    #expect(!operations.contains { $0.name == "relu" })
  }

  @Test func inferenceHasNoNormalizationApartFromTheProductBeforeIt() throws {
    let module = try optimized(Self.layers + " |> relu |> avg_pool(kernel: 2)")
    for entry in module.entries where !["train_step", "gradients"].contains(entry.name) {
      #expect(!entry.operations.contains { $0.name == "affine_channels" || $0.name == "relu" }, "\(entry.name)")
    }
    for name in ["encode", "reconstruct", "evaluate"] {
      let products = try operations(module, name).filter { $0.name == "conv2d" }
      #expect(products.map { $0.attributes.symbol("epilogue") } == ["relu"], "\(name)")
      #expect(products.map(\.operands.count) == [4], "\(name)")
    }
  }

  @Test func theGradientIsOnePassOfSumsAndOneOverTheElements() throws {
    let step = try operations(try optimized(Self.layers + " |> relu |> avg_pool(kernel: 2)"), "train_step")
    let names = step.map(\.name)
    #expect(names.count { $0 == "channel_sums" } == 1)
    #expect(names.count { $0 == "normalization_gradient" } == 1)
    #expect(!names.contains("relu_gradient"))
    let masked = ScalarExpression.selectPositive(maximum(.operand(1), 0), .operand(0), 0)
    for operation in step where ["channel_sums", "normalization_gradient"].contains(operation.name) {
      #expect(operation.attributes.formula("formula") == masked)
    }
    // What is per channel is in few small operations.
    #expect(names.count { $0 == "map" } <= 6, "\(names)")
  }

  @Test func aProductTakesTheActivationGradientBeforeTheNormalizationDoes() throws {
    let module = try optimized(Self.layers + " |> relu |> conv(2, kernel: 3)")
    let step = try operations(module, "train_step")
    #expect(step.contains { $0.attributes.symbol("epilogue") == "relu_gradient" })
    let sums = try #require(step.first { $0.name == "channel_sums" })
    #expect(sums.attributes.formula("formula") == .operand(0))
  }

  @Test func theGradientOfAnExpensiveActivationIsStored() throws {
    let module = try optimized(Self.layers + " |> tanh |> avg_pool(kernel: 2)")
    let step = try operations(module, "train_step")
    #expect(step.contains { $0.name == "tanh_gradient" })
    #expect(
      step.contains { $0.name == "affine_channels" && $0.attributes.formula("formula") == tanh(.operand(0)) })
  }

  /// Adding a number to each channel before normalization changes nothing behind it.
  @Test func theGradientOfABiasBeforeItIsZeroWithoutAPass() throws {
    let step = try #require(try optimized(Self.layers + " |> relu |> avg_pool(kernel: 2)").entry("train_step"))
    #expect(step.operations.count { $0.name == "sum_to_channels" } == 2, "those of the dense layers")
    #expect(step.operations.contains { $0.name == "broadcast_like" })
  }
}
