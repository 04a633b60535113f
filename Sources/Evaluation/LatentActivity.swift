import Artifact
public import Runtime

/// What each element of a code does over images: whether it says anything of them, and how much.
public struct LatentActivity: Sendable {
  /// Of the codes: for a VAE the posterior's means.
  public let means: [Double]
  public let deviations: [Double]
  /// KL(q(z | x) || p(z)) of each element, the mean over the images, in nats; nil for a model without priors.
  public let divergences: [Double]?

  /// Elements of a code.
  public var count: Int { means.count }

  /// The elements, the most active first: by their KL, or else by their deviation.
  public var order: [Int] {
    let activity = divergences ?? deviations
    return activity.indices.sorted { (-activity[$0], $0) < (-activity[$1], $1) }
  }

  /// - Throws: `ModelError` where the model has no encoder, `RunError` where it cannot take the images.
  public init(_ instance: ModelInstance, on source: any ImageSource, inputs: EntryInputs = EntryInputs()) throws
  {
    let units = try instance.latentUnits(of: source, inputs: inputs)
    let named = Dictionary(units.map { ($0.name, $0.divergence) }, uniquingKeysWith: { first, _ in first })
    let size = instance.manifest.codeSize
    var moments = [RunningVariance](repeating: RunningVariance(), count: size)
    for (index, value) in try instance.codes(of: source, inputs: inputs).enumerated() {
      moments[index % size].add(Double(value))
    }
    means = moments.map(\.mean)
    deviations = moments.map { $0.variance.squareRoot() }
    let divergences = instance.manifest.codeParts.flatMap { part in
      (1...max(1, part.count)).prefix(part.count).compactMap { named["\(part.name).\($0)"] ?? nil }
    }
    self.divergences = divergences.count == size && size > 0 ? divergences : nil
  }
}
