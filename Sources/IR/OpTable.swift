/// The ops by name. There is one table; adding an op adds its definition to one of the families below.
public struct OpTable: Sendable {
  public let definitions: [OpDefinition]
  private let byName: [String: Int]

  public init(_ definitions: [OpDefinition]) {
    self.definitions = definitions
    byName = Dictionary(
      definitions.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  public subscript(name: String) -> OpDefinition? { byName[name].map { definitions[$0] } }

  public static let standard = OpTable(
    leafOps + bfloat16Ops + activationOps + arithmeticOps + probabilityOps + normalDistributionOps
      + optimizerOps
      + reductionOps
      + shapeOps + denseOps + convolutionOps + pairwiseOps + poolingOps + channelOps + categoricalOps
      + codebookOps
      + normalizationOps + randomOps + sampleOps + fusedLikelihoodOps + fusedLatentOps + mapOps + [
        gradientOp, jacobianNormOp,
      ])
}
