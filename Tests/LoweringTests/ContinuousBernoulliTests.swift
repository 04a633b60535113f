import Diagnostics
import Foundation
import IR
import Passes
import Testing

/// The continuous Bernoulli likelihood in float32, where its normalizer is a quotient of what nearly vanishes, and far out.
@Suite struct ContinuousBernoulliTests {
  private static let logits: [Double] =
    [
      0, 1e-30, -1e-12, 1e-6, -1e-4, 1e-3, -0.01, 0.1, 0.3, -0.49, 0.499, 0.501, -0.51, 0.7, -1, 3, -10, 30,
      -80, 200,
    ]
    .map { Double(Float($0)) }

  private static let program = """
    module continuous
    entry @evaluate(latent %l : f32[N,1], latent %x : f32[N,1]) {
      %0 = continuous_bernoulli_loglik %l, %x : f32[N,1]
      %1 = continuous_bernoulli_mean %l : f32[N,1]
      %2 = sum_elements %0 : f32[]
      %3 = gradient %2, %l : f32[N,1]
      %4 = sum_per_image %0 : f32[N]
      return metric loss = %4, latent mean = %1, latent slope = %3
    }
    """

  /// log((e^l - 1) / l) and its derivative, with enough digits in float64.
  private static func exact(_ l: Double) -> (partition: Double, mean: Double) {
    if abs(l) < 1e-3 { return (l / 2 + l * l / 24, 0.5 + l / 12 - l * l * l / 720) }
    let partition = l > 0 ? l + log(-expm1(-l) / l) : log(expm1(l) / l)
    return (partition, 1 / -expm1(-l) - 1 / l)
  }

  @Test func densityAndMeanKeepTheirDigits() throws {
    let parsed = try Module(parsing: SourceText(name: "test.vir", text: Self.program))
    let options = PassOptions(blockImages: TestTarget.host.blockImages)
    let module = try Pipeline([.differentiate, .simplify, .fuseElementwise, .assignLayouts])
      .run(parsed, options: options).module
    let native = try NativeModule(module, target: .host)
    let count = Self.logits.count
    let x = 0.75
    let made = try native.call(
      "evaluate",
      EntryValues(
        arguments: [
          "l": HostTensor(shape: [count, 1], data: Self.logits),
          "x": HostTensor(shape: [count, 1], data: Array(repeating: x, count: count)),
        ], images: count))
    let loglik = try #require(made.results[.metric("loss")])
    let mean = try #require(made.results[.latent("mean")])
    let slope = try #require(made.results[.latent("slope")])
    for (index, l) in Self.logits.enumerated() {
      let exact = Self.exact(l)
      #expect(abs(Double(loglik[index]) - (x * l - exact.partition)) < 4e-7 * max(1, abs(l)), "\(l)")
      #expect(abs(Double(mean[index]) - exact.mean) < 4e-7, "\(l)")
      #expect(abs(Double(slope[index]) - (x - exact.mean)) < 4e-7, "\(l)")
    }
  }
}
