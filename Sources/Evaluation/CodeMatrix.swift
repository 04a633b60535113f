public import Statistics

extension Matrix {
  /// Codes, one behind the other, as points; nil where they are no whole number of codes.
  public init?(codes: [Float], size: Int) {
    guard size > 0, codes.count.isMultiple(of: size) else { return nil }
    self.init(rows: codes.count / size, columns: size, values: codes.map(Double.init))
  }

  /// The values as the codes of a model.
  public var codes: [Float] { values.map { Float($0) } }
}
