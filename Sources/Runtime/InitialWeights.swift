import Artifact

/// What a run began with besides random numbers: the tensors of a checkpoint, of this model or of another.
public struct InitialWeights: Codable, Equatable, Sendable {
  /// The file.
  public var path: String
  /// SHA-256 of the file, in hex.
  public var digest: String
  /// How many of its tensors were taken.
  public var tensors: Int

  public init(path: String, digest: String, tensors: Int) {
    self.path = path
    self.digest = digest
    self.tensors = tensors
  }
}

extension ModelInstance {
  /// Takes from a checkpoint what has a tensor of the same name there: of a model that uses parts of others, the weights of these parts, of
  /// any other model all weights. The rest stays as it is. Nothing changes where something does not fit.
  ///
  /// - Throws: `CheckpointError` where a tensor has another shape, where there is none to take, or where one is missing that the model
  ///   takes over frozen.
  public func initialize(from path: String) throws -> InitialWeights {
    let reader = try SafetensorsReader(path)
    let used = manifest.weights.filter { $0.origin != nil }
    let there = (used.isEmpty ? manifest.weights : used).filter { reader.tensor($0.name) != nil }
    let missing = (manifest.frozen ?? []).map(\.name).filter { reader.tensor($0) == nil }
    guard missing.isEmpty else {
      throw CheckpointError.missingFrozen(path: path, model: manifest.name, tensors: missing)
    }
    guard !there.isEmpty else { throw CheckpointError.nothingInCommon(path: path, model: manifest.name) }
    let values = try there.map { try Self.read($0.name, shape: $0.shape, from: reader) }
    for (parameter, values) in zip(there, values) { try set(parameter.name, to: values) }
    return InitialWeights(path: path, digest: SHA256.hex(of: try readFile(path)), tensors: there.count)
  }
}
