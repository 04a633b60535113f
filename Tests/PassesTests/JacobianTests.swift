import Diagnostics
import IR
import Passes
import Testing

/// The squared norm of a Jacobian against central differences.
@Suite struct JacobianTests {
  private static let weights = """
    parameter @w : f32[5,4] init constant(0)
    parameter @b : f32[5] init constant(0)
    """

  /// Layers on %x of four numbers that end in %h.
  static let layers = [
    "one layer": """
    %0 = reshape %x {shape = [4]} : f32[N,4]
    %1 = dense %0, @w : f32[N,5]
    %2 = add_bias %1, @b : f32[N,5]
    %h = sigmoid %2 : f32[N,5]
    """,
    "two layers": """
    %0 = reshape %x {shape = [4]} : f32[N,4]
    %1 = dense %0, @w : f32[N,5]
    %2 = add_bias %1, @b : f32[N,5]
    %3 = tanh %2 : f32[N,5]
    %4 = square %3 : f32[N,5]
    %h = mul %4, %2 : f32[N,5]
    """,
    "a layer on what a layer makes of the image": """
    %0 = reshape %x {shape = [4]} : f32[N,4]
    %1 = dense %0, @w : f32[N,5]
    %2 = sigmoid %1 : f32[N,5]
    %3 = dense_data_gradient %2, @w : f32[N,4]
    %4 = softplus %3 : f32[N,4]
    %5 = dense %4, @w : f32[N,5]
    %h = add_bias %5, @b : f32[N,5]
    """,
    "a linear layer": """
    %0 = reshape %x {shape = [4]} : f32[N,4]
    %h = dense %0, @w : f32[N,5]
    """,
  ]

  @Test(arguments: layers.keys.sorted())
  func theNormAndItsGradientAreCentralDifferences(name: String) throws {
    let layers = try #require(Self.layers[name])
    let units = 5
    let text = """
      module test
      \(Self.weights)
      entry @f(latent %x : f32[N,2,2]) {
        \(layers)
        %j = jacobian_norm %h, %x : f32[N]
        %mean = mean_images %j : f32[]
        %d = gradient %mean, @w : f32[5,4]
        return metric j = %j, latent h = %h, metric mean = %mean, gradient w = %d
      }
      """
    let module = try Pipeline([.differentiate]).run(
      try Module(parsing: SourceText(name: "test.vir", text: text))
    ).module
    let entry = try #require(module.entry("f"))
    var evaluation = Evaluation(seed: 5, images: 2)
    let inputs = evaluation.inputs(of: module)
    let results = try evaluation.run(entry, inputs)
    let step = 1e-5

    for image in 0..<2 {
      var norm = 0.0
      for element in 0..<4 {
        func moved(_ change: Double) throws -> [Double] {
          var changed = inputs
          changed.arguments["f"]?[0].data[image * 4 + element] += change
          return Array(try evaluation.run(entry, changed)[1].data[image * units..<(image + 1) * units])
        }
        for (above, below) in zip(try moved(step), try moved(-step)) {
          let slope = (above - below) / (2 * step)
          norm += slope * slope
        }
      }
      #expect(abs(norm - results[0].data[image]) < 1e-7 * max(1, norm), "image \(image)")
    }
    for element in 0..<20 {
      func mean(_ change: Double) throws -> Double {
        var changed = inputs
        changed.globals["w"]?.data[element] += change
        return try evaluation.run(entry, changed)[2].data[0]
      }
      let slope = (try mean(step) - mean(-step)) / (2 * step)
      #expect(abs(slope - results[3].data[element]) < 1e-6 * max(1, abs(slope)), "w[\(element)]")
    }
  }
}
