/// Makes an op a layer of the language by the same name: an elementwise op of one operand, whose attributes are numbers of 0
/// or above and become the layer's arguments. The language's tables, its documentation, the lint rules, the editors' grammars and
/// the tests find it here.
public struct ActivationLayer: Sendable {
  /// Where the results lie.
  public enum Range: Sendable {
    case all
    /// Above 0 and below 1.
    case unit
    /// Above -1 and below 1.
    case symmetric
    case positive
    case nonnegative
    /// Below 0 for some numbers, but never far.
    case hardlyNegative
  }

  public let range: Range
  /// Other libraries' names for it, in lower case: a model that has one is told ours.
  public let otherNames: [String]
  /// Results that are known from elsewhere, with the attributes of the op's example.
  public let points: [(x: Double, y: Double)]
}

extension OpDefinition {
  /// The same op, which models may write as a layer.
  func asLayer(
    _ range: ActivationLayer.Range, otherNames: [String] = [], points: [(x: Double, y: Double)]
  ) -> OpDefinition {
    var definition = self
    definition.layer = ActivationLayer(range: range, otherNames: otherNames, points: points)
    return definition
  }
}

extension OpTable {
  /// The ops that models may write as layers.
  public static let activations = standard.definitions.filter { $0.layer != nil }
}
