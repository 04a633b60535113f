import Random

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A mixture of Gaussians with full covariances, fitted to points by expectation-maximization (Dempster, Laird, Rubin 1977)
/// from a k-means++ start (Arthur and Vassilvitskii 2007).
public struct GaussianMixture: Sendable {
  public struct Component: Sendable {
    public var weight: Double
    public var mean: [Double]
    /// The lower Cholesky factor of the covariance, row-major.
    public var factor: [Double]
  }

  public private(set) var components: [Component]
  /// The mean log-likelihood of a point, in nats, at the end.
  public private(set) var logLikelihood: Double
  private let columns: Int

  /// - Parameters:
  ///   - count: Gaussians.
  ///   - regularization: added to the variances, in units of the points' mean variance.
  public init(
    _ points: Matrix, count: Int, seed: UInt64, steps: Int = 100, regularization: Double = 1e-6,
    threads: Int = processorCount
  ) throws {
    guard points.rows > count, count > 0, points.columns > 0 else {
      throw StatisticsError.tooFew(
        what: "a mixture of \(count) Gaussians", needed: count + 1, found: points.rows)
    }
    guard points.isFinite else { throw StatisticsError.notFinite(what: "a mixture of Gaussians") }
    columns = points.columns
    let everything = Self.moments(points, responsibilities: [Double](repeating: 1, count: points.rows))
    let floor = regularization * max(Self.trace(everything.covariance, columns) / Double(columns), 1e-12)
    let whole = try Self.factor(everything.covariance, columns, adding: floor)
    components = Self.centres(points, count, seed: seed).map {
      Component(weight: 1 / Double(count), mean: $0, factor: whole)
    }
    logLikelihood = -.infinity
    for _ in 0..<steps {
      let (likelihood, responsibilities) = expectation(points, threads: threads)
      let gain = likelihood - logLikelihood
      logLikelihood = likelihood
      if gain < 1e-6 { break }
      try maximize(points, responsibilities, floor: floor)
    }
  }

  /// Points drawn from the mixture.
  public func sample(_ count: Int, seed: UInt64) -> Matrix {
    let stream = RandomStream(seed: seed, domain: .sample, stream: streamIdentifier(of: "mixture"))
    var values: [Double] = []
    for point in 0..<count {
      let image = UInt32(truncatingIfNeeded: point)
      var share = stream.uniform(element: 0, image: image)
      var chosen = components.count - 1
      for (index, component) in components.enumerated() {
        share -= component.weight
        if share < 0 {
          chosen = index
          break
        }
      }
      let component = components[chosen]
      // Sample 1 keeps the normal numbers apart from the choice.
      let noise = (0..<columns).map { stream.normal(element: $0, image: image, sample: 1) }
      for row in 0..<columns {
        var value = component.mean[row]
        for column in 0...row { value += component.factor[row * columns + column] * noise[column] }
        values.append(value)
      }
    }
    return Matrix(unchecked: count, columns, values)
  }

  /// The mean log-likelihood, and each component's share of each point, component by component.
  private func expectation(_ points: Matrix, threads: Int) -> (Double, [[Double]]) {
    let components = components
    let runs = parallelRuns(points.rows, threads: threads) { run in
      run.map { row -> (logarithm: Double, shares: [Double]) in
        let logarithms = components.map { log(max($0.weight, 1e-300)) + density($0, points.row(row)) }
        let largest = logarithms.max() ?? 0
        let weights = logarithms.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return (largest + log(sum), weights.map { $0 / sum })
      }
    }.flatMap { $0 }
    let likelihood = runs.reduce(0) { $0 + $1.logarithm } / Double(max(1, runs.count))
    return (likelihood, components.indices.map { index in runs.map { $0.shares[index] } })
  }

  private mutating func maximize(_ points: Matrix, _ responsibilities: [[Double]], floor: Double) throws {
    for (index, shares) in responsibilities.enumerated() {
      let moments = Self.moments(points, responsibilities: shares)
      components[index].weight = moments.weight / Double(points.rows)
      // A component that lost its points stays where it is, with no weight.
      guard moments.weight > 1e-9 else { continue }
      components[index].mean = moments.mean
      components[index].factor = try Self.factor(moments.covariance, columns, adding: floor)
    }
  }

  /// log N(point; mean, L L^T), by forward substitution.
  private func density(_ component: Component, _ point: ArraySlice<Double>) -> Double {
    var solved = [Double](repeating: 0, count: columns)
    var (squares, logDeterminant) = (0.0, 0.0)
    for row in 0..<columns {
      var value = point[point.startIndex + row] - component.mean[row]
      for column in 0..<row { value -= component.factor[row * columns + column] * solved[column] }
      let diagonal = component.factor[row * columns + row]
      solved[row] = value / diagonal
      squares += solved[row] * solved[row]
      logDeterminant += log(diagonal)
    }
    return -0.5 * (squares + Double(columns) * log(2 * Double.pi)) - logDeterminant
  }

  private static func moments(
    _ points: Matrix, responsibilities: [Double]
  ) -> (weight: Double, mean: [Double], covariance: [Double]) {
    let size = points.columns
    let weight = responsibilities.reduce(0, +)
    var mean = [Double](repeating: 0, count: size)
    var covariance = [Double](repeating: 0, count: size * size)
    guard weight > 0 else { return (0, mean, covariance) }
    for (row, share) in responsibilities.enumerated() {
      for column in 0..<size { mean[column] += share * points[row, column] }
    }
    for column in 0..<size { mean[column] /= weight }
    var difference = mean
    for (row, share) in responsibilities.enumerated() where share > 1e-12 {
      for column in 0..<size { difference[column] = points[row, column] - mean[column] }
      for first in 0..<size {
        let scaled = share * difference[first]
        for second in 0...first { covariance[first * size + second] += scaled * difference[second] }
      }
    }
    for first in 0..<size {
      for second in 0...first {
        covariance[first * size + second] /= weight
        covariance[second * size + first] = covariance[first * size + second]
      }
    }
    return (weight, mean, covariance)
  }

  private static func trace(_ matrix: [Double], _ size: Int) -> Double {
    (0..<size).reduce(0) { $0 + matrix[$1 * size + $1] }
  }

  /// Cholesky's lower factor.
  private static func factor(_ matrix: [Double], _ size: Int, adding floor: Double) throws -> [Double] {
    var factor = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0...row {
        var value = matrix[row * size + column] + (row == column ? floor : 0)
        for inner in 0..<column { value -= factor[row * size + inner] * factor[column * size + inner] }
        if row == column {
          guard value > 0 else { throw StatisticsError.noConvergence(what: "a mixture of Gaussians") }
          factor[row * size + column] = value.squareRoot()
        } else {
          factor[row * size + column] = value / factor[column * size + column]
        }
      }
    }
    return factor
  }

  /// Points far from each other, as k-means++ draws them.
  private static func centres(_ points: Matrix, _ count: Int, seed: UInt64) -> [[Double]] {
    let stream = RandomStream(seed: seed, domain: .sample, stream: streamIdentifier(of: "mixture.centres"))
    var chosen = [Array(points.row(Int(stream.uniform(element: 0) * Double(points.rows))))]
    var distances = [Double](repeating: .infinity, count: points.rows)
    while chosen.count < count {
      let last = chosen[chosen.count - 1]
      for row in 0..<points.rows {
        var distance = 0.0
        for column in 0..<points.columns {
          let difference = points[row, column] - last[column]
          distance += difference * difference
        }
        distances[row] = min(distances[row], distance)
      }
      var rest = stream.uniform(element: chosen.count) * distances.reduce(0, +)
      let row = distances.firstIndex { distance in
        rest -= distance
        return rest < 0
      }
      chosen.append(Array(points.row(row ?? points.rows - 1)))
    }
    return chosen
  }
}
