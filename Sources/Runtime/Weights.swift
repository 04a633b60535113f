import Artifact
import Random

extension ModelInstance {
  /// Gives every parameter and statistic its first value and makes the state of training zero. The numbers depend on the seed and
  /// the parameter's name alone: element e is `bound * (2u - 1)` or `std * n`, with u and n the stream's uniform and
  /// normal numbers of element e.
  public func initialize(seed: UInt64) {
    clearState()
    for parameter in manifest.weights {
      let stream = RandomStream(seed: seed, domain: .initialize, stream: streamIdentifier(of: parameter.name))
      let values = floats(of: parameter)
      switch parameter.initializer {
      case .uniform(let bound):
        fill(values) {
          stream.uniforms(block: $0)
        } with: {
          Float(bound * (2 * $0 - 1))
        }
      case .normal(let standardDeviation):
        fill(values) {
          stream.normals(block: $0)
        } with: {
          Float(standardDeviation * $0)
        }
      case .constant(let value):
        for e in values.indices { values[e] = Float(value) }
      }
    }
  }

  /// Fills values from a stream's blocks of four numbers.
  private func fill(
    _ values: UnsafeMutableBufferPointer<Float>, block: (UInt32) -> SIMD4<Double>, with value: (Double) -> Float
  ) {
    for start in stride(from: 0, to: values.count, by: 4) {
      let four = block(UInt32(truncatingIfNeeded: start / 4))
      for lane in 0..<min(4, values.count - start) { values[start + lane] = value(four[lane]) }
    }
  }

  /// A parameter's or statistic's values.
  public func values(of parameter: String) throws -> [Float] {
    Array(floats(of: try find(parameter)))
  }

  /// Sets a parameter's or statistic's values.
  public func set(_ parameter: String, to values: [Float]) throws {
    let target = floats(of: try find(parameter))
    guard target.count == values.count else {
      throw ModelError.otherCount(
        entry: manifest.name, argument: parameter, needed: target.count, found: values.count)
    }
    for index in values.indices { target[index] = values[index] }
  }

  /// Whether no weight is NaN or infinite.
  public var weightsAreFinite: Bool {
    manifest.weights.allSatisfy { parameter in floats(of: parameter).allSatisfy(\.isFinite) }
  }

  private func find(_ name: String) throws -> Manifest.Parameter {
    guard let parameter = manifest.weights.first(where: { $0.name == name }) else {
      throw CheckpointError.noParameter(model: manifest.name, parameter: name)
    }
    return parameter
  }

  /// The parameter's memory; it lives as long as this instance.
  func floats(of parameter: Manifest.Parameter) -> UnsafeMutableBufferPointer<Float> {
    weights.floats(offset: parameter.offset, count: checkedProduct(parameter.shape) ?? 0)
  }
}
