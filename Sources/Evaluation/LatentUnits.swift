import Artifact
public import Runtime

/// One element of a latent, over images.
public struct LatentUnit: Sendable, Equatable {
  /// The latent's name and the element's number from 1: `z.1`.
  public var name: String
  /// The variance over the images of the posterior's mean.
  public var variance: Double
  /// The mean over the images of KL(q(z | x) || p(z)) of this element, in nats; nil for a model without priors.
  public var divergence: Double?

  /// The limit of both signs of activity.
  public static let activity = 0.01

  /// Whether the posterior's mean varies: variance above 0.01 (Burda, Grosse, Salakhutdinov: "Importance weighted
  /// autoencoders", 2016, section 5.2).
  public var isActive: Bool { variance > Self.activity }
  /// Whether the element holds more than 0.01 nats; nil without a divergence.
  public var isInformative: Bool? { divergence.map { $0 > Self.activity } }
}

extension ModelInstance {
  /// The elements of all latents that the model draws, in order. One draw for each image where a divergence depends on draws
  /// of other latents.
  public func latentUnits(
    of source: any ImageSource, inputs: EntryInputs = EntryInputs()
  ) throws -> [LatentUnit] {
    let results = manifest.entry("encode")?.results ?? []
    let latents = manifest.latents.filter { latent in
      latent.count > 0 && results.contains { $0.name == "\(latent.name).mean" }
    }
    guard !latents.isEmpty else { return [] }
    var variances = latents.map { [RunningVariance](repeating: RunningVariance(), count: $0.count) }
    try forEachBatch(of: source, entry: "encode", inputs: inputs) { _, results in
      for (place, latent) in latents.enumerated() {
        for (index, value) in (results["\(latent.name).mean"]?.floats ?? []).enumerated() {
          variances[place][index % latent.count].add(Double(value))
        }
      }
    }
    var divergences = latents.map { [Double](repeating: 0, count: $0.count) }
    if canScore {
      try forEachScore(of: source, samples: 1, inputs: inputs) { _, _, scores in
        for (place, latent) in latents.enumerated() {
          for (index, value) in (scores.divergences[latent.name] ?? []).enumerated() {
            divergences[place][index % latent.count] += Double(value)
          }
        }
      }
    }
    return latents.enumerated().flatMap { place, latent in
      (0..<latent.count).map { element in
        LatentUnit(
          name: "\(latent.name).\(element + 1)", variance: variances[place][element].variance,
          divergence: canScore ? divergences[place][element] / Double(source.count) : nil)
      }
    }
  }
}

/// Mean and variance of numbers that come one by one (Welford 1962).
struct RunningVariance {
  private var count = 0.0
  private(set) var mean = 0.0
  private var squares = 0.0

  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / count
    squares += difference * (value - mean)
  }

  var variance: Double { count > 0 ? squares / count : 0 }
}
