/// What the grammar and the design know and no op stands behind yet: refused by name, not as unknown.
public enum PlannedConstructs {
  /// Names that are refused, by what they would be.
  public enum Kind: String, Sendable, CaseIterable {
    case declaration = "declarations"
    case inputType = "types of inputs"
    case layer = "layers"
    case distribution = "distributions"
    case term = "terms of the objective"

    public var names: [String] {
      switch self {
      case .declaration: []
      case .inputType: ["vector"]
      case .layer:
        []
      case .distribution: []
      case .term: []
      }
    }

    func contains(_ name: String) -> Bool { names.contains(name) }
  }

  /// Uses of what there is that are refused; the raw value is what messages call them.
  public enum Form: String, Sendable, CaseIterable {
    case secondImage = "a second image as input"
    case secondClass = "a second class as input"

    var message: String { "\(rawValue) is not supported yet" }
  }

  static func message(_ name: String) -> String { "'\(name)' is not supported yet" }
}
