import Artifact

/// One thing to be measured: an entry of a model with a number of images and threads.
///
/// Training is measured as `vaerun train` does it, each batch gathered from the data in another order; other entries as a C program
/// calls them, with everything prepared.
public final class BenchmarkCase {
  public let model: CompiledModel
  public let entry: String
  public let images: Int
  public let threads: Int
  /// FLOPs of the products of a call: the fixed denominator of shares of the machine's peak.
  public let productFlops: Double
  /// Bytes of operands and results of all operations of a call, each once.
  public let bytes: Double
  public let kernels: [KernelDescription]

  private let instance: ModelInstance
  private let call: PreparedCall
  private let source: SyntheticImages
  private var step = 0

  /// Batches of training data, so that they do not all lie in the innermost cache.
  private static let batches = 4

  public init(_ model: CompiledModel, entry: String, images: Int, threads: Int) throws {
    self.model = model
    self.entry = entry
    self.images = images
    instance = try ModelInstance(model, threads: threads)
    instance.initialize(seed: 1)
    self.threads = instance.executor.threads
    source = try SyntheticImages(
      imageShape: model.manifest.inputs.first?.shape ?? [],
      count: entry == ModelInstance.trainingEntry ? images * Self.batches : images)
    call = try PreparedCall(instance, entry: entry, images: images, source: source)
    kernels = try model.kernels(of: entry)
    let everywhere = kernels.filter { !$0.isForFewImages }
    productFlops = everywhere.reduce(0) { $0 + ($1.isProduct ? $1.work(images: images).flops : 0) }
    bytes = everywhere.reduce(0) { $0 + $1.work(images: images).bytes }
  }

  /// Bytes that a call works on.
  public var workingSet: Int { call.workingSet }
  public var isTraining: Bool { entry == ModelInstance.trainingEntry }

  /// Seconds of a call, the mean over calls that take that long together, one at least.
  public func measure(seconds: Double) throws -> Double {
    try time(seconds: seconds) { if isTraining { try train() } else { try call.run() } }
  }

  /// Seconds of each kernel in a call, the mean over the threads, and of the whole call, over calls that take that long
  /// together.
  public func measureKernels(seconds: Double) throws -> (kernels: [Double], call: Double) {
    let profile = KernelProfile(kernels: kernels.count, threads: threads)
    try call.run(profile: profile)
    profile.clear()
    var calls = 0
    let mean = try time(seconds: seconds) {
      try call.run(profile: profile)
      calls += 1
    }
    return (profile.seconds.map { $0 / Double(max(1, calls)) }, mean)
  }

  /// A profile for `kernelTimes`.
  public func makeProfile() -> KernelProfile { KernelProfile(kernels: kernels.count, threads: threads) }

  /// Seconds that the slowest thread spent in each kernel of one call.
  public func kernelTimes(of profile: KernelProfile) throws -> [Double] {
    profile.clear()
    try call.run(profile: profile)
    return profile.slowest
  }

  private func time(seconds: Double, _ body: () throws -> Void) throws -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    var calls = 0.0
    while true {
      try body()
      calls += 1
      let elapsed = start.duration(to: clock.now) / .seconds(1)
      if elapsed >= seconds { return elapsed / calls }
    }
  }

  private func train() throws {
    let first = step % Self.batches
    let order = (0..<images).map { ($0 * Self.batches + first) % source.count }
    step += 1
    let inputs = EntryInputs(epoch: 1, step: step, rate: model.manifest.training.rate)
    let arguments = try instance.arguments(of: call.entry, images: order[...], source: source, inputs: inputs)
    _ = try instance.call(entry, arguments, count: images)
  }
}

/// Samples of one quantity.
public struct Samples: Sendable {
  public private(set) var values: [Double] = []

  public init() {}

  public mutating func add(_ value: Double) { values.append(value) }

  /// The middle value, the mean of the two middle ones of an even number; 0 without values.
  public var median: Double {
    let sorted = values.sorted()
    guard let last = sorted.indices.last else { return 0 }
    return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
  }

  /// The largest less the smallest value, as a share of the median.
  public var spread: Double {
    guard let least = values.min(), let most = values.max(), median > 0 else { return 0 }
    return (most - least) / median
  }
}
