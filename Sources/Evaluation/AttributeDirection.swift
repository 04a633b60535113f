public import Statistics

/// The way from codes of images without a property to those with it: the difference of their means (White: "Sampling
/// generative networks", 2016, section 3; Larsen et al.: "Autoencoding beyond pixels", 2016, section 4.1.2).
public struct AttributeDirection: Sendable {
  public let difference: [Double]
  /// Halfway between both means.
  public let middle: [Double]
  /// Images with the property and without it.
  public let with: Int
  public let without: Int

  /// Nil where no image has the property, or all have.
  public init?(codes: Matrix, has: [Bool]) {
    guard has.count == codes.rows else { return nil }
    var sums = (
      with: [Double](repeating: 0, count: codes.columns), without: [Double](repeating: 0, count: codes.columns)
    )
    for (row, isWith) in has.enumerated() {
      for (column, value) in codes.row(row).enumerated() {
        if isWith { sums.with[column] += value } else { sums.without[column] += value }
      }
    }
    let with = has.count { $0 }
    let without = has.count - with
    guard with > 0, without > 0 else { return nil }
    let means = (sums.with.map { $0 / Double(with) }, sums.without.map { $0 / Double(without) })
    difference = zip(means.0, means.1).map { $0 - $1 }
    middle = zip(means.0, means.1).map { ($0 + $1) / 2 }
    self.with = with
    self.without = without
  }

  /// The Euclidean distance of both means.
  public var length: Double { difference.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// A code moved by `share` of the difference.
  public func moved(_ code: [Double], by share: Double) -> [Double] {
    zip(code, difference).map { $0 + share * $1 }
  }

  /// How well the side of the middle on which a code lies tells the property: the mean of the share of codes with it that lie
  /// on its side, and of those without it on the other; 0.5 is chance. Nil where there are codes of one kind alone.
  public func balancedAccuracy(codes: Matrix, has: [Bool]) -> Double? {
    guard has.count == codes.rows, codes.columns == difference.count else { return nil }
    var (right, all) = ([0, 0], [0, 0])
    for (row, isWith) in has.enumerated() {
      var side = 0.0
      for (column, value) in codes.row(row).enumerated() {
        side += (value - middle[column]) * difference[column]
      }
      all[isWith ? 1 : 0] += 1
      if (side > 0) == isWith { right[isWith ? 1 : 0] += 1 }
    }
    guard all[0] > 0, all[1] > 0 else { return nil }
    return (Double(right[0]) / Double(all[0]) + Double(right[1]) / Double(all[1])) / 2
  }
}
