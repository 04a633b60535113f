import Artifact

/// log p(x | z), log p(z) and log q(z | x) of one draw z from the posterior of each of some images.
public struct DrawScores: Sendable {
  public var likelihood: [Float]
  public var prior: [Float]
  public var posterior: [Float]
  /// KL(q(z | x) || p(z)) by element: for each latent, by name, the numbers of the images one behind the other.
  public var divergences: [String: [Float]]

  /// log p(x, z) - log q(z | x) of image i: the logarithm of its importance weight.
  public func logWeight(_ image: Int) -> Double {
    Double(likelihood[image]) + Double(prior[image]) - Double(posterior[image])
  }
}

extension Manifest {
  /// The names of the entries that score draws.
  public static let posteriorEntry = "posterior"
  public static let scoreEntry = "score"
}

extension ModelInstance {
  /// Whether draws of the model can be scored: it has a likelihood, and a prior for each latent.
  public var canScore: Bool {
    manifest.entry(Manifest.scoreEntry) != nil && manifest.entry(Manifest.posteriorEntry) != nil
  }

  /// Draws from the posteriors of a source's images and scores the draws, some images at a time. What does not depend on a draw
  /// is made once for each image. The noise depends on the seed, the image's number and the draw's.
  ///
  /// - Parameters:
  ///   - samples: draws for each image.
  ///   - body: takes the images' numbers, the draw's, and its scores; a batch's draws come one behind the other.
  /// - Throws: `ModelError` where the model has no such entries, `RunError` where the images do not suit it.
  public func forEachScore(
    of source: any ImageSource, samples: Int, inputs: EntryInputs = EntryInputs(),
    _ body: (_ images: Range<Int>, _ sample: Int, DrawScores) throws -> Void
  ) throws {
    let score = try model.entry(Manifest.scoreEntry)
    // What `posterior` makes is not filled from the source.
    var given = score
    given.arguments.removeAll { $0.role == .distribution || $0.role == .sample }
    try forEachBatch(of: source, entry: Manifest.posteriorEntry, inputs: inputs) { images, made in
      var arguments = try self.arguments(of: given, images: Array(images)[...], source: source, inputs: inputs)
      for argument in score.arguments where argument.role == .distribution {
        arguments[argument.name] = made[argument.name]
      }
      let counter = score.argument(.sample)?.name
      for sample in 0..<samples {
        if let counter { arguments[counter] = .scalar(Int32(truncatingIfNeeded: sample)) }
        try body(images, sample, try scores(score, arguments, images: images.count))
      }
    }
  }

  private func scores(
    _ entry: Manifest.Entry, _ arguments: [String: EntryValue], images: Int
  ) throws -> DrawScores {
    let results = try call(entry.name, arguments, count: images)
    func metric(_ name: String) throws -> [Float] {
      guard let values = results[name]?.floats, values.count == images else {
        throw ModelError.missingArgument(entry: entry.name, argument: "the result \(name)")
      }
      return values
    }
    var divergences: [String: [Float]] = [:]
    for latent in manifest.latents { divergences[latent.name] = results["\(latent.name).kl"]?.floats }
    return DrawScores(
      likelihood: try metric("loglik"), prior: try metric("logprior"), posterior: try metric("logposterior"),
      divergences: divergences)
  }
}
