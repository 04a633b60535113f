#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Multinomial logistic regression: what classes a linear layer reads from codes (a *linear probe*, Alain and Bengio 2017).
///
/// The points are standardized, the weights carry an L2 penalty, the least of the convex objective is found by L-BFGS.
public struct SoftmaxRegression: Sendable {
  public let classes: Int
  private let mean: [Double]
  private let deviation: [Double]
  /// [classes, columns + 1], the bias last.
  private let weights: Matrix

  /// - Parameters:
  ///   - labels: one a point, from 0.
  ///   - decay: the penalty is decay / 2 times the sum of the squared weights, beside the mean cross-entropy.
  public init(_ points: Matrix, labels: [Int], classes: Int, decay: Double = 1e-4) throws {
    guard labels.count == points.rows, labels.allSatisfy({ $0 >= 0 && $0 < classes }) else {
      throw StatisticsError.shape(what: "the linear probe")
    }
    guard points.rows > 0 else { throw StatisticsError.tooFew(what: "the linear probe", needed: 1, found: 0) }
    guard points.isFinite else { throw StatisticsError.notFinite(what: "the linear probe") }
    let library = try OpenBLAS.required()
    let mean = points.columnMeans
    var deviation = [Double](repeating: 0, count: points.columns)
    for row in 0..<points.rows {
      for column in 0..<points.columns {
        let difference = points[row, column] - mean[column]
        deviation[column] += difference * difference
      }
    }
    deviation = deviation.map { $0 > 0 ? ($0 / Double(points.rows)).squareRoot() : 1 }
    let inputs = Self.standardized(points, mean, deviation)
    let width = points.columns + 1
    let found = try minimize(from: [Double](repeating: 0, count: classes * width)) { weights in
      guard
        var slopes = library.product(
          inputs.values, transposed: weights, m: inputs.rows, n: classes, k: width)
      else { throw StatisticsError.shape(what: "the linear probe") }
      var loss = 0.0
      for (row, label) in labels.enumerated() {
        loss += Self.crossEntropy(&slopes, row * classes..<(row + 1) * classes, label: label)
      }
      var gradient = [Double](repeating: 0, count: weights.count)
      _ = library.addProduct(
        transposed: slopes, inputs.values, m: classes, n: width, k: inputs.rows, to: &gradient)
      loss /= Double(inputs.rows)
      for index in gradient.indices {
        gradient[index] /= Double(inputs.rows)
        if index % width < width - 1 {
          gradient[index] += decay * weights[index]
          loss += decay / 2 * weights[index] * weights[index]
        }
      }
      return (loss, gradient)
    }
    self.classes = classes
    self.mean = mean
    self.deviation = deviation
    weights = Matrix(unchecked: classes, width, found)
  }

  /// The likeliest class of each point.
  public func classify(_ points: Matrix) throws -> [Int] {
    guard points.columns == mean.count else { throw StatisticsError.shape(what: "the linear probe") }
    let inputs = Self.standardized(points, mean, deviation)
    guard
      let logits = try OpenBLAS.required().product(
        inputs.values, transposed: weights.values, m: inputs.rows, n: classes, k: weights.columns)
    else { throw StatisticsError.shape(what: "the linear probe") }
    return (0..<points.rows).map { row in
      (0..<classes).max { logits[row * classes + $0] < logits[row * classes + $1] } ?? 0
    }
  }

  /// The cross-entropy of one row of logits, which become its slopes: softmax - one-hot.
  private static func crossEntropy(_ logits: inout [Double], _ row: Range<Int>, label: Int) -> Double {
    let largest = logits[row].max() ?? 0
    let own = logits[row.lowerBound + label]
    var sum = 0.0
    for index in row {
      logits[index] = exp(logits[index] - largest)
      sum += logits[index]
    }
    for index in row { logits[index] /= sum }
    logits[row.lowerBound + label] -= 1
    return log(sum) + largest - own
  }

  /// With a column of ones for the bias.
  private static func standardized(_ points: Matrix, _ mean: [Double], _ deviation: [Double]) -> Matrix {
    Matrix(rows: points.rows, columns: points.columns + 1) { row, column in
      column == mean.count ? 1 : (points[row, column] - mean[column]) / deviation[column]
    }
  }
}
