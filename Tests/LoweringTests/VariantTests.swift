import Foundation
import GraphTesting
import IR
import Reference
import Testing

/// The variants of autoencoders in Models/variants: their objectives against formulas written out here, and native code against
/// the reference.
@Suite struct VariantTests {
  static let models: [VariantModel] = [
    VariantModel(name: "betavae", hypers: ["beta": 4]) { v in
      let (error, kl) = (try v.perImage { try -bernoulli(v, $0) }, try v.perImage { try kls(v, $0).sum })
      return ["loss": zip(error, kl).map { $0 + 4 * $1 }, "reconstruction": error, "kl": kl]
    },
    VariantModel(name: "capacityvae", hypers: ["gamma": 3, "capacity": 2]) { v in
      let (error, kl) = (try v.perImage { try -bernoulli(v, $0) }, try v.perImage { try kls(v, $0).sum })
      return ["loss": zip(error, kl).map { $0 + 3 * abs($1 - 2) }, "reconstruction": error, "kl": kl]
    },
    VariantModel(name: "freebits", hypers: ["free": 0.0625]) { v in
      let error = try v.perImage { try -bernoulli(v, $0) }
      let free = try v.perImage { try kls(v, $0).map { max($0, 0.0625) }.sum }
      return [
        "loss": zip(error, free).map { $0 + $1 }, "reconstruction": error, "kl_free": free,
        "kl": try v.perImage { try kls(v, $0).sum },
      ]
    },
    VariantModel(name: "gaussianvae") { v in
      try withKL(v) { image in
        let (mean, logvar) = (try v.row("x.mean", image), try v.row("x.logvar", image))
        return try zip(v.target(image), zip(mean, logvar)).map { x, parameters in
          let deviation = exp(parameters.1 / 2)
          let standard = (x - parameters.0) / deviation
          return -log(deviation * (2 * Double.pi).squareRoot()) - standard * standard / 2
        }.sum
      }
    },
    VariantModel(name: "laplacevae") { v in
      try withKL(v) { image in
        try zip(v.target(image), v.row("x.mean", image)).map { x, mean in
          log(1 / (2 * 0.1) * exp(-abs(x - mean) / 0.1))
        }.sum
      }
    },
    VariantModel(name: "continuousvae") { v in
      try withKL(v) { image in
        // The paper's form: C(lambda) lambda^x (1 - lambda)^(1 - x), equations 8 and 9.
        try zip(v.target(image), v.row("x.logits", image)).map { x, logit in
          let lambda = 1 / (1 + exp(-logit))
          let constant = abs(lambda - 0.5) < 1e-9 ? 2 : 2 * atanh(1 - 2 * lambda) / (1 - 2 * lambda)
          return log(constant) + x * log(lambda) + (1 - x) * log(1 - lambda)
        }.sum
      }
    },
    VariantModel(name: "bottleneck", hypers: ["beta": 0.25]) { v in
      let (error, kl) = (try v.perImage { try -categorical(v, $0) }, try v.perImage { try kls(v, $0).sum })
      return ["loss": zip(error, kl).map { $0 + 0.25 * $1 }, "reconstruction": error, "kl": kl]
    },
    VariantModel(name: "labelvae") { v in
      let image = try v.perImage { try -bernoulli(v, $0) }
      let (label, kl) = (try v.perImage { try -categorical(v, $0) }, try v.perImage { try kls(v, $0).sum })
      return [
        "loss": image.indices.map { image[$0] + label[$0] + kl[$0] }, "reconstruction.x": image,
        "reconstruction.y": label, "kl": kl,
      ]
    },
    VariantModel(name: "sparseae", hypers: ["weight": 0.25]) { v in
      let error = try squaredErrors(v)
      let penalty = try v.perImage { try v.row("z", $0).map { abs($0) }.sum }
      return ["loss": zip(error, penalty).map { $0 + 0.25 * $1 }, "sse": error, "l1": penalty]
    },
  ]

  private static let activationModels: [VariantModel] = [
    VariantModel(name: "klsparseae", hypers: ["weight": 0.5, "target": 0.125]) { v in
      let error = try squaredErrors(v)
      var penalty = 0.0
      for unit in 0..<3 {
        let mean = try v.perImage { try v.row("z", $0)[unit] }.sum / Double(v.images)
        penalty += 0.125 * log(0.125 / mean) + 0.875 * log(0.875 / (1 - mean))
      }
      return [
        "loss": error.map { $0 + 0.5 * penalty }, "sse": error, "kl_sparsity": error.map { _ in penalty },
      ]
    },
    VariantModel(name: "contractiveae", hypers: ["weight": 0.5]) { v in
      let error = try squaredErrors(v)
      // One layer of sigmoids: sum over units of (z (1 - z))^2 |w|^2.
      let weights = try v.tensor("encoder.z.dense0.weight").data
      let norms = (0..<3).map { unit in weights[unit * 784..<(unit + 1) * 784].map { $0 * $0 }.sum }
      let jacobian = try v.perImage { image in
        try zip(v.row("z", image), norms).map { z, norm in z * (1 - z) * z * (1 - z) * norm }.sum
      }
      return ["loss": zip(error, jacobian).map { $0 + 0.5 * $1 }, "sse": error, "jacobian": jacobian]
    },
  ]

  private static let shifted = NormalPrior(mean: 1, std: 2)
  static let batchModels: [VariantModel] =
    activationModels + [waemmd(NormalPrior()), waemmd(shifted), betatcvae(NormalPrior()), betatcvae(shifted)]

  private static func waemmd(_ prior: NormalPrior) -> VariantModel {
    VariantModel(name: "waemmd", hypers: ["weight": 2], prior: prior) { v in
      let error = try squaredErrors(v)
      let z = try (0..<v.images).map { try v.row("z", $0) }
      let p = try (0..<v.images).map { try v.row("noise.z.prior", $0).map(prior.draw) }
      func kernel(_ a: [Double], _ b: [Double]) -> Double {
        let distance = zip(a, b).map { ($0 - $1) * ($0 - $1) }.sum
        return [0.1, 0.2, 0.5, 1, 2, 5, 10].map { 2 * 3 * $0 / (2 * 3 * $0 + distance) }.sum
      }
      let others = Double(v.images - 1)
      let mmd = (0..<v.images).map { n in
        let within = (0..<v.images).map { $0 == n ? 0 : kernel(z[n], z[$0]) + kernel(p[n], p[$0]) }.sum
        return within / others - 2 * p.map { kernel(z[n], $0) }.sum / Double(v.images)
      }
      return ["loss": zip(error, mmd).map { $0 + 2 * $1 }, "sse": error, "mmd": mmd]
    }
  }

  private static func betatcvae(_ prior: NormalPrior) -> VariantModel {
    VariantModel(name: "betatcvae", hypers: ["beta": 6, "images": 1000], prior: prior) { v in
      let error = try v.perImage { try -bernoulli(v, $0) }
      let z = try (0..<v.images).map { try v.row("z", $0) }
      func density(_ n: Int, _ m: Int, _ d: Int) throws -> Double {
        let (mean, variance) = (try v.row("z.mean", m)[d], exp(try v.row("z.logvar", m)[d]))
        return exp(-(z[n][d] - mean) * (z[n][d] - mean) / (2 * variance))
          / (2 * Double.pi * variance).squareRoot()
      }
      // Equation (S4): of a batch of M images of N, 1 / (N M) the sum of the densities.
      let total = 1000 * Double(v.images)
      var (information, correlation, divergence) = ([Double](), [Double](), [Double]())
      for n in 0..<v.images {
        let joint = try log(
          (0..<v.images).map { m in try (0..<3).map { try density(n, m, $0) }.reduce(1, *) }.sum / total)
        let marginals = try (0..<3).map { d in try log((0..<v.images).map { try density(n, $0, d) }.sum / total)
        }
        information.append(try (0..<3).map { try log(density(n, n, $0)) }.sum - joint)
        correlation.append(joint - marginals.sum)
        divergence.append(marginals.sum - z[n].map(prior.logDensity).sum)
      }
      var loss = zip(error, information).map { $0 + $1 }
      for n in loss.indices { loss[n] += 6 * correlation[n] + divergence[n] }
      return [
        "loss": loss, "reconstruction": error, "mutual_information": information,
        "total_correlation": correlation,
        "dimension_kl": divergence,
      ]
    }
  }

  private static func squaredErrors(_ v: NamedValues) throws -> [Double] {
    try v.perImage { image in
      try zip(v.target(image), v.row("x.mean", image)).map { ($0 - $1) * ($0 - $1) }.sum
    }
  }

  private static func bernoulli(_ v: NamedValues, _ image: Int) throws -> Double {
    try zip(v.target(image), v.row("x.logits", image)).map { x, logit in
      let p = 1 / (1 + exp(-logit))
      return x * log(p) + (1 - x) * log(1 - p)
    }.sum
  }

  /// The logarithm of the probability that the softmax gives the class.
  private static func categorical(_ v: NamedValues, _ image: Int) throws -> Double {
    let weights = try v.row("y.logits", image).map { exp($0) }
    return try log(weights[Int(v.row("y", image)[0])] / weights.sum)
  }

  /// The KL of each latent to N(0, 1).
  private static func kls(_ v: NamedValues, _ image: Int) throws -> [Double] {
    try zip(v.row("z.mean", image), v.row("z.logvar", image)).map { mean, logvar in
      (mean * mean + exp(logvar) - 1 - logvar) / 2
    }
  }

  private static func withKL(_ v: NamedValues, _ loglik: (Int) throws -> Double) throws -> [String: [Double]] {
    let (error, kl) = (try v.perImage { try -loglik($0) }, try v.perImage { try kls(v, $0).sum })
    return ["loss": zip(error, kl).map { $0 + $1 }, "reconstruction": error, "kl": kl]
  }

  @Test(arguments: models + batchModels)
  func theObjectiveIsItsFormula(model: VariantModel) throws {
    let module = try model.plain()
    let name = module.entry("evaluate_given") == nil ? "evaluate" : "evaluate_given"
    let entry = try #require(module.entry(name))
    let values = try model.values(module, entry, images: 3)
    let outcome = try Interpreter(module).run(
      name, globals: values.globals, arguments: values.arguments, images: 3, keepingValues: true)
    let wanted = try model.formula(
      NamedValues(images: 3) { name in
        try #require(values.arguments[name] ?? values.globals[name] ?? outcome.value(named: name), "\(name)")
      })
    let metrics = outcome.results.map(\.target.name)
    #expect(Set(metrics) == Set(wanted.keys))
    for (metric, numbers) in wanted {
      let made = try #require(outcome[.metric(metric)])
      #expect(made.count == numbers.count)
      for (number, exact) in zip(made.data, numbers) {
        #expect(abs(number - exact) < 1e-11 * max(1, abs(exact)), "\(metric), seed \(testSeed)")
      }
    }
  }

  @Test(arguments: models + batchModels)
  func nativeCodeAgreesWithTheReference(model: VariantModel) throws {
    let (module, native) = (try model.plain(), try model.native())
    for entry in module.entries {
      for images in [7, 33] {
        let values = try model.values(module, entry, images: images)
        let made = try native.call(entry.name, values)
        for (target, value) in try values.reference(module, entry.name) {
          let distance = distance(made.results[target] ?? [], value)
          #expect(
            distance <= Tolerance.of(target), "\(entry.name), \(target), \(images) images, seed \(testSeed)")
        }
      }
    }
  }
}

extension [Double] {
  fileprivate var sum: Double { reduce(0, +) }
}
