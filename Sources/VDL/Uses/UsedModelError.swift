/// Why the text of a model that another uses cannot be had.
public enum UsedModelError: Error, Equatable, CustomStringConvertible {
  case notAtHand(String)

  public var description: String {
    switch self {
    case .notAtHand(let name): "the text of \(name) is not at hand"
    }
  }
}
