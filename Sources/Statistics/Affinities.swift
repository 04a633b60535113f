#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How near points count as to each other: p(i, j) of t-SNE, symmetric, sparse, summing to 1 (van der Maaten 2014,
/// section 4.1).
package struct Affinities: Sendable {
  /// Row i's entries are `starts[i] ..< starts[i + 1]`.
  private let starts: [Int]
  private let columns: [Int32]
  private let values: [Double]
  /// The sum of p log p.
  let negativeEntropy: Double

  init(of points: Matrix, perplexity: Double, neighbors: Int, threads: Int) throws {
    let search = try NearestNeighbors(points)
    let nearest = try search.nearest(neighbors, to: points, excludingSelf: true, threads: threads)
    let conditionals = parallelRuns(points.rows, threads: threads) { run in
      run.map { Self.conditional(nearest[$0].map(\.squaredDistance), perplexity: perplexity) }
    }.flatMap { $0 }
    var rows: [[(column: Int32, value: Double)]] = Array(repeating: [], count: points.rows)
    let scale = 1 / (2 * Double(points.rows))
    for (point, list) in nearest.enumerated() {
      for (neighbor, probability) in zip(list, conditionals[point]) {
        rows[point].append((Int32(truncatingIfNeeded: neighbor.index), probability * scale))
        rows[neighbor.index].append((Int32(truncatingIfNeeded: point), probability * scale))
      }
    }
    var starts = [0]
    var columns: [Int32] = []
    var values: [Double] = []
    for row in rows {
      for entry in row.sorted(by: { $0.column < $1.column }) {
        if columns.count > starts[starts.count - 1], columns[columns.count - 1] == entry.column {
          values[values.count - 1] += entry.value
        } else {
          columns.append(entry.column)
          values.append(entry.value)
        }
      }
      starts.append(columns.count)
    }
    negativeEntropy = values.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
    self.starts = starts
    self.columns = columns
    self.values = values
  }

  /// p(j | i) over a point's neighbours, with the width of the Gaussian that gives the perplexity.
  package static func conditional(_ squaredDistances: [Double], perplexity: Double) -> [Double] {
    let nearest = squaredDistances.min() ?? 0
    let wanted = log(perplexity)
    var (low, high, precision) = (0.0, Double.infinity, 1.0)
    var weights: [Double] = []
    for _ in 0..<100 {
      weights = squaredDistances.map { exp(-precision * ($0 - nearest)) }
      let sum = weights.reduce(0, +)
      let mean = zip(weights, squaredDistances).reduce(0) { $0 + $1.0 * ($1.1 - nearest) } / sum
      let entropy = log(sum) + precision * mean
      if abs(entropy - wanted) < 1e-6 { break }
      if entropy > wanted {
        low = precision
        precision = high.isInfinite ? precision * 2 : (precision + high) / 2
      } else {
        high = precision
        precision = (precision + low) / 2
      }
      // Points that are all the same have one entropy whatever the width.
      if !precision.isFinite || precision == 0 { break }
    }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// The sum over the points near a point of p / (1 + d^2) times the difference.
  func attraction(of point: Int, x: [Double], y: [Double]) -> (x: Double, y: Double) {
    var sum = (x: 0.0, y: 0.0)
    for index in starts[point]..<starts[point + 1] {
      let other = Int(columns[index])
      let (dx, dy) = (x[point] - x[other], y[point] - y[other])
      let force = values[index] / (1 + dx * dx + dy * dy)
      sum.x += force * dx
      sum.y += force * dy
    }
    return sum
  }

  /// The sum over all pairs of p log(1 + d^2), which the divergence needs.
  func spread(x: [Double], y: [Double], threads: Int) -> Double {
    let points = starts.count - 1
    let sums = parallelRuns(points, threads: threads) { run in
      run.map { point in
        (starts[point]..<starts[point + 1]).reduce(0.0) { sum, index in
          let other = Int(columns[index])
          let (dx, dy) = (x[point] - x[other], y[point] - y[other])
          return sum + values[index] * log1p(dx * dx + dy * dy)
        }
      }
    }
    // Point by point, so that the number of threads does not change the sum.
    return sums.joined().reduce(0, +)
  }
}
