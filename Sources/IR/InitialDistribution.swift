/// What the initial numbers of a global are drawn from: its initializer with the extents put in.
public enum InitialDistribution: Sendable, Equatable {
  case constant(Double)
  /// Uniform between `-bound` and `bound`.
  case uniform(bound: Double)
  /// Normal with mean 0.
  case normal(standardDeviation: Double)
}

extension Module {
  /// The distribution of a global's initial numbers.
  ///
  /// fan_in and fan_out are those of the weight that the initializer names: extent 1 and extent 0, times the extents behind
  /// them. So PyTorch counts, for transposed convolutions too.
  /// - Throws: `TypeError` where the weight is not there or its extents are not known.
  public func initialDistribution(of global: Global) throws -> InitialDistribution {
    switch global.initializer {
    case .constant(let value): return .constant(value)
    case .fanInUniform(let weight):
      return .uniform(bound: 1 / Double(try fans(of: weight).fanIn).squareRoot())
    case .glorotUniform(let weight):
      let (fanIn, fanOut) = try fans(of: weight)
      return .uniform(bound: (6 / Double(fanIn + fanOut)).squareRoot())
    case .heNormal(let weight):
      return .normal(standardDeviation: (2 / Double(try fans(of: weight).fanIn)).squareRoot())
    }
  }

  private func fans(of name: String) throws -> (fanIn: Int, fanOut: Int) {
    guard let weight = global(name) else { throw TypeError("there is no weight '@\(name)' to initialize by") }
    let extents = weight.type.extents
    guard weight.type.isComplete, extents.count >= 2, let field = checkedProduct(Array(extents.dropFirst(2)))
    else {
      throw TypeError("the weight '@\(name)', \(weight.type), has no fan-in")
    }
    return (extents[1] * field, extents[0] * field)
  }
}
