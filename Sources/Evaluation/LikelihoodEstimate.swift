public import Runtime

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// log p(x) of images by importance sampling from the posterior (Burda, Grosse, Salakhutdinov: "Importance weighted
/// autoencoders", 2016, equation 8): log (1/k) sum over k draws of p(x, z) / q(z | x). It is at most log p(x) in expectation, and nears it as k
/// grows.
public struct LikelihoodEstimate: Sendable {
  /// Draws for each image.
  public let samples: Int
  /// The estimates, image by image, in nats.
  public let logLikelihoods: [Double]

  /// The mean over the images.
  public var mean: Double { logLikelihoods.reduce(0, +) / Double(max(1, logLikelihoods.count)) }

  /// The standard error of the mean as one over these images; nil for a single image.
  public var standardError: Double? {
    let count = Double(logLikelihoods.count)
    guard count > 1 else { return nil }
    let mean = mean
    let squares = logLikelihoods.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / (count - 1) / count).squareRoot()
  }

  /// Draws `samples` times for each image of a source.
  ///
  /// - Parameter progress: takes the share that is done, from 0 to 1, after each draw of some images.
  /// - Throws: `ModelError` where the model has no entry `score`, `RunError` where the images do not suit it.
  public init(
    _ instance: ModelInstance, on source: any ImageSource, samples: Int, inputs: EntryInputs = EntryInputs(),
    progress: (Double) -> Void = { _ in }
  ) throws {
    var sums = [LogMeanExp](repeating: LogMeanExp(), count: source.count)
    try instance.forEachScore(of: source, samples: samples, inputs: inputs) { images, sample, scores in
      for (place, image) in images.enumerated() { sums[image].add(scores.logWeight(place)) }
      let done = Double(images.lowerBound) * Double(samples) + Double(sample + 1) * Double(images.count)
      progress(done / (Double(source.count) * Double(samples)))
    }
    self.samples = samples
    logLikelihoods = sums.map(\.value)
  }
}

/// log of the mean of exp(x) over numbers that come one by one; nothing overflows, whatever their size.
package struct LogMeanExp {
  private var largest = -Double.infinity
  /// Sum of exp(x - largest).
  private var sum = 0.0
  private var count = 0.0

  package init() {}

  package mutating func add(_ x: Double) {
    count += 1
    if x == -.infinity { return }
    if x <= largest {
      sum += exp(x - largest)
    } else {
      sum = sum * exp(largest - x) + 1
      largest = x
    }
  }

  /// Minus infinity where there was nothing, or nothing but minus infinity; NaN where there was one.
  package var value: Double { sum.isNaN ? .nan : largest + log(sum / max(1, count)) }
}
