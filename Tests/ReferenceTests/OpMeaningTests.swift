import Diagnostics
import Foundation
import GraphTesting
import IR
import Reference
import Testing

/// Ops by their values: written out by hand, or against the ops that they stand for.
@Suite struct OpMeaningTests {
  /// The first result of an op for given operands.
  private func apply(_ op: String, _ operands: [HostTensor], _ attributes: Attributes = [:]) throws
    -> [HostTensor]
  {
    let definition = try #require(OpTable.standard[op])
    let images = operands.first?.shape.first ?? 1
    let types = operands.enumerated().map { index, tensor in
      let element: ElementType = definition.example.operands[min(index, definition.example.operands.count - 1)]
        .element
      let extents = tensor.shape.dropFirst().map { Dimension.fixed($0) }
      return TensorType(element, tensor.shape.isEmpty ? [] : [.images] + extents)
    }
    var context = TypingContext(operands: types, attributes: definition.completed(attributes))
    let results = try definition.inferResultTypes(&context)
    return try definition.evaluate(
      EvaluationContext(
        operands: operands, attributes: definition.completed(attributes),
        resultShapes: results.map { $0.shape(images: images) }, images: images))
  }

  private func row(_ numbers: Double...) -> HostTensor { HostTensor(shape: [1, numbers.count], data: numbers) }

  @Test func signsAndSquaresAreTheirFormulas() throws {
    let x = row(-2, 0, 3)
    #expect(try apply("neg", [x])[0].data == [2, 0, -3])
    #expect(try apply("square", [x])[0].data == [4, 0, 9])
  }

  @Test(arguments: OpTable.activations.map(\.name))
  func activationsGoThroughTheirPoints(name: String) throws {
    let definition = try #require(OpTable.standard[name])
    let points = try #require(definition.layer).points
    try #require(points.contains { $0.x < 0 } && points.contains { $0.x > 0 })
    let (x, y) = (points.map(\.x), points.map(\.y))
    let results = try apply(name, [HostTensor(shape: [1, x.count], data: x)], definition.example.attributes)
    #expect(results[0].distance(to: HostTensor(shape: [1, y.count], data: y)) < 1e-15)
  }

  @Test func gradientsByTheOutputAreTheirFormulas() throws {
    #expect(
      try apply("leaky_relu_gradient", [row(2, 2), row(-1, 1)], ["slope": .float(0.25)])[0].data == [0.5, 2])
    // By the output: elu(-1) = -0.5 (1 - 1/e) with alpha 0.5, whose slope is 0.5 / e.
    let output = -0.5 * (1 - exp(-1.0))
    #expect(
      try apply("elu_gradient", [row(1, 1), row(output, 3)], ["alpha": .float(0.5)])[0]
        .distance(to: row(0.5 * exp(-1.0), 1)) < 1e-15)
  }

  @Test(arguments: [
    ("leaky_relu", "slope"), ("leaky_relu_gradient", "slope"), ("elu", "alpha"), ("elu_gradient", "alpha"),
  ])
  func slopesBelowZeroAreRefused(op: String, attribute: String) throws {
    let operands = Array(repeating: row(1), count: op.hasSuffix("gradient") ? 2 : 1)
    let name = op.replacing("_gradient", with: "")
    for value in [-0.5, .infinity] {
      #expect(throws: TypeError("'\(name)' needs a \(attribute) of 0 or above, not \(value)")) {
        _ = try apply(op, operands, [attribute: .float(value)])
      }
    }
  }

  @Test func likelihoodsOfExtremeLogitsAreFinite() throws {
    let logits = row(-800, 800, -800, 800)
    let target = row(0, 1, 1, 0)
    #expect(try apply("bernoulli_loglik", [logits, target])[0].data == [0, 0, -800, -800])
    let gradient = try apply("bernoulli_loglik_gradient", [row(1, 1, 1, 1), logits, target])
    #expect(gradient[0].data == [0, 0, 1, -1])
  }

  @Test func likelihoodsAreTheirDensities() throws {
    // scipy.stats.norm(1, 2).logpdf(2.5), laplace(1, 2).logpdf(2.5)
    let normal = try apply("normal_loglik", [row(1), row(2 * log(2.0)), row(2.5)])[0]
    #expect(abs(normal.data[0] - -1.8933357137646179) < 1e-14)
    let laplace = try apply("laplace_loglik", [row(1), row(2), row(2.5)])[0]
    #expect(abs(laplace.data[0] - -2.1362943611198906) < 1e-14)
    // A density on 0 ... 1: its integral, by Simpson's rule, is 1, and so is that of x times it its mean.
    for logit in [-30, -2, -0.5, -0.1, 0, 0.2, 0.6, 12] {
      let count = 2000
      let points = (0...count).map { Double($0) / Double(count) }
      let parameters = HostTensor(
        shape: [1, count + 1], data: Array(repeating: Double(logit), count: count + 1))
      let density = try apply(
        "continuous_bernoulli_loglik", [parameters, HostTensor(shape: [1, count + 1], data: points)])[0].data
        .map { exp($0) }
      func integral(_ f: (Int) -> Double) -> Double {
        (0...count).map { f($0) * ($0 == 0 || $0 == count ? 1 : $0 % 2 == 1 ? 4 : 2) }.reduce(0, +)
          / Double(3 * count)
      }
      #expect(abs(integral { density[$0] } - 1) < 1e-9, "\(logit)")
      let mean = try apply("continuous_bernoulli_mean", [row(Double(logit))])[0].data[0]
      #expect(abs(integral { points[$0] * density[$0] } - mean) < 1e-9, "\(logit)")
    }
  }

  @Test func theKLOfTheStandardNormalIsZero() throws {
    #expect(try apply("kl_normal", [row(0, 1), row(0, 0)])[0].data == [0, 0.5])
  }

  @Test func divergencesOfNormalsAreTheirIntegrals() throws {
    let (mean, logvar, priorMean, priorLogvar) = (0.3, -0.5, -1.0, 0.7)
    func density(_ z: Double, _ mean: Double, _ logvar: Double) throws -> Double {
      try apply("normal_loglik", [row(mean), row(logvar), row(z)])[0].data[0]
    }
    #expect(abs(try density(1, 0, 0) + 0.5 + log(2 * Double.pi) / 2) < 1e-15)
    var (mass, divergence) = (0.0, 0.0)
    for z in stride(from: -12.0, through: 12, by: 1e-2) {
      let q = try density(z, mean, logvar)
      mass += exp(q) * 1e-2
      divergence += exp(q) * (q - (try density(z, priorMean, priorLogvar))) * 1e-2
    }
    #expect(abs(mass - 1) < 1e-12)
    let made = try apply("kl_normals", [row(mean), row(logvar), row(priorMean), row(priorLogvar)])
    #expect(abs(made[0].data[0] - divergence) < 1e-10)
  }

  @Test func reductionsOfRowsTakeThoseOfOneImage() throws {
    let module = try Module(
      parsing: SourceText(
        name: "rows.vir",
        text: """
          module rows
          entry @reduce(latent %x : f32[N*2,2], latent %y : f32[N]) {
            %0 = sum_samples %x : f32[N,2]
            %1 = mean_samples %x : f32[N,2]
            %2 = log_mean_exp_samples %x : f32[N,2]
            %3 = repeat_samples %y {samples = 2} : f32[N*2]
            %4 = add %3, %y : f32[N*2]
            return latent a = %0, latent b = %1, latent c = %2, latent d = %4
          }
          """))
    let x = HostTensor(shape: [4, 2], data: [1, -1000, 3, -1000, 0, 800, 0, 801])
    let outcome = try Interpreter(module).run(
      "reduce", arguments: ["x": x, "y": HostTensor(shape: [2], data: [5, 7])], images: 2)
    #expect(outcome[.latent("a")]?.data == [4, -2000, 0, 1601])
    #expect(outcome[.latent("b")]?.data == [2, -1000, 0, 800.5])
    let means = try #require(outcome[.latent("c")])
    let wanted = [log((exp(1.0) + exp(3.0)) / 2), -1000, 0, 800 + log((1 + exp(1.0)) / 2)]
    #expect(means.distance(to: HostTensor(shape: [2, 2], data: wanted)) < 1e-15)
    #expect(outcome[.latent("d")]?.data == [10, 10, 14, 14])
  }

  @Test func bytesAreGreyLevels() throws {
    #expect(try apply("decode_u8", [row(0, 51, 255)])[0].data == [0, 0.2, 1])
  }

  @Test func meansOverImagesDivideByTheImagesOfTheCall() throws {
    let losses = HostTensor(shape: [4], data: [1, 2, 3, 6])
    #expect(try apply("mean_images", [losses])[0].data == [3])
    let split = try #require(OpTable.standard["split_images"])
    let context = EvaluationContext(
      operands: [HostTensor(scalar: 3)], attributes: [:], resultShapes: [[4]], images: 4)
    #expect(try split.evaluate(context)[0].data == [0.75, 0.75, 0.75, 0.75])
  }

  @Test func reshapeKeepsTheOrderOfTheElements() throws {
    let x = HostTensor(shape: [2, 3, 2], data: (0..<12).map(Double.init))
    let y = try apply("reshape", [x], ["shape": .ints([2, -1])])[0]
    #expect(y == HostTensor(shape: [2, 2, 3], data: x.data))
  }

  @Test func theNoiseIsThatOfItsStream() throws {
    let module = try #require(OpTable.standard["normal_noise"]).exampleModule()
    let arguments = [
      "seed": HostTensor(shape: [2], data: [7, -1]), "epoch": HostTensor(scalar: 3),
      "index": HostTensor(shape: [2], data: [41, 5]),
    ]
    let outcome = try Interpreter(module).run("example", arguments: arguments, images: 2)
    #expect(outcome[.latent("noise")] == expectedNoise(seed: 0xFFFF_FFFF_0000_0007))
  }

  /// Fused ops are the ops that they replace.
  @Test(arguments: FusedCase.all)
  func fusedOpsAreTheirParts(fused: FusedCase) throws {
    let module = try fused.module()
    let values = EntryValues(module, entry: module.entries[0], images: 3, seed: testSeed, lowerBound: 0.1)
    let interpreter = try Interpreter(module)
    let (whole, parts) = (try values.run(interpreter, "fused"), try values.run(interpreter, "parts"))
    #expect(whole.results.count == parts.results.count && !parts.results.isEmpty)
    for (a, b) in zip(whole.results, parts.results) {
      #expect(a.value.distance(to: b.value) < 1e-14, "\(a.target), seed \(testSeed)")
    }
  }
}
