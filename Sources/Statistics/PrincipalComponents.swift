/// Principal components of points: the directions of most variance, in falling order (Pearson 1901; Hotelling 1933), from the
/// eigenvectors of the covariance.
public struct PrincipalComponents: Sendable {
  public let mean: [Double]
  /// One direction of unit length a row.
  public let components: Matrix
  /// The variance along each direction (with divisor n - 1).
  public let variances: [Double]

  /// The share of all variance that each direction has; zeros where the points are all the same.
  public var explained: [Double] {
    let total = variances.reduce(0, +)
    return variances.map { total > 0 ? $0 / total : 0 }
  }

  public init(of points: Matrix) throws {
    try self.init(rows: points.rows, columns: points.columns) { range in
      Array(points.values[range.lowerBound * points.columns..<range.upperBound * points.columns])
    }
  }

  /// Of points that are given a few thousand at a time, twice: for the mean, then for the covariance.
  /// - Parameter block: the values of these points, row by row.
  public init(rows: Int, columns: Int, block: (Range<Int>) throws -> [Double]) throws {
    guard rows >= 2, columns >= 1 else {
      throw StatisticsError.tooFew(what: "a principal component analysis", needed: 2, found: rows)
    }
    let library = try OpenBLAS.required()
    var mean = [Double](repeating: 0, count: columns)
    try Self.forEachBlock(rows, columns, block) { values, count in
      for row in 0..<count { for column in 0..<columns { mean[column] += values[row * columns + column] } }
    }
    for column in 0..<columns { mean[column] /= Double(rows) }
    guard mean.allSatisfy(\.isFinite) else {
      throw StatisticsError.notFinite(what: "a principal component analysis")
    }
    var covariance = [Double](repeating: 0, count: columns * columns)
    try Self.forEachBlock(rows, columns, block) { values, count in
      var centred = values
      for row in 0..<count { for column in 0..<columns { centred[row * columns + column] -= mean[column] } }
      _ = library.addProduct(transposed: centred, centred, m: columns, n: columns, k: count, to: &covariance)
    }
    for index in covariance.indices { covariance[index] /= Double(rows - 1) }
    guard let (values, vectors) = library.eigen(symmetric: covariance, n: columns) else {
      throw StatisticsError.noConvergence(what: "a principal component analysis")
    }
    self.mean = mean
    // A direction's sign is arbitrary: its largest element is made positive, so that pictures repeat.
    components = Matrix(
      unchecked: columns, columns,
      (0..<columns).reversed().flatMap { row in
        let vector = vectors[row * columns..<(row + 1) * columns]
        let largest = vector.max { abs($0) < abs($1) } ?? 0
        return largest < 0 ? vector.map { -$0 } : Array(vector)
      })
    variances = values.reversed().map { max(0, $0) }
  }

  /// The number of directions that have this share of the variance together.
  public func count(explaining share: Double) -> Int {
    var sum = 0.0
    for (index, part) in explained.enumerated() {
      sum += part
      if sum >= share { return index + 1 }
    }
    return variances.count
  }

  /// Coordinates [n, count] of points along the first directions.
  public func project(_ points: Matrix, count: Int) throws -> Matrix {
    let count = min(count, components.rows)
    guard points.columns == mean.count else { throw StatisticsError.shape(what: "the projection") }
    let library = try OpenBLAS.required()
    let centred = Matrix(rows: points.rows, columns: points.columns) { points[$0, $1] - mean[$1] }
    let axes = Array(components.values[0..<count * mean.count])
    guard
      let values = library.product(centred.values, transposed: axes, m: points.rows, n: count, k: mean.count)
    else { throw StatisticsError.shape(what: "the projection") }
    return Matrix(unchecked: points.rows, count, values)
  }

  /// Points from their coordinates along the first directions.
  public func reconstruct(_ coordinates: Matrix) throws -> Matrix {
    let count = coordinates.columns
    guard count <= components.rows else { throw StatisticsError.shape(what: "the reconstruction") }
    let library = try OpenBLAS.required()
    var transposed: [Double] = []
    transposed.reserveCapacity(count * mean.count)
    for column in mean.indices { for row in 0..<count { transposed.append(components[row, column]) } }
    guard
      var values = library.product(
        coordinates.values, transposed: transposed, m: coordinates.rows, n: mean.count, k: count)
    else { throw StatisticsError.shape(what: "the reconstruction") }
    for index in values.indices { values[index] += mean[index % mean.count] }
    return Matrix(unchecked: coordinates.rows, mean.count, values)
  }

  private static let blockRows = 4096

  private static func forEachBlock(
    _ rows: Int, _ columns: Int, _ block: (Range<Int>) throws -> [Double], _ body: ([Double], Int) -> Void
  ) throws {
    for start in stride(from: 0, to: rows, by: blockRows) {
      let range = start..<min(start + blockRows, rows)
      let values = try block(range)
      guard values.count == range.count * columns else {
        throw StatisticsError.shape(what: "a principal component analysis")
      }
      body(values, range.count)
    }
  }
}
