/// Points as rows of numbers, one after the other in memory.
public struct Matrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  public private(set) var values: [Double]

  /// Nil where there are not rows x columns values.
  public init?(rows: Int, columns: Int, values: [Double]) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow, values.count == count else { return nil }
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  package init(rows: Int, columns: Int, of value: (_ row: Int, _ column: Int) -> Double) {
    self.rows = rows
    self.columns = columns
    values = []
    values.reserveCapacity(rows * columns)
    for row in 0..<rows { for column in 0..<columns { values.append(value(row, column)) } }
  }

  public subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  public func row(_ index: Int) -> ArraySlice<Double> { values[index * columns..<(index + 1) * columns] }

  /// The points of these numbers.
  public func selecting(_ indices: some Sequence<Int>) -> Matrix {
    var selected: [Double] = []
    var count = 0
    for index in indices {
      selected += row(index)
      count += 1
    }
    return Matrix(unchecked: count, columns, selected)
  }

  init(unchecked rows: Int, _ columns: Int, _ values: [Double]) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  var isFinite: Bool { values.allSatisfy(\.isFinite) }

  /// The mean of each column.
  package var columnMeans: [Double] {
    var sums = [Double](repeating: 0, count: columns)
    for row in 0..<rows { for column in 0..<columns { sums[column] += values[row * columns + column] } }
    return sums.map { rows > 0 ? $0 / Double(rows) : 0 }
  }
}
