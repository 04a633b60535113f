import Diagnostics
import Evaluation
import Foundation
import IR
import Passes
import Reference
import Runtime
import Testing
import VDL

/// log p(x) by draws from the posterior, against an integral over the latent.
@Suite struct LikelihoodTests {
  /// A model with one latent, so that the integral can be had by adding up over a grid.
  private static func text(prior: String) -> String {
    """
    model line {
      input x: image[1, 2, 2]
      encoder (x) -> z {
        let h = x |> flatten
        z ~ normal(mean: h |> dense(1), logvar: h |> dense(1))
      }
      prior z ~ \(prior)
      decoder (z) -> x { x ~ bernoulli(logits: z |> dense(4) |> reshape(1, 2, 2)) }
      maximize loglik(x) - kl(z)
    }
    """
  }

  private static let weights: [String: [Float]] = [
    "encoder.z.mean.dense0.weight": [0.8, -0.5, 0.3, 0.2], "encoder.z.mean.dense0.bias": [0.1],
    "encoder.z.logvar.dense0.weight": [0, 0.2, 0, 0], "encoder.z.logvar.dense0.bias": [-0.3],
    "decoder.x.logits.dense0.weight": [2, -1.5, 1, 0.5], "decoder.x.logits.dense0.bias": [0.1, -0.2, 0.3, 0],
  ]

  /// An image's log p(x), and the variance of an importance weight divided by p(x).
  private static func integral(
    _ pixels: [Double], priorMean: Double, priorStd: Double
  ) -> (logLikelihood: Double, variance: Double) {
    func weight(_ name: String, _ index: Int) -> Double { Double(weights[name]?[index] ?? 0) }
    func normal(_ z: Double, _ mean: Double, _ std: Double) -> Double {
      -0.5 * (log(2 * Double.pi) + pow((z - mean) / std, 2)) - log(std)
    }
    func posterior(_ part: String) -> Double {
      weight("encoder.z.\(part).dense0.bias", 0)
        + pixels.indices.reduce(0) { $0 + weight("encoder.z.\(part).dense0.weight", $1) * pixels[$1] }
    }
    let (mean, std) = (posterior("mean"), exp(posterior("logvar") / 2))
    let step = 1e-3
    var (sum, squares) = (0.0, 0.0)
    for z in stride(from: -15, through: 15, by: step) {
      let likelihood = pixels.indices.reduce(0.0) { sum, pixel in
        let logit =
          weight("decoder.x.logits.dense0.weight", pixel) * z + weight("decoder.x.logits.dense0.bias", pixel)
        return sum + pixels[pixel] * logit - log1p(exp(-abs(logit))) - max(logit, 0)
      }
      let joint = likelihood + normal(z, priorMean, priorStd)
      sum += exp(joint) * step
      squares += exp(2 * joint - normal(z, mean, std)) * step
    }
    return (log(sum), squares / (sum * sum) - 1)
  }

  @Test(arguments: [("normal(mean: 0, std: 1)", 0.0, 1.0), ("normal(mean: 0.5, std: 1.5)", 0.5, 1.5)])
  func manyDrawsComeToTheIntegral(prior: String, mean: Double, std: Double) throws {
    let module = try elaborate(SourceText(name: "line.vdl", text: Self.text(prior: prior)))
    let options = PassOptions(blockImages: TestTarget.host.blockImages)
    let native = try NativeModule(try Pipeline.standard.run(module, options: options).module, target: .host)
    let instance = try ModelInstance(native.compiled, threads: 2)
    for (name, values) in Self.weights { try instance.set(name, to: values) }
    let bytes = (0..<20).map { UInt8(($0 * 73) % 256) }
    let source = ImageArray(imageShape: [1, 2, 2], bytes: bytes)
    var shares: [Double] = []
    let estimate = try LikelihoodEstimate(instance, on: source, samples: 2000) { shares.append($0) }
    #expect(estimate.logLikelihoods.count == 5 && shares.last == 1 && shares == shares.sorted())
    for (image, found) in estimate.logLikelihoods.enumerated() {
      let pixels = bytes[image * 4..<(image + 1) * 4].map { Double($0) / 255 }
      let (wanted, variance) = Self.integral(pixels, priorMean: mean, priorStd: std)
      // Five standard errors of the mean of the weights, and the rounding of float32.
      #expect(abs(found - wanted) < 5 * (variance / 2000).squareRoot() + 1e-4, "image \(image)")
    }
    let again = try LikelihoodEstimate(try ModelInstance.like(instance, native), on: source, samples: 2000)
    #expect(again.logLikelihoods == estimate.logLikelihoods)
    #expect(estimate.standardError.map { $0 > 0 } == true)
  }

  @Test func manyNumbersOfAnySizeHaveALogMeanExp() {
    func value(_ numbers: [Double]) -> Double {
      var sum = LogMeanExp()
      for number in numbers { sum.add(number) }
      return sum.value
    }
    #expect(abs(value([0, log(3)]) - log(2)) < 1e-15)
    #expect(abs(value([-1e6, -1e6 + 1]) - (-1e6 + log((1 + exp(1.0)) / 2))) < 1e-9)
    #expect(abs(value([900, -900]) - (900 - log(2))) < 1e-12)
    #expect(value([-.infinity, 0]) == -log(2))
    #expect(value([]) == -.infinity && value([-.infinity]) == -.infinity)
    #expect(value([0, .nan]).isNaN)
  }
}

extension ModelInstance {
  /// Another instance with the same weights and one thread.
  fileprivate static func like(_ other: ModelInstance, _ native: NativeModule) throws -> ModelInstance {
    let instance = try ModelInstance(native.compiled, threads: 1)
    for parameter in native.manifest.parameters {
      try instance.set(parameter.name, to: try other.values(of: parameter.name))
    }
    return instance
  }
}

/// Objectives of several draws, and models of several latents, in the reference's float64.
@Suite struct SampledObjectiveTests {
  private static func globals(_ model: ModelFixture) throws -> EntryValues {
    try model.values("evaluate", images: 3)
  }

  /// The scores of a draw of each image, with the seed and the images of `values`.
  private static func scores(
    _ interpreter: Interpreter, _ values: EntryValues, sample: Int
  ) throws -> Outcome {
    func run(_ name: String, _ more: [String: HostTensor]) throws -> Outcome {
      let entry = try #require(interpreter.module.entry(name))
      let all = values.arguments.merging(more) { _, new in new }
      let names = entry.arguments.compactMap { entry[$0.value].name }
      return try interpreter.run(
        name, globals: values.globals, arguments: all.filter { names.contains($0.key) }, images: values.images)
    }
    var handed = ["sample": HostTensor(scalar: Double(sample))]
    for case (.latent(let name), let value) in try run("posterior", [:]).results { handed[name] = value }
    return try run("score", handed)
  }

  private static func logWeights(_ scores: Outcome) throws -> [Double] {
    let likelihood = try #require(scores[.metric("loglik")]).data
    let prior = try #require(scores[.metric("logprior")]).data
    let posterior = try #require(scores[.metric("logposterior")]).data
    return likelihood.indices.map { likelihood[$0] + prior[$0] - posterior[$0] }
  }

  @Test func theImportanceWeightedBoundIsThatOfTheDrawsScores() throws {
    let interpreter = try Interpreter(try ModelFixture.iwae.plain())
    let values = try Self.globals(.iwae)
    let evaluated = try interpreter.run(
      "evaluate", globals: values.globals, arguments: values.arguments, images: values.images)
    let loss = try #require(evaluated[.metric("loss")]).data
    let draws = try (0..<3).map { try Self.logWeights(try Self.scores(interpreter, values, sample: $0)) }
    for image in 0..<values.images {
      let mean = draws.reduce(0) { $0 + exp($1[image] - draws[0][image]) } / 3
      #expect(abs(loss[image] + draws[0][image] + log(mean)) < 1e-9)
    }
  }

  /// A draw's log weight is what the objective of one draw estimates: loglik(x) - kl(z1) - kl(z2) in the mean over draws.
  @Test func scoresOfAHierarchyHaveTheObjectiveAsTheirMean() throws {
    let interpreter = try Interpreter(try ModelFixture.hierarchical.plain())
    var values = try Self.globals(.hierarchical)
    values.arguments["hyper.beta"] = HostTensor(scalar: 1)
    let evaluated = try interpreter.run(
      "evaluate", globals: values.globals, arguments: values.arguments, images: values.images)
    let first = try Self.scores(interpreter, values, sample: 0)
    let likelihood = try #require(first[.metric("loglik")]).data
    let reconstruction = try #require(evaluated[.metric("reconstruction")]).data
    for (a, b) in zip(likelihood, reconstruction) { #expect(abs(a + b) < 1e-9) }
    for (latent, size) in [("z1", 5), ("z2", 3)] {
      let elements = try #require(first[.latent("\(latent).kl")]).data
      let whole = try #require(evaluated[.metric("kl.\(latent)")]).data
      for image in 0..<values.images {
        let sum = elements[image * size..<(image + 1) * size].reduce(0, +)
        #expect(abs(sum - whole[image]) < 1e-9)
      }
    }
    // The divergences are the means of log q - log p over draws.
    var (sums, squares) = (
      [Double](repeating: 0, count: values.images), [Double](repeating: 0, count: values.images)
    )
    let draws = 400
    for sample in 0..<draws {
      let scores = try Self.scores(interpreter, values, sample: sample)
      let prior = try #require(scores[.metric("logprior")]).data
      let posterior = try #require(scores[.metric("logposterior")]).data
      let divergences = try ["z1", "z2"].map { try #require(scores[.latent("\($0).kl")]).data }
      for image in 0..<values.images {
        let kl =
          divergences[0][image * 5..<(image + 1) * 5].reduce(0, +)
          + divergences[1][image * 3..<(image + 1) * 3].reduce(0, +)
        let difference = posterior[image] - prior[image] - kl
        sums[image] += difference
        squares[image] += difference * difference
      }
    }
    for image in 0..<values.images {
      let mean = sums[image] / Double(draws)
      let error = (squares[image] / Double(draws) / Double(draws)).squareRoot()
      #expect(abs(mean) < 5 * error, "image \(image)")
    }
  }

  @Test(arguments: [ModelFixture.iwae, .hierarchical])
  func gradientsAreCentralDifferences(model: ModelFixture) throws {
    let interpreter = try Interpreter(try model.plain())
    let values = try model.values("gradients", images: 3)
    func loss(_ globals: [String: HostTensor]) throws -> Outcome {
      try interpreter.run("gradients", globals: globals, arguments: values.arguments, images: values.images)
    }
    let made = try loss(values.globals)
    let step = 1e-5
    for parameter in interpreter.module.parameters {
      let gradient = try #require(made[.gradient(parameter.name)]).data
      // One element of each parameter: that of the largest gradient.
      let element = try #require(gradient.indices.max { abs(gradient[$0]) < abs(gradient[$1]) })
      func moved(_ by: Double) throws -> Double {
        var globals = values.globals
        globals[parameter.name]?.data[element] += by
        return try #require(try loss(globals)[.metric("loss")]).data[0]
      }
      let difference = (try moved(step) - moved(-step)) / (2 * step)
      #expect(abs(difference - gradient[element]) < 1e-6 * max(1, abs(difference)), "\(parameter.name)")
    }
  }
}
