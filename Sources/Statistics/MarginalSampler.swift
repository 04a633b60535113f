import Random

/// Codes whose coordinates are drawn each by itself from those of given codes: the product of their marginals.
public struct MarginalSampler: Sendable {
  private let codes: Matrix

  /// - Throws: `StatisticsError.tooFew` for no codes.
  public init(_ codes: Matrix) throws {
    guard codes.rows > 0 else { throw StatisticsError.tooFew(what: "the marginals", needed: 1, found: 0) }
    self.codes = codes
  }

  public func sample(_ count: Int, seed: UInt64) -> Matrix {
    let stream = RandomStream(seed: seed, domain: .sample, stream: streamIdentifier(of: "marginals"))
    return Matrix(rows: count, columns: codes.columns) { point, column in
      let position = stream.uniform(element: column, image: UInt32(truncatingIfNeeded: point))
      return codes[min(codes.rows - 1, Int(position * Double(codes.rows))), column]
    }
  }
}
