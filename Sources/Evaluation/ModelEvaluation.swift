import Artifact
public import Runtime
public import Statistics

/// What a model makes of images, in means over the images.
public struct ModelEvaluation: Sendable {
  public struct Term: Equatable, Sendable {
    public var name: String
    public var mean: Double
  }

  public var images: Int
  /// The terms of the objective in the model's order, the loss first: for a VAE the negative ELBO and its parts, in nats.
  public var terms: [Term]
  /// How near the reconstructions are, the code the posterior's mean; nil for a model that does not reconstruct.
  public var reconstruction: ReconstructionQuality?
  /// How the images of each class were taken; nil for a model whose decoder makes no class.
  public var classification: ConfusionMatrix?
  /// The elements of the latents that are drawn; empty for a model that draws none.
  public var units: [LatentUnit]

  /// Evaluates a model on images. The noise of image i depends on the seed and i.
  /// - Throws: `RunError` where the images do not suit the model, `ModelError` where it has no entry `evaluate`.
  public init(_ instance: ModelInstance, on source: any ImageSource, inputs: EntryInputs = EntryInputs()) throws
  {
    let means = try instance.meanTerms(of: source, inputs: inputs)
    images = source.count
    terms = instance.manifest.objective.metrics.compactMap { name in
      means[name].map { Term(name: name, mean: $0) }
    }
    reconstruction = try ReconstructionQuality(instance, source, inputs)
    classification = try instance.confusion(of: source, inputs: inputs)
    units = try instance.latentUnits(of: source, inputs: inputs)
  }
}

/// How near reconstructions are to their images; pixels go from 0 to 1.
public struct ReconstructionQuality: Sendable, Equatable {
  /// The mean over images and pixels of the squared difference.
  public var meanSquaredError: Double
  /// The peak signal-to-noise ratio of that error, in dB.
  public var peakSignalToNoise: Double
  /// The mean over images and channels of the structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004); nil where the
  /// images are no planes.
  public var structuralSimilarity: Double?

  /// Nil for a model that does not give images back.
  init?(_ instance: ModelInstance, _ source: any ImageSource, _ inputs: EntryInputs) throws {
    guard let result = instance.manifest.entry("reconstruct")?.image else { return nil }
    let shape = source.imageShape
    let plane = shape.count == 3 ? shape[1] * shape[2] : 0
    var (squares, pixels) = (0.0, 0)
    var (similarity, planes) = (0.0, 0)
    try instance.forEachBatch(of: source, entry: "reconstruct", inputs: inputs) { range, results in
      let images = try source.bytes(of: Array(range)[...]).map { Float($0) / 255 }
      let again = results[result.name]?.floats ?? []
      for (original, value) in zip(images, again) {
        let difference = Double(original) - Double(value)
        squares += difference * difference
      }
      pixels += images.count
      guard plane > 0, again.count == images.count else { return }
      let count = images.count / plane
      // Each number stands in a place of its own, so the sum does not depend on the threads.
      let found = parallelRuns(count, threads: processorCount) { run in
        run.map { index in
          let part = index * plane..<(index + 1) * plane
          return ImageQuality.structuralSimilarity(
            Array(images[part]), Array(again[part]), height: shape[1], width: shape[2]) ?? 0
        }
      }
      similarity += found.joined().reduce(0, +)
      planes += count
    }
    guard pixels > 0 else { return nil }
    meanSquaredError = squares / Double(pixels)
    peakSignalToNoise = ImageQuality.peakSignalToNoise(meanSquaredError: meanSquaredError)
    structuralSimilarity = planes > 0 ? similarity / Double(planes) : nil
  }
}
