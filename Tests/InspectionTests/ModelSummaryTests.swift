import IR
import Inspection
import Testing

@Suite struct ModelSummaryTests {
  /// The yardstick model, whose figures were counted by hand (multiply-adds x 2, taps in the padding counted, no gradient
  /// for the image).
  @Test func convvaeHasItsKnownParametersAndFlops() throws {
    let summary = ModelSummary(try Example.beforeLayouts("convvae"))
    #expect(summary.parameters == 668_709)
    #expect(summary.forwardFlops == 5_094_064)
    #expect(summary.trainingFlops == 15_169_296)
    #expect(summary.layers.reduce(0) { $0 + $1.parameters } == summary.parameters)
  }

  @Test func layersSayTheirShapesAndCosts() throws {
    let layers = ModelSummary(try Example.beforeLayouts("convvae")).layers
    let convolution = try #require(layers.first { $0.name == "encoder.h.conv1" })
    #expect(convolution.entry == "encode")
    #expect(convolution.operation == "conv2d 3x3, stride 2 + bias + relu")
    #expect(convolution.output == [64, 7, 7])
    #expect(convolution.parameters == 18_496)
    #expect(convolution.flops == 1_806_336)
    let last = try #require(layers.last)
    #expect(last.entry == "decode")
    #expect(last.operation == "conv2d_transpose 3x3, stride 2 + bias + sigmoid")
    #expect(last.output == [1, 28, 28])
    #expect(last.parameters == 289)
    #expect(last.flops == 112_896)
  }

  /// What normalization has for each channel counts with the product that it is folded into.
  @Test func aFoldedNormalizationIsPartOfItsProduct() throws {
    let summary = ModelSummary(try Example.beforeLayouts("bench/m6"))
    let convolution = try #require(summary.layers.first { $0.name == "encoder.h.conv1, norm1" })
    #expect(convolution.operation == "conv2d 3x3 + normalization + relu")
    #expect(convolution.parameters == 18_496 + 2 * 64)
    #expect(!summary.layers.contains { $0.operation == "channel_scale" || $0.operation == "affine_channels" })
    #expect(summary.layers.reduce(0) { $0 + $1.parameters } == summary.parameters)
  }

  @Test func theTextNamesParametersInputsAndCosts() throws {
    let summary = ModelSummary(try Example.beforeLayouts("convvae"))
    let text = summary.text()
    #expect(
      text.hasPrefix("convvae: 668,709 parameters; image x u8[N,1,28,28]; latent z f32[N,2]\n"), "\(text)")
    #expect(text.contains("\n  forward   5.094 MFLOP an image\n  training  15.169 MFLOP an image\n"))
    #expect(!text.contains("memory"))
  }

  @Test func inputsThatAreClassesAreShown() throws {
    let summary = ModelSummary(try Example.beforeLayouts("variants/cvae"))
    #expect(
      summary.text().hasPrefix(
        "cvae: 648,804 parameters; image x u8[N,1,28,28]; class y of 10; latent z f32[N,10]\n"))
    let classes = summary.layers.filter { $0.operation == "one_hot" }
    #expect(classes.map(\.entry) == ["encode", "decode"])
    #expect(classes.map(\.name) == ["y", "y"])
    #expect(classes.map(\.output) == [[10], [10]])
    #expect(summary.layers.first?.name == "x")
  }

  /// A class that the decoder makes is no row of the table, but an input of training.
  @Test func aClassThatIsMadeIsInTheHeading() throws {
    let summary = ModelSummary(try Example.beforeLayouts("variants/labelvae"))
    #expect(summary.classes == ["y of 10"])
    #expect(!summary.layers.contains { $0.name == "y" })
  }

  @Test func memoryIsShownForTheDeclaredBatch() throws {
    let memory = ModelSummary.Memory(
      weightsBytes: 2_675_200, stateBytes: 0, blockImages: 32, arenas: ["train_step": (shared: 64, block: 999)])
    let text = ModelSummary(try Example.beforeLayouts("convvae")).text(memory: memory)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("train_step ") })
    #expect(line.split(separator: " ").suffix(6) == ["64", "B", "999", "B", "4.06", "kB"])
    #expect(text.contains("memory: weights 2.68 MB, training state 0 B;"))
  }

  @Test func aProgramWithoutEncoderShowsItsFirstEntry() throws {
    let summary = ModelSummary(try Example.module())
    #expect(summary.layers.map(\.name) == ["w", "", "s", ""])
    #expect(summary.parameters == 15)
    #expect(summary.trainingFlops == 0)
  }
}
