import Artifact
public import Runtime

/// What a model makes of images, in means over the images.
public struct ModelEvaluation: Sendable {
  public struct Term: Equatable, Sendable {
    public var name: String
    public var mean: Double
  }

  public var images: Int
  /// The terms of the objective in the model's order, the loss first: for a VAE the negative ELBO and its parts, in nats.
  public var terms: [Term]
  /// The mean over images and pixels of the squared difference of image and reconstruction (pixels from 0 to 1, the
  /// code the posterior's mean); nil for a model that does not reconstruct.
  public var reconstructionError: Double?
  /// Latents whose posterior mean varies over the images: variance above 0.01 (Burda, Grosse, Salakhutdinov:
  /// "Importance weighted autoencoders", 2016, section 5.2); nil for a model without distributions.
  public var activeUnits: Int?
  /// Elements of a code.
  public var latents: Int

  /// Evaluates a model on images. The noise of image i depends on the seed and i.
  /// - Throws: `RunError` where the images do not suit the model, `ModelError` where it has no entry `evaluate`.
  public init(_ instance: ModelInstance, on source: any ImageSource, inputs: EntryInputs = EntryInputs()) throws
  {
    let means = try instance.meanTerms(of: source, inputs: inputs)
    images = source.count
    terms = instance.manifest.objective.metrics.compactMap { name in
      means[name].map { Term(name: name, mean: $0) }
    }
    latents = instance.manifest.latents.reduce(0) { $0 + $1.shape.reduce(1, *) }
    reconstructionError = try Self.reconstructionError(instance, source, inputs)
    activeUnits = try Self.activeUnits(instance, source, inputs)
  }

  private static func reconstructionError(
    _ instance: ModelInstance, _ source: any ImageSource, _ inputs: EntryInputs
  ) throws -> Double? {
    guard let result = instance.manifest.entry("reconstruct")?.results.first(where: { $0.role == .image })
    else {
      return nil
    }
    var sum = 0.0
    var pixels = 0
    try instance.forEachBatch(of: source, entry: "reconstruct", inputs: inputs) { range, results in
      let bytes = try source.bytes(of: Array(range)[...])
      for (byte, value) in zip(bytes, results[result.name]?.floats ?? []) {
        let difference = Double(byte) / 255 - Double(value)
        sum += difference * difference
      }
      pixels += bytes.count
    }
    return pixels == 0 ? nil : sum / Double(pixels)
  }

  private static func activeUnits(
    _ instance: ModelInstance, _ source: any ImageSource, _ inputs: EntryInputs
  ) throws -> Int? {
    let results = instance.manifest.entry("encode")?.results ?? []
    guard let mean = results.first(where: { $0.role == .distribution && $0.name.hasSuffix(".mean") }),
      let size = mean.elementCount(images: 1)
    else { return nil }
    var variances = [RunningVariance](repeating: RunningVariance(), count: size)
    try instance.forEachBatch(of: source, entry: "encode", inputs: inputs) { _, results in
      for (index, value) in (results[mean.name]?.floats ?? []).enumerated() {
        variances[index % size].add(Double(value))
      }
    }
    return variances.count { $0.variance > 0.01 }
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
