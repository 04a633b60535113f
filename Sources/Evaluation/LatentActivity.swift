import Artifact
public import Runtime

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What each element of a code does over images: whether it says anything of them, and how much.
public struct LatentActivity: Sendable {
  /// Of the codes: for a VAE the posterior's means.
  public let means: [Double]
  public let deviations: [Double]
  /// KL(q(z|x) || N(0, 1)) of each element, the mean over the images, in nats; nil for a model whose encoder has no normal
  /// distribution.
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
    let results = try instance.model.entry("encode").results
    let codes = results.filter { $0.role == .latent }
    var moments: [RunningVariance] = []
    var sums: [Double] = []
    var hasDistributions = true
    try instance.forEachBatch(of: source, entry: "encode", inputs: inputs) { range, values in
      var place = 0
      for code in codes {
        let floats = values[code.name]?.floats ?? []
        let size = floats.count / range.count
        if moments.count < place + size {
          moments += Array(repeating: RunningVariance(), count: place + size - moments.count)
          sums += Array(repeating: 0, count: place + size - sums.count)
        }
        for (index, value) in floats.enumerated() { moments[place + index % size].add(Double(value)) }
        if let means = values[code.name + ".mean"]?.floats, let logvars = values[code.name + ".logvar"]?.floats
        {
          for (index, pair) in zip(means, logvars).enumerated() {
            sums[place + index % size] += Self.divergence(mean: Double(pair.0), logvar: Double(pair.1))
          }
        } else {
          hasDistributions = false
        }
        place += size
      }
    }
    means = moments.map(\.mean)
    deviations = moments.map { $0.variance.squareRoot() }
    divergences = hasDistributions && !codes.isEmpty ? sums.map { $0 / Double(source.count) } : nil
  }

  /// KL(N(mean, exp(logvar)) || N(0, 1)) (Kingma and Welling: "Auto-encoding variational Bayes", 2014, appendix B).
  static func divergence(mean: Double, logvar: Double) -> Double {
    0.5 * (mean * mean + exp(logvar) - 1 - logvar)
  }
}
