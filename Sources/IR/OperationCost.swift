/// The work of an operation by the op table.
public struct OperationCost: Sendable, Equatable {
  public var flops: Int
  /// True where they are for each image, false where they are for the whole call.
  public var isPerImage: Bool

  public init(flops: Int, isPerImage: Bool) {
    self.flops = flops
    self.isPerImage = isPerImage
  }
}

extension Entry {
  /// What an operation costs; nil where its types are not all known.
  public func cost(of operation: Operation) -> OperationCost? {
    let operands = operation.operands.compactMap { type(of: $0) }.filter(\.isComplete)
    let results = operation.results.compactMap { type(of: $0) }.filter(\.isComplete)
    guard let definition = OpTable.standard[operation.name], operands.count == operation.operands.count,
      results.count == operation.results.count
    else { return nil }
    let samples = definition.mapsSamples ? operands.map(\.samples).max() ?? 1 : 1
    return OperationCost(
      flops: definition.flops(operands, results, operation.attributes) * samples,
      isPerImage: (operands + results).contains(where: \.isPerImage))
  }

  /// FLOPs per image of the entry's products alone: two for a multiply-add, taps in the padding counted. What an
  /// implementation skips or adds does not change the number, so it is the denominator of shares of a machine's peak.
  public var productFlopsPerImage: Int {
    operations.reduce(0) { sum, operation in
      guard OpTable.standard[operation.name]?.isProduct == true, let cost = cost(of: operation) else {
        return sum
      }
      let (total, overflow) = sum.addingReportingOverflow(cost.flops)
      return overflow ? Int.max : total
    }
  }
}
