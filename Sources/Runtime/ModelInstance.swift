import Artifact
import CModel

/// A compiled model with memory of its own: weights, the state of training, scratch. Not for use by two threads at a
/// time; its own threads are the executor's.
///
/// This class is where memory is handed to compiled code. The invariant that makes it safe: every pointer of a call is
/// 64-byte aligned and points at as many bytes as the validated manifest says for that entry and number of images, and
/// the memory outlives the call, because this object holds it and entries keep no pointer.
public final class ModelInstance {
  public let model: CompiledModel
  public let executor: GompExecutor
  let weights: AlignedMemory
  /// Absent until training begins: other entries do not need it.
  private(set) var state: AlignedMemory?
  private var arena: AlignedMemory
  /// Arguments and results of a call, each at a multiple of 64 bytes.
  private var staging: AlignedMemory

  public var manifest: Manifest { model.manifest }

  /// An instance with all weights zero: follow with `initialize(seed:)` or `load`.
  public init(_ model: CompiledModel, threads: Int = 1) throws {
    self.model = model
    executor = GompExecutor(threads: threads)
    weights = try AlignedMemory(bytes: model.manifest.weightsBytes)
    arena = try AlignedMemory(bytes: 0)
    staging = try AlignedMemory(bytes: 0)
  }

  /// Makes the state of training, zero, if it is not there.
  func makeState() throws -> AlignedMemory {
    if let state { return state }
    let made = try AlignedMemory(bytes: manifest.stateBytes)
    state = made
    return made
  }

  /// Makes the state of training zero again.
  func clearState() { state = nil }

  /// Calls an entry.
  /// - Parameters:
  ///   - name: the entry's name, such as `encode`
  ///   - inputs: a value for each of its arguments, by name
  ///   - count: the number of images, N in the manifest's shapes
  /// - Returns: its results, by name.
  /// - Throws: `ModelError` where an argument is missing, unknown, of another type or of another size.
  public func call(_ name: String, _ inputs: [String: EntryValue], count: Int) throws -> [String: EntryValue] {
    let entry = try model.entry(name)
    guard count >= 1, count <= 1 << 31 else { throw ModelError.countOutOfRange(entry: name, count: count) }
    try check(inputs, of: entry, count: count)
    let sizes = try (entry.arguments + entry.results).map { try elementCount($0, entry: name, images: count) }
    let offsets = try stage(entry, sizes: sizes)
    for (tensor, offset) in zip(entry.arguments, offsets) {
      inputs[tensor.name]?.copy(to: staging.start + offset)
    }
    try reserveArena(for: entry, images: count)
    let needsState = name == Self.trainingEntry
    let status = try run(
      try model.function(entry), offsets: offsets, arguments: entry.arguments.count, count: count,
      state: needsState ? try makeState() : state)
    guard status == 0 else { throw ModelError.refused(entry: name, status: status) }
    var results: [String: EntryValue] = [:]
    for (index, tensor) in entry.results.enumerated() {
      let place = index + entry.arguments.count
      results[tensor.name] = EntryValue(
        tensor.element, copying: staging.start + offsets[place], count: sizes[place])
    }
    return results
  }

  /// The entry that changes weights and state.
  public static let trainingEntry = "train_step"

  private func run(
    _ function: SharedLibrary.Entry, offsets: [Int], arguments: Int, count: Int, state: AlignedMemory?
  ) throws -> Int32 {
    let inputs = offsets[..<arguments].map { UnsafeRawPointer?(staging.start + $0) }
    let outputs = offsets[arguments...].map { UnsafeMutableRawPointer?(staging.start + $0) }
    return inputs.withUnsafeBufferPointer { inputs in
      outputs.withUnsafeBufferPointer { outputs in
        executor.withExecutor { executor in
          var call = vaec_call(
            weights: weights.start.assumingMemoryBound(to: Float.self),
            state: state?.start.assumingMemoryBound(to: Float.self), arena: arena.start, count: Int64(count),
            inputs: inputs.baseAddress, outputs: outputs.baseAddress, executor: executor)
          return function(&call)
        }
      }
    }
  }

  private func check(_ inputs: [String: EntryValue], of entry: Manifest.Entry, count: Int) throws {
    for tensor in entry.arguments {
      guard let input = inputs[tensor.name] else {
        throw ModelError.missingArgument(entry: entry.name, argument: tensor.name)
      }
      guard input.element == tensor.element else {
        throw ModelError.otherElement(
          entry: entry.name, argument: tensor.name, needed: tensor.element.rawValue,
          found: input.element.rawValue)
      }
      let needed = try elementCount(tensor, entry: entry.name, images: count)
      guard input.count == needed else {
        throw ModelError.otherCount(
          entry: entry.name, argument: tensor.name, needed: needed, found: input.count)
      }
    }
    guard inputs.count == entry.arguments.count else {
      let there = entry.arguments.map(\.name)
      let unknown = inputs.keys.filter { !there.contains($0) }.sorted()
      throw ModelError.unknownArgument(
        entry: entry.name, argument: unknown.joined(separator: ", "), there: there)
    }
  }

  private func elementCount(_ tensor: Manifest.Tensor, entry: String, images: Int) throws -> Int {
    guard let count = tensor.elementCount(images: images), count <= Manifest.largestRegion / 4 else {
      throw ModelError.countOutOfRange(entry: entry, count: images)
    }
    return count
  }

  /// Lays arguments and results out one behind the other and returns where each begins.
  private func stage(_ entry: Manifest.Entry, sizes: [Int]) throws -> [Int] {
    var offsets: [Int] = []
    var end = 0
    for (tensor, size) in zip(entry.arguments + entry.results, sizes) {
      offsets.append(end)
      let bytes = size * tensor.element.size
      end += (bytes + AlignedMemory.alignment - 1) / AlignedMemory.alignment * AlignedMemory.alignment
    }
    if staging.bytes < end { staging = try AlignedMemory(bytes: end) }
    return offsets
  }

  private func reserveArena(for entry: Manifest.Entry, images: Int) throws {
    guard let bytes = entry.arena.bytes(images: images, blockImages: manifest.target.blockImages) else {
      throw ModelError.countOutOfRange(entry: entry.name, count: images)
    }
    if arena.bytes < bytes { arena = try AlignedMemory(bytes: bytes) }
  }
}
