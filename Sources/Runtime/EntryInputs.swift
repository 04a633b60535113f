import Artifact

/// What an entry may ask for besides images: every value that is not per image.
public struct EntryInputs: Sendable {
  public var seed: UInt64
  /// The epoch that chooses the noise: training counts from 1, evaluation takes 0.
  public var epoch: Int
  /// Which of several draws of an image it is, from 0.
  public var sample = 0
  public var step: Int
  public var rate: Double
  /// Values of hypers; those that are not here have the model's defaults.
  public var hypers: [String: Double]
  /// The classes of the images by their numbers, where those of the source are not meant.
  public var labels: [Int32]?

  public init(
    seed: UInt64 = 1, epoch: Int = 0, step: Int = 1, rate: Double = 0, hypers: [String: Double] = [:],
    labels: [Int32]? = nil
  ) {
    self.seed = seed
    self.epoch = epoch
    self.step = step
    self.rate = rate
    self.hypers = hypers
    self.labels = labels
  }
}

extension ModelInstance {
  /// Checks that a model can take a source's images, and that hypers of these names exist.
  public func check(_ source: any ImageSource, hypers: [String: Double] = [:]) throws {
    guard source.count > 0 else { throw RunError.noImages }
    guard source.count <= Int(Int32.max) else { throw RunError.tooManySteps }
    if let needed = manifest.inputs.first?.shape, needed != source.imageShape {
      throw RunError.otherImageShape(found: source.imageShape, needed: needed)
    }
    let names = manifest.hypers.map(\.name)
    for name in hypers.keys.sorted() where !names.contains(name) {
      throw RunError.unknownHyper(name, model: manifest.name, there: names)
    }
  }

  /// Checks that a source has the classes that an entry takes, before the first call.
  func checkLabels(of source: any ImageSource, for entry: Manifest.Entry) throws {
    guard let argument = entry.argument(.label) else { return }
    let images = Array(0..<source.count)
    guard let labels = try source.labels(of: images[...]) else { throw RunError.noLabels(entry: entry.name) }
    try check(labels, argument: argument.name)
  }

  /// The classes of a source's images, those of `inputs` where they are given, as the model's class of that name.
  /// - Throws: `RunError` where there are none, or others than the model knows.
  public func labels(of source: any ImageSource, named name: String, inputs: EntryInputs) throws -> [Int32] {
    let images = Array(0..<source.count)
    guard let labels = try inputs.labels ?? source.labels(of: images[...]), labels.count == source.count else {
      throw RunError.noLabels(entry: name)
    }
    try check(labels, argument: name)
    return labels
  }

  func check(_ labels: [Int32], argument: String) throws {
    guard let input = manifest.classes.first(where: { $0.name == argument }),
      let image = labels.firstIndex(where: { $0 < 0 || Int($0) >= input.count })
    else { return }
    throw RunError.labelOutOfRange(labels[image], image: image, name: argument, classes: input.count)
  }

  /// The arguments of an entry for some images of a source, filled by their roles.
  func arguments(
    of entry: Manifest.Entry, images: ArraySlice<Int>, source: (any ImageSource)?, inputs: EntryInputs
  ) throws -> [String: EntryValue] {
    var arguments: [String: EntryValue] = [:]
    for tensor in entry.arguments {
      arguments[tensor.name] = try value(
        of: tensor, entry: entry, images: images, source: source, inputs: inputs)
    }
    return arguments
  }

  private func value(
    of tensor: Manifest.Tensor, entry: Manifest.Entry, images: ArraySlice<Int>, source: (any ImageSource)?,
    inputs: EntryInputs
  ) throws -> EntryValue {
    switch tensor.role {
    case .image:
      guard let source else { throw RunError.notFilled(entry: entry.name, argument: tensor.name) }
      let bytes = try source.bytes(of: images)
      return tensor.element == .u8 ? .u8(bytes) : .f32(bytes.map { Float($0) / 255 })
    case .label:
      if let labels = inputs.labels {
        return .i32(
          try images.map { image in
            guard labels.indices.contains(image) else { throw RunError.noImage(image, count: labels.count) }
            return labels[image]
          })
      }
      guard let labels = try source?.labels(of: images) else { throw RunError.noLabels(entry: entry.name) }
      return .i32(labels)
    case .index:
      let numbers = try source?.numbers(of: images) ?? Array(images)
      return .i32(numbers.map { Int32(truncatingIfNeeded: $0) })
    case .seed: return .seed(inputs.seed)
    case .epoch: return .scalar(Int32(truncatingIfNeeded: inputs.epoch))
    case .sample: return .scalar(Int32(truncatingIfNeeded: inputs.sample))
    case .step: return .scalar(Int32(truncatingIfNeeded: inputs.step))
    case .rate: return .scalar(Float(inputs.rate))
    case .hyper:
      let hyper = manifest.hypers.first { "hyper.\($0.name)" == tensor.name }
      return .scalar(Float(hyper.map { inputs.hypers[$0.name] ?? $0.defaultValue } ?? 0))
    case .probabilities, .noise, .latent, .distribution, .metric, .gradient:
      throw RunError.notFilled(entry: entry.name, argument: tensor.name)
    }
  }
}
