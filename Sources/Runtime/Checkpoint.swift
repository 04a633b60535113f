import Artifact
import Foundation

/// Why weights cannot be taken from a file, and what helps.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  case noParameter(model: String, parameter: String)
  case missing(path: String, model: String, tensors: [String])
  case otherShape(path: String, tensor: String, found: [Int], needed: [Int])
  /// The file has weights and not what training needs to go on.
  case notResumable(path: String)
  /// The file has nothing that the model could begin with.
  case nothingInCommon(path: String, model: String)
  /// The file lacks what the model takes over and leaves as it is.
  case missingFrozen(path: String, model: String, tensors: [String])
  /// Another compilation wrote the file.
  case otherModel(path: String, model: String)

  public var description: String {
    switch self {
    case .noParameter(let model, let parameter):
      return "\(model) has no parameter \(parameter): 'vaec ir' lists its parameters"
    case .missing(let path, let model, let tensors):
      return
        "\(path) holds no weights of \(model), it lacks \(Self.list(tensors)): name a file that was trained with this model"
    case .nothingInCommon(let path, let model):
      return
        "\(path) has no tensor of a name that \(model) has: name a run of a model whose parts have the same names"
    case .missingFrozen(let path, let model, let tensors):
      return
        "\(path) lacks \(Self.list(tensors)), which \(model) takes over frozen: name a run of the model that the part is of"
    case .otherShape(let path, let tensor, let found, let needed):
      return "\(path): \(tensor) has the shape \(found) and the model's has \(needed): "
        + "compile the model with the sizes that it was trained with"
    case .notResumable(let path):
      return "\(path) does not say where training stood: take the last.safetensors of a run of this vaerun"
    case .otherModel(let path, let model):
      return
        "\(path) was trained with another compilation of \(model): go on with the model that it was trained with, "
        + "or begin a new run"
    }
  }

  private static func list(_ tensors: [String]) -> String {
    tensors.prefix(3).joined(separator: ", ") + (tensors.count > 3 ? ", ..." : "")
  }
}

extension ModelInstance {
  /// Writes the weights, statistics among them, and the state of training where there is one, atomically as safetensors.
  public func save(to path: String, state training: TrainingState) throws {
    var tensors = weightTensors
    if let state {
      tensors += manifest.state.map { tensor in
        let values = state.floats(offset: tensor.offset, count: checkedProduct(tensor.shape) ?? 0)
        return TensorToWrite(tensor.name, Array(values), shape: tensor.shape)
      }
    }
    let metadata = try training.metadata.merging(identity) { $1 }
    try Safetensors.write(tensors, metadata: metadata, to: path)
  }

  /// Writes the weights alone, statistics among them, atomically as safetensors.
  public func saveWeights(to path: String) throws {
    try Safetensors.write(weightTensors, metadata: identity, to: path)
  }

  /// Writes the memory of the weights as it is, for C programs that read it back: `weightsBytes` of the manifest.
  public func writeWeightMemory(to path: String) throws {
    try AtomicFile.write(to: path) { sink in
      try sink.write(UnsafeRawBufferPointer(start: weights.start, count: manifest.weightsBytes))
    }
  }

  private var identity: [String: String] { ["model": manifest.name, "digest": manifest.digest] }

  private var weightTensors: [TensorToWrite] {
    manifest.weights.map { parameter in
      TensorToWrite(parameter.name, Array(floats(of: parameter)), shape: parameter.shape)
    }
  }

  /// Takes weights from a file, and the state of training where the file has all of it (it is zero otherwise). Tensors
  /// of other names are left alone. Nothing changes where something does not fit.
  /// - Returns: where training stood, if the file says so.
  @discardableResult
  public func load(from path: String) throws -> TrainingPosition? {
    let reader = try SafetensorsReader(path)
    let missing = manifest.weights.map(\.name).filter { reader.tensor($0) == nil }
    guard missing.isEmpty else {
      throw CheckpointError.missing(path: path, model: manifest.name, tensors: missing)
    }
    let values = try manifest.weights.map { parameter in
      try Self.read(parameter.name, shape: parameter.shape, from: reader)
    }
    let hasState = !manifest.state.isEmpty && manifest.state.allSatisfy { reader.tensor($0.name) != nil }
    let stateValues =
      hasState ? try manifest.state.map { try Self.read($0.name, shape: $0.shape, from: reader) } : []
    clearState()
    for (parameter, values) in zip(manifest.weights, values) { try set(parameter.name, to: values) }
    if hasState {
      let state = try makeState()
      for (tensor, values) in zip(manifest.state, stateValues) {
        let target = state.floats(offset: tensor.offset, count: values.count)
        for index in values.indices { target[index] = values[index] }
      }
    }
    return TrainingPosition(metadata: reader.metadata)
  }

  /// Takes weights and all state of training from a checkpoint, to go on from there with the same bits.
  /// - Throws: `CheckpointError` where another compilation wrote the file or something is missing.
  public func resume(from path: String) throws -> TrainingState {
    let reader = try SafetensorsReader(path)
    guard let digest = reader.metadata["digest"], let training = TrainingState(metadata: reader.metadata) else {
      throw CheckpointError.notResumable(path: path)
    }
    guard digest == manifest.digest else {
      throw CheckpointError.otherModel(path: path, model: manifest.name)
    }
    // Before the first step there are no moments yet.
    let complete = training.position.step == 0 || manifest.state.allSatisfy { reader.tensor($0.name) != nil }
    guard complete else { throw CheckpointError.notResumable(path: path) }
    try load(from: path)
    return training
  }

  static func read(_ name: String, shape: [Int], from reader: SafetensorsReader) throws -> [Float] {
    guard let found = reader.tensor(name)?.shape, found == shape else {
      throw CheckpointError.otherShape(
        path: reader.path, tensor: name, found: reader.tensor(name)?.shape ?? [], needed: shape)
    }
    return try reader.floats(of: name)
  }
}
