/// The nearest of a set of points, by brute force: all distances as one product of matrices, which on tens of thousands of
/// points is faster than any tree beyond a few dimensions, and exact up to the rounding of float32.
public struct NearestNeighbors: Sendable {
  public struct Neighbor: Sendable, Equatable {
    public var index: Int
    /// The squared Euclidean distance.
    public var squaredDistance: Double
  }

  private let points: Matrix
  private let centre: [Double]
  private let singles: [Float]
  private let squares: [Float]

  /// - Throws: `StatisticsError` for points with NaN and without OpenBLAS.
  public init(_ points: Matrix) throws {
    guard points.isFinite else { throw StatisticsError.notFinite(what: "the search for neighbours") }
    _ = try OpenBLAS.required()
    self.points = points
    let centre = points.columnMeans
    self.centre = centre
    // About the centre the products are small, and so is what rounding takes from the distances.
    singles = Self.centred(points, centre)
    squares = Self.squares(singles, columns: points.columns)
  }

  /// For each query the `count` nearest points, nearest first, of equals the lower number first.
  /// - Parameter excludingSelf: query i is point i and not its own neighbour.
  public func nearest(
    _ count: Int, to queries: Matrix, excludingSelf: Bool = false, threads: Int = processorCount
  ) throws -> [[Neighbor]] {
    guard queries.columns == points.columns else {
      throw StatisticsError.shape(what: "the search for neighbours")
    }
    guard queries.isFinite else { throw StatisticsError.notFinite(what: "the search for neighbours") }
    let library = try OpenBLAS.required()
    return parallelRuns(queries.rows, threads: threads) { run in
      var found: [[Neighbor]] = []
      found.reserveCapacity(run.count)
      for start in stride(from: run.lowerBound, to: run.upperBound, by: Self.tileRows) {
        let tile = start..<min(start + Self.tileRows, run.upperBound)
        found += nearest(count, queries, tile, excludingSelf: excludingSelf, library)
      }
      return found
    }.flatMap { $0 }
  }

  private static let tileRows = 128
  private static let tileColumns = 4096

  private func nearest(
    _ count: Int, _ queries: Matrix, _ tile: Range<Int>, excludingSelf: Bool, _ library: OpenBLAS
  ) -> [[Neighbor]] {
    let columns = points.columns
    let tileQueries = Self.centred(queries.selecting(tile), centre)
    var best = Array(repeating: NearestList(capacity: count), count: tile.count)
    for start in stride(from: 0, to: points.rows, by: Self.tileColumns) {
      let end = min(start + Self.tileColumns, points.rows)
      let block = Array(singles[start * columns..<end * columns])
      guard
        let products = library.product(
          tileQueries, transposed: block, m: tile.count, n: end - start, k: columns)
      else { continue }
      for row in 0..<tile.count {
        let own = excludingSelf ? tile.lowerBound + row : -1
        let offset = row * (end - start)
        var limit = best[row].limit
        for column in 0..<end - start {
          let distance = squares[start + column] - 2 * products[offset + column]
          if distance < limit, start + column != own {
            best[row].insert(start + column, distance)
            limit = best[row].limit
          }
        }
      }
    }
    return best.enumerated().map { row, list in
      list.indices.map { index in
        Neighbor(index: index, squaredDistance: squaredDistance(queries, tile.lowerBound + row, index))
      }.sorted { ($0.squaredDistance, $0.index) < ($1.squaredDistance, $1.index) }
    }
  }

  private func squaredDistance(_ queries: Matrix, _ query: Int, _ index: Int) -> Double {
    zip(queries.row(query), points.row(index)).reduce(0) { sum, pair in
      sum + (pair.0 - pair.1) * (pair.0 - pair.1)
    }
  }

  private static func centred(_ points: Matrix, _ centre: [Double]) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(points.values.count)
    for row in 0..<points.rows {
      for column in 0..<points.columns { values.append(Float(points[row, column] - centre[column])) }
    }
    return values
  }

  private static func squares(_ values: [Float], columns: Int) -> [Float] {
    guard columns > 0 else { return [] }
    return stride(from: 0, to: values.count, by: columns).map { start in
      values[start..<start + columns].reduce(0) { $0 + $1 * $1 }
    }
  }
}

/// The least numbers that were seen, the greatest of them at the top of a heap.
private struct NearestList {
  private let capacity: Int
  private var heap: [(distance: Float, index: Int)] = []

  init(capacity: Int) { self.capacity = max(0, capacity) }

  /// What is not below this does not enter.
  var limit: Float {
    if capacity == 0 { return -.infinity }
    return heap.count < capacity ? .infinity : heap[0].distance
  }
  var indices: [Int] { heap.map(\.index) }

  mutating func insert(_ index: Int, _ distance: Float) {
    if heap.count < capacity {
      heap.append((distance, index))
      var child = heap.count - 1
      while child > 0, heap[(child - 1) / 2].distance < heap[child].distance {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
      return
    }
    heap[0] = (distance, index)
    var parent = 0
    while true {
      var largest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].distance > heap[largest].distance { largest = child }
      }
      if largest == parent { return }
      heap.swapAt(parent, largest)
      parent = largest
    }
  }
}
