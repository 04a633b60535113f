import IR
import Random

extension Module {
  /// The values that parameters and state begin with under a seed: the numbers that a compiled model is trained from, rounded
  /// to float32 as it holds them.
  ///
  /// Element e of a parameter is element e of its own stream: uniform, `bound * (2u - 1)`, or normal, scaled.
  /// - Throws: `TypeError` where a shape is not known yet.
  public func initialValues(seed: UInt64) throws -> [String: HostTensor] {
    var values: [String: HostTensor] = [:]
    for global in globals {
      guard global.type.isComplete, let count = global.type.elementsPerImage else {
        throw TypeError("the shape of @\(global.name), \(global.type), is not known yet: infer shapes first")
      }
      let stream = RandomStream(seed: seed, domain: .initialize, stream: streamIdentifier(of: global.name))
      let distribution = try initialDistribution(of: global)
      let data = (0..<count).map { Double(Float(distribution.draw(element: $0, from: stream))) }
      values[global.name] = HostTensor(shape: global.type.extents, data: data)
    }
    return values
  }
}

extension InitialDistribution {
  fileprivate func draw(element: Int, from stream: RandomStream) -> Double {
    switch self {
    case .constant(let value): value
    case .uniform(let bound): bound * (2 * stream.uniform(element: element) - 1)
    case .normal(let deviation): deviation * stream.normal(element: element)
    }
  }
}
