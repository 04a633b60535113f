import Diagnostics
import IR
import Passes
import Testing

/// Normalization by running statistics behind each kind of product: where it is folded, where it must stay, and the numbers.
@Suite struct FoldNormalizationTests {
  /// Numbers of normalization for three channels and for two.
  private static let globals = """
    parameter @w : f32[3,2,3,3] init constant(0)
    parameter @b : f32[3] init constant(0)
    parameter @d : f32[3,5] init constant(0)
    parameter @gamma : f32[3] init constant(1)
    parameter @beta : f32[3] init constant(0)
    statistic @mean : f32[3] init constant(0)
    statistic @var : f32[3] init constant(1)
    parameter @gamma2 : f32[2] init constant(1)
    parameter @beta2 : f32[2] init constant(0)
    statistic @mean2 : f32[2] init constant(0)
    statistic @var2 : f32[2] init constant(1)

    """
  private static let image = "latent %x : f32[N,2,7,6]"
  private static let scale = "%s = channel_scale @gamma, @var {epsilon = 1e-05} : f32[3]\n"

  private func module(_ arguments: String, _ body: String) throws -> Module {
    let text = "module test\n" + Self.globals + "entry @f(\(arguments)) {\n\(body)\n}\n"
    return try Module(parsing: SourceText(name: "f.vir", text: text))
  }

  /// The operations behind passes, without types.
  private func folded(
    _ arguments: String, _ body: String, behind passes: [Pass] = [.foldNormalization]
  ) throws -> [String] {
    let text = try Pipeline(passes).run(try module(arguments, body)).module.text
    let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
    return lines.filter { $0.hasPrefix("%") }.map { String($0.split(separator: " : ")[0]) }
  }

  /// Folding changes nothing but how the numbers round.
  private func expectSameNumbers(
    _ arguments: String, _ body: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let module = try module(arguments, body)
    let made = try Pipeline([.foldNormalization]).run(module).module
    #expect(
      !made.entries[0].operations.contains { $0.name == "affine_channels" }, sourceLocation: sourceLocation)
    for seed in [1, 2] as [UInt64] {
      var (before, after) = (Evaluation(seed: seed, images: 3), Evaluation(seed: seed, images: 3))
      let difference = largestDifference(try before.results(of: module), try after.results(of: made))
      #expect(difference < 1e-12, "seed \(seed)", sourceLocation: sourceLocation)
    }
  }

  private static let convolution = """
    %0 = conv2d %x, @w : f32[N,3,5,4]
    %1 = add_bias %0, @b : f32[N,3,5,4]
    \(scale)%2 = affine_channels %1, %s, @beta, @mean : f32[N,3,5,4]
    %3 = relu %2 : f32[N,3,5,4]
    return latent r = %3
    """

  @Test func aConvolutionTakesTheNormalizationBehindItsBias() throws {
    let lines = try folded(Self.image, Self.convolution)
    #expect(
      lines == [
        "%s = channel_scale @gamma, @var {epsilon = 1e-05}", "%0 = sub @b, @mean", "%1 = mul %0, %s",
        "%2 = add @beta, %1", "%3 = conv2d %x, @w, %2, %s", "%4 = relu %3",
      ])
    try expectSameNumbers(Self.image, Self.convolution)
  }

  @Test func theActivationBehindItIsFusedAsBehindAnyProduct() throws {
    let lines = try folded(
      Self.image, Self.convolution, behind: [.foldNormalization, .fuseConvolution, .fuseElementwise])
    #expect(lines.count == 3)
    #expect(lines.last == "%1 = conv2d %x, @w, %0, %s {epilogue = relu}")
  }

  @Test func aProductWithoutABiasGetsOne() throws {
    let body = """
      %0 = conv2d %x, @w : f32[N,3,5,4]
      \(Self.scale)%1 = affine_channels %0, %s, @beta, @mean : f32[N,3,5,4]
      return latent r = %1
      """
    #expect(
      try folded(Self.image, body) == [
        "%s = channel_scale @gamma, @var {epsilon = 1e-05}", "%0 = mul @mean, %s", "%1 = sub @beta, %0",
        "%2 = conv2d %x, @w, %1, %s",
      ])
    try expectSameNumbers(Self.image, body)
  }

  /// What is in the padding is zero before the product, not before normalization.
  @Test func paddingStaysRight() throws {
    try expectSameNumbers(
      Self.image,
      """
      %0 = conv2d %x, @w, @b {stride = [2, 2], pad = [2, 1, 1, 2]} : f32[N,3,4,4]
      \(Self.scale)%1 = affine_channels %0, %s, @beta, @mean : f32[N,3,4,4]
      return latent r = %1
      """)
  }

  /// Its channels are the second extent of the weights.
  @Test func aTransposedConvolutionIsScaledByItsOwnChannels() throws {
    let arguments = "latent %x : f32[N,3,4,3]"
    let body = """
      %0 = conv2d_transpose %x, @w {stride = [2, 2], pad = [1, 1, 1, 1], output_padding = [0, 1]} : f32[N,2,7,6]
      %1 = channel_scale @gamma2, @var2 {epsilon = 1e-05} : f32[2]
      %2 = affine_channels %0, %1, @beta2, @mean2 : f32[N,2,7,6]
      return latent r = %2
      """
    let lines = try folded(arguments, body)
    #expect(lines.last?.hasPrefix("%3 = conv2d_transpose %x, @w, %2, %0 {stride = [2, 2]") == true, "\(lines)")
    try expectSameNumbers(arguments, body)
  }

  @Test func aDenseLayerTakesIt() throws {
    let body = """
      %0 = dense %x, @d, @b : f32[N,3]
      \(Self.scale)%1 = affine_channels %0, %s, @beta, @mean : f32[N,3]
      return latent r = %1
      """
    #expect(try folded("latent %x : f32[N,5]", body).last == "%3 = dense %x, @d, %2, %s")
    try expectSameNumbers("latent %x : f32[N,5]", body)
  }

  @Test(arguments: ["%0", "%1"])
  func whatIsReadElsewhereStays(value: String) throws {
    let body = Self.convolution.replacing("return latent r", with: "return latent q = \(value), latent r")
    #expect(try folded(Self.image, body).count == 5)
  }

  @Test func statisticsOfTheBatchStay() throws {
    let lines = try folded(
      Self.image,
      """
      %0 = conv2d %x, @w : f32[N,3,5,4]
      %mean, %var = channel_statistics %0 : f32[3], f32[3]
      %s = channel_scale @gamma, %var {epsilon = 1e-05} : f32[3]
      %1 = affine_channels %0, %s, @beta, %mean : f32[N,3,5,4]
      return latent r = %1
      """)
    #expect(lines.last == "%1 = affine_channels %0, %s, @beta, %mean")
  }

  /// Those of another value are no running statistics either, though nothing else reads the product.
  @Test func statisticsOfAnotherBatchStay() throws {
    let lines = try folded(
      Self.image + ", latent %y : f32[N,3]",
      """
      %mean, %var = channel_statistics %y : f32[3], f32[3]
      %s = channel_scale @gamma, %var {epsilon = 1e-05} : f32[3]
      %0 = conv2d %x, @w : f32[N,3,5,4]
      %1 = affine_channels %0, %s, @beta, %mean : f32[N,3,5,4]
      return latent r = %1
      """)
    #expect(lines.last == "%1 = affine_channels %0, %s, @beta, %mean")
  }

  @Test func anActivationBeforeItKeepsThemApart() throws {
    let lines = try folded(
      Self.image,
      """
      %0 = conv2d %x, @w, @b {epilogue = relu} : f32[N,3,5,4]
      \(Self.scale)%1 = affine_channels %0, %s, @beta, @mean : f32[N,3,5,4]
      return latent r = %1
      """)
    #expect(lines.count == 3)
  }

  @Test func aSecondNormalizationStays() throws {
    let body = """
      %0 = conv2d %x, @w : f32[N,3,5,4]
      \(Self.scale)%1 = affine_channels %0, %s, @beta, @mean : f32[N,3,5,4]
      %2 = affine_channels %1, %s, @beta, @mean : f32[N,3,5,4]
      return latent r = %2
      """
    #expect(try folded(Self.image, body).map { $0.contains("affine_channels") }.count { $0 } == 1)
  }

  @Test func aScaledProductIsMadeBehindDifferentiation() throws {
    let body = """
      %0 = dense %x, @d, @b, @gamma : f32[N,3]
      %1 = sum_per_image %0 : f32[N]
      %loss = mean_images %1 : f32[]
      %2 = gradient %loss, @d : f32[3,5]
      return metric loss = %loss, gradient d = %2
      """
    let error = #expect(throws: (any Error).self) {
      try Pipeline([.differentiate]).run(try module("latent %x : f32[N,5]", body))
    }
    #expect("\(String(describing: error))".contains("with a scale cannot be differentiated"))
  }

  @Test func aScaleIsANumberForEachChannel() throws {
    let body = """
      %0 = dense %x, @d, @b, @gamma2 : f32[N,3]
      return latent r = %0
      """
    let error = #expect(throws: (any Error).self) {
      try Pipeline([.inferShapes]).run(try module("latent %x : f32[N,5]", body))
    }
    #expect("\(String(describing: error))".contains("needs a scale f32[3], not f32[2]"))
  }
}
