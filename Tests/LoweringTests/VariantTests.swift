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
    VariantModel(name: "sparseae", hypers: ["weight": 0.25]) { v in
      let error = try v.perImage { image in
        try zip(v.target(image), v.row("x.mean", image)).map { ($0 - $1) * ($0 - $1) }.sum
      }
      let penalty = try v.perImage { try v.row("z", $0).map { abs($0) }.sum }
      return ["loss": zip(error, penalty).map { $0 + 0.25 * $1 }, "sse": error, "l1": penalty]
    },
  ]

  private static func bernoulli(_ v: NamedValues, _ image: Int) throws -> Double {
    try zip(v.target(image), v.row("x.logits", image)).map { x, logit in
      let p = 1 / (1 + exp(-logit))
      return x * log(p) + (1 - x) * log(1 - p)
    }.sum
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

  @Test(arguments: models)
  func theObjectiveIsItsFormula(model: VariantModel) throws {
    let module = try model.plain()
    let name = module.entry("evaluate_given") == nil ? "evaluate" : "evaluate_given"
    let entry = try #require(module.entry(name))
    let values = try model.values(module, entry, images: 3)
    let outcome = try Interpreter(module).run(
      name, globals: values.globals, arguments: values.arguments, images: 3, keepingValues: true)
    let wanted = try model.formula(
      NamedValues(images: 3) { name in
        try #require(values.arguments[name] ?? outcome.value(named: name), "\(name)")
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

  @Test(arguments: models)
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
