/// What the grammar and the design know and no op stands behind yet: refused by name, not as unknown.
public enum PlannedConstructs {
  /// Names that are refused, by what they would be.
  public enum Kind: String, Sendable, CaseIterable {
    case declaration = "declarations"
    case inputType = "types of inputs"
    case layer = "layers"
    case distribution = "distributions"
    case term = "terms of the objective"
    case optimizer = "optimizers"

    public var names: [String] {
      switch self {
      case .declaration: ["corrupt", "use"]
      case .inputType: ["class", "vector"]
      case .layer:
        ["layer_norm", "dropout", "concat", "slice", "one_hot", "stop_gradient", "quantize"]
      case .distribution: ["categorical"]
      case .term: ["iwae"]
      case .optimizer: ["adagrad", "adamw", "rmsprop", "sgd"]
      }
    }

    func contains(_ name: String) -> Bool { names.contains(name) }
  }

  /// Uses of what there is that are refused; the raw value is what messages call them.
  public enum Form: String, Sendable, CaseIterable {
    case secondImage = "a second image as input"
    case conditionalPrior = "a prior with a condition"
    case computedPrior = "a prior that computes"
    case otherPrior = "a prior other than normal(mean: 0, std: 1)"
    case stridedSamePadding = "'pad: same' with a stride above 1"

    var message: String { "\(rawValue) is not supported yet" }
  }

  static func message(_ name: String) -> String { "'\(name)' is not supported yet" }
}
