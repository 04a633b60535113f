import Artifact
import CModel

/// A call of an entry with its arguments made and all memory at hand, to be repeated: it costs what the entry costs. This is how
/// a C program calls a model.
///
/// Memory is handed to compiled code under the invariant of `ModelInstance`.
public final class PreparedCall {
  public let entry: Manifest.Entry
  public let images: Int
  private let instance: ModelInstance
  private let function: SharedLibrary.Entry
  private let state: AlignedMemory?
  private let arena: AlignedMemory
  private let inputs: [AlignedMemory]
  private let outputs: [AlignedMemory]

  /// Arguments are made by their roles: images of the source, counters, the hypers' defaults, small numbers for codes and noise.
  public init(_ instance: ModelInstance, entry name: String, images: Int, source: any ImageSource) throws {
    entry = try instance.model.entry(name)
    guard images >= 1, images <= source.count,
      let bytes = entry.arena.bytes(images: images, blockImages: instance.manifest.target.blockImages)
    else { throw ModelError.countOutOfRange(entry: name, count: images) }
    self.images = images
    self.instance = instance
    function = try instance.model.function(entry)
    state = name == ModelInstance.trainingEntry ? try instance.makeState() : nil
    arena = try AlignedMemory(bytes: bytes)
    inputs = try entry.arguments.map { tensor in
      let value = try instance.benchValue(of: tensor, in: name, images: images, source: source)
      let memory = try AlignedMemory(bytes: value.count * tensor.element.size)
      value.copy(to: memory.start)
      return memory
    }
    outputs = try entry.results.map { tensor in
      guard let count = tensor.elementCount(images: images) else {
        throw ModelError.countOutOfRange(entry: name, count: images)
      }
      return try AlignedMemory(bytes: count * tensor.element.size)
    }
  }

  /// Bytes that a call works on: weights, state, scratch, arguments and results.
  public var workingSet: Int {
    let memories = [instance.weights, arena] + inputs + outputs + (state.map { [$0] } ?? [])
    return memories.reduce(0) { $0 + $1.bytes }
  }

  /// Calls the entry on the instance's threads, or on those of a profile, which takes the kernels' times.
  public func run(profile: KernelProfile? = nil) throws {
    let inputs = inputs.map { UnsafeRawPointer?($0.start) }
    let outputs = outputs.map { UnsafeMutableRawPointer?($0.start) }
    let status = inputs.withUnsafeBufferPointer { inputs in
      outputs.withUnsafeBufferPointer { outputs in
        func call(_ executor: UnsafePointer<vaec_executor>?) -> Int32 {
          var call = vaec_call(
            weights: instance.weights.start.assumingMemoryBound(to: Float.self),
            state: state?.start.assumingMemoryBound(to: Float.self), arena: arena.start, count: Int64(images),
            inputs: inputs.baseAddress, outputs: outputs.baseAddress, executor: executor)
          return function(&call)
        }
        if let profile { return profile.withExecutor { call($0) } }
        return instance.executor.withExecutor { call($0) }
      }
    }
    guard status == 0 else { throw ModelError.refused(entry: entry.name, status: status) }
  }
}

extension ModelInstance {
  /// A value for an argument of a measurement.
  fileprivate func benchValue(
    of tensor: Manifest.Tensor, in entry: String, images: Int, source: any ImageSource
  ) throws -> EntryValue {
    switch tensor.role {
    case .noise, .latent, .distribution:
      guard let count = tensor.elementCount(images: images) else {
        throw ModelError.countOutOfRange(entry: entry, count: images)
      }
      return .f32((0..<count).map { Float($0 % 17 - 8) / 8 })
    default:
      let single = Manifest.Entry(
        name: entry, symbol: "", arguments: [tensor], results: [], arena: .init(fixedBytes: 0, blockBytes: 0))
      let order = Array(0..<images)
      let values = try arguments(
        of: single, images: order[...], source: source, inputs: EntryInputs(rate: manifest.training.rate))
      guard let value = values[tensor.name] else {
        throw ModelError.missingArgument(entry: entry, argument: tensor.name)
      }
      return value
    }
  }
}
