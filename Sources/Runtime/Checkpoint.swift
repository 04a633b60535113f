import Artifact
import Foundation

/// Why weights cannot be taken from a file, and what helps.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  case noParameter(model: String, parameter: String)
  case missing(path: String, model: String, tensors: [String])
  case otherShape(path: String, tensor: String, found: [Int], needed: [Int])

  public var description: String {
    switch self {
    case .noParameter(let model, let parameter):
      return "\(model) has no parameter \(parameter): 'vaec ir' lists its parameters"
    case .missing(let path, let model, let tensors):
      let names = tensors.prefix(3).joined(separator: ", ") + (tensors.count > 3 ? ", ..." : "")
      return
        "\(path) holds no weights of \(model), it lacks \(names): name a file that was trained with this model"
    case .otherShape(let path, let tensor, let found, let needed):
      return "\(path): \(tensor) has the shape \(found) and the model's has \(needed): "
        + "compile the model with the sizes that it was trained with"
    }
  }
}

/// Where training stands: the metadata of a checkpoint.
public struct TrainingPosition: Equatable, Sendable {
  /// Epochs finished.
  public var epoch: Int
  /// Optimizer steps done.
  public var step: Int
  public var seed: UInt64

  public init(epoch: Int = 0, step: Int = 0, seed: UInt64) {
    self.epoch = epoch
    self.step = step
    self.seed = seed
  }

  /// The metadata's text form.
  var metadata: [String: String] { ["epoch": String(epoch), "step": String(step), "seed": String(seed)] }

  /// Reads the metadata, where all of it is there and makes sense.
  init?(metadata: [String: String]) {
    guard let epoch = metadata["epoch"].flatMap({ Int($0) }), epoch >= 0,
      let step = metadata["step"].flatMap({ Int($0) }), step >= 0,
      let seed = metadata["seed"].flatMap({ UInt64($0) })
    else { return nil }
    self.init(epoch: epoch, step: step, seed: seed)
  }
}

extension ModelInstance {
  /// Writes the weights, and the state of training where there is one, atomically as safetensors.
  public func save(to path: String, position: TrainingPosition) throws {
    var tensors = manifest.parameters.map { parameter in
      TensorToWrite(parameter.name, Array(floats(of: parameter)), shape: parameter.shape)
    }
    if let state {
      tensors += manifest.state.map { tensor in
        let values = state.floats(offset: tensor.offset, count: checkedProduct(tensor.shape) ?? 0)
        return TensorToWrite(tensor.name, Array(values), shape: tensor.shape)
      }
    }
    var metadata = position.metadata
    metadata["model"] = manifest.name
    metadata["digest"] = manifest.digest
    try Safetensors.write(tensors, metadata: metadata, to: path)
  }

  /// Takes weights from a file, and the state of training where the file has all of it (it is zero otherwise). Tensors
  /// of other names are left alone. Nothing changes where something does not fit.
  /// - Returns: where training stood, if the file says so.
  @discardableResult
  public func load(from path: String) throws -> TrainingPosition? {
    let reader = try SafetensorsReader(path)
    let missing = manifest.parameters.map(\.name).filter { reader.tensor($0) == nil }
    guard missing.isEmpty else {
      throw CheckpointError.missing(path: path, model: manifest.name, tensors: missing)
    }
    let values = try manifest.parameters.map { parameter in
      try Self.read(parameter.name, shape: parameter.shape, from: reader)
    }
    let hasState = !manifest.state.isEmpty && manifest.state.allSatisfy { reader.tensor($0.name) != nil }
    let stateValues =
      hasState ? try manifest.state.map { try Self.read($0.name, shape: $0.shape, from: reader) } : []
    clearState()
    for (parameter, values) in zip(manifest.parameters, values) { try set(parameter.name, to: values) }
    if hasState {
      let state = try makeState()
      for (tensor, values) in zip(manifest.state, stateValues) {
        let target = state.floats(offset: tensor.offset, count: values.count)
        for index in values.indices { target[index] = values[index] }
      }
    }
    return TrainingPosition(metadata: reader.metadata)
  }

  private static func read(_ name: String, shape: [Int], from reader: SafetensorsReader) throws -> [Float] {
    guard let found = reader.tensor(name)?.shape, found == shape else {
      throw CheckpointError.otherShape(
        path: reader.path, tensor: name, found: reader.tensor(name)?.shape ?? [], needed: shape)
    }
    return try reader.floats(of: name)
  }
}
