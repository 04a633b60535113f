/// How a parameter begins.
public enum Initializer: Sendable, Equatable {
  case constant(Double)
  /// N(0, standardDeviation^2).
  case normal(standardDeviation: Double)
  /// Drawn from an interval or a width that follows from the extents of the weight of that name. A bias may name its weight.
  case scaled(InitializerScale, of: String)

  public static func fanInUniform(of weight: String) -> Self { .scaled(.fanInUniform, of: weight) }
  public static func glorotUniform(of weight: String) -> Self { .scaled(.glorotUniform, of: weight) }
  public static func heNormal(of weight: String) -> Self { .scaled(.heNormal, of: weight) }
}

/// How the first numbers of a weight are scaled by its extents, with fan_in = extent 1 x receptive field and fan_out = extent 0 x
/// receptive field. The raw value is the word in the text form.
public enum InitializerScale: String, Sendable, CaseIterable {
  /// U(-a, a), a = 1/sqrt(fan_in): PyTorch's default for dense and convolution layers and their biases.
  case fanInUniform = "fan_in_uniform"
  /// U(-a, a), a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, equation 16).
  case glorotUniform = "glorot_uniform"
  /// N(0, 2 / (fan_in + fan_out)) (Glorot and Bengio 2010, equation 12).
  case glorotNormal = "glorot_normal"
  /// U(-a, a), a = sqrt(6 / fan_in): the variance of `he_normal`.
  case heUniform = "he_uniform"
  /// N(0, 2 / fan_in) (He et al. 2015, equation 10).
  case heNormal = "he_normal"

  func distribution(fanIn: Int, fanOut: Int) -> InitialDistribution {
    let (fanIn, fanOut) = (Double(fanIn), Double(fanOut))
    switch self {
    case .fanInUniform: return .uniform(bound: 1 / fanIn.squareRoot())
    case .glorotUniform: return .uniform(bound: (6 / (fanIn + fanOut)).squareRoot())
    case .glorotNormal: return .normal(standardDeviation: (2 / (fanIn + fanOut)).squareRoot())
    case .heUniform: return .uniform(bound: (6 / fanIn).squareRoot())
    case .heNormal: return .normal(standardDeviation: (2 / fanIn).squareRoot())
    }
  }
}

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
    case .normal(let deviation): return .normal(standardDeviation: deviation)
    case .scaled(let scale, let weight):
      let (fanIn, fanOut) = try fans(of: weight)
      return scale.distribution(fanIn: fanIn, fanOut: fanOut)
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
