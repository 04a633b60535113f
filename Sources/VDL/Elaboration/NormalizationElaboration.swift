import IR
import Random

/// Whether an entry trains, and what training measures on the way.
struct EntryMode {
  /// Batch normalization takes the statistics of the batch where an entry trains, and those that training has gathered
  /// elsewhere.
  var isTraining = false
  /// New values of statistics by the names of their globals, in the order of the layers.
  private(set) var statistics: [(name: String, value: ValueID)] = []

  /// Whether the encoder sees corrupted inputs where the model corrupts them.
  var isCorrupting = true

  static let training = EntryMode(isTraining: true)

  /// What random numbers of the entry are for.
  var domain: RandomDomain { isTraining ? .train : .evaluate }

  /// The value of a statistic so far: a layer that is applied twice goes on from its own first result.
  func current(_ statistic: Global) -> ValueID? { statistics.first { $0.name == statistic.name }?.value }

  mutating func set(_ statistic: Global, to value: ValueID) {
    if let known = statistics.firstIndex(where: { $0.name == statistic.name }) {
      statistics[known].value = value
    } else {
      statistics.append((statistic.name, value))
    }
  }
}

extension EntryElaborator {
  /// Batch normalization (Ioffe and Szegedy 2015), with PyTorch's running statistics: the variance that they gather is the unbiased
  /// one, that of normalization is not.
  mutating func batchNorm(_ x: ValueID, momentum: Double, epsilon: Double) throws -> ValueID {
    let weight = parameter("weight", [.unknown], .constant(1))
    let bias = parameter("bias", [.unknown], .constant(0))
    let runningMean = statistic("running_mean", initial: 0)
    let runningVariance = statistic("running_var", initial: 1)
    let mean: ValueID
    let variance: ValueID
    if isTraining {
      let measured = try builder.addAll("channel_statistics", [x])
      (mean, variance) = (measured[0], measured[1])
      let unbiased = try add("mul", [variance, try add("bessel_correction", [x])])
      let kept: Attributes = ["decay": .float(1 - momentum)]
      mode.set(runningMean, to: try add("decay_average", [read(runningMean), mean], kept))
      mode.set(runningVariance, to: try add("decay_average", [read(runningVariance), unbiased], kept))
    } else {
      (mean, variance) = (read(runningMean), read(runningVariance))
    }
    let scale = try add("channel_scale", [weight, variance], ["epsilon": .float(epsilon)])
    return try add("affine_channels", [x, scale, bias, mean])
  }

  /// Layer normalization (Ba, Kiros and Hinton 2016): of a row of numbers PyTorch's LayerNorm, of an image's channels its GroupNorm
  /// of one group. It treats each image alone, so it is the same in training and elsewhere.
  mutating func layerNorm(_ x: ValueID, epsilon: Double) throws -> ValueID {
    let weight = parameter("weight", [.unknown], .constant(1))
    let bias = parameter("bias", [.unknown], .constant(0))
    let centered = try add("sub", [x, try add("mean_per_image", [x])])
    let variance = try add("mean_per_image", [try add("square", [centered])])
    let padded = try add("add", [variance, try add("constant", [], ["value": .float(epsilon)])])
    let normal = try add("div", [centered, try add("sqrt", [padded])])
    return try add("affine_channels", [normal, weight, bias])
  }

  private mutating func read(_ statistic: Global) -> ValueID {
    mode.current(statistic) ?? builder.entry.reference(to: statistic)
  }

  private mutating func statistic(_ kind: String, initial: Double) -> Global {
    registry.global(
      "\(layerName).\(kind)", kind: self.kind(.statistic), type: TensorType(.f32, [.unknown]),
      initializer: .constant(initial),
      sources: builder.sources)
  }

  /// A parameter of the layer that is being applied.
  private mutating func parameter(_ kind: String, _ dimensions: [Dimension], _ initializer: Initializer)
    -> ValueID
  {
    let global = registry.global(
      "\(layerName).\(kind)", kind: self.kind(.parameter), type: TensorType(.f32, dimensions),
      initializer: initializer,
      sources: builder.sources)
    return builder.entry.reference(to: global)
  }

  /// The statistics that the layers have gathered are results of the entry.
  mutating func addStatistics() {
    for (name, value) in mode.statistics { addResult(.global(name), value) }
  }
}
