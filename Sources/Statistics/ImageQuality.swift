#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How near a reconstruction is to its image. Pixels go from 0 to 1.
public enum ImageQuality {
  /// Peak signal-to-noise ratio in dB, 10 log10(1 / MSE).
  public static func peakSignalToNoise(meanSquaredError: Double) -> Double {
    meanSquaredError > 0 ? -10 * log10(meanSquaredError) : .infinity
  }

  /// The mean structural similarity of two planes of equal size (Wang, Bovik, Sheikh, Simoncelli 2004, section III-B): a
  /// Gaussian window of 11 x 11 and deviation 1.5 at each place where it fits, K1 = 0.01, K2 = 0.03. On planes smaller than
  /// the window one window takes all pixels alike. Nil where the sizes do not fit.
  public static func structuralSimilarity(_ a: [Float], _ b: [Float], height: Int, width: Int) -> Double? {
    guard height > 0, width > 0, a.count == height * width, b.count == a.count else { return nil }
    let window = height >= 11 && width >= 11 ? gaussian : nil
    func filtered(_ value: (Int) -> Double) -> [Double] {
      let plane = a.indices.map(value)
      guard let window else { return [plane.reduce(0, +) / Double(plane.count)] }
      return filter(plane, height: height, width: width, window)
    }
    let meanA = filtered { Double(a[$0]) }
    let meanB = filtered { Double(b[$0]) }
    let squareA = filtered { Double(a[$0]) * Double(a[$0]) }
    let squareB = filtered { Double(b[$0]) * Double(b[$0]) }
    let product = filtered { Double(a[$0]) * Double(b[$0]) }
    let (c1, c2) = (0.01 * 0.01, 0.03 * 0.03)
    var sum = 0.0
    for index in meanA.indices {
      let (mean1, mean2) = (meanA[index], meanB[index])
      let (variance1, variance2) = (squareA[index] - mean1 * mean1, squareB[index] - mean2 * mean2)
      let covariance = product[index] - mean1 * mean2
      sum +=
        (2 * mean1 * mean2 + c1) * (2 * covariance + c2)
        / ((mean1 * mean1 + mean2 * mean2 + c1) * (variance1 + variance2 + c2))
    }
    return sum / Double(meanA.count)
  }

  private static let gaussian: [Double] = {
    let weights = (-5...5).map { exp(-Double($0 * $0) / (2 * 1.5 * 1.5)) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }()

  /// The window along the rows, then along the columns, where it fits.
  private static func filter(_ plane: [Double], height: Int, width: Int, _ window: [Double]) -> [Double] {
    let (rows, columns) = (height - window.count + 1, width - window.count + 1)
    var along: [Double] = []
    along.reserveCapacity(height * columns)
    for row in 0..<height {
      for column in 0..<columns {
        var sum = 0.0
        for (tap, weight) in window.enumerated() { sum += weight * plane[row * width + column + tap] }
        along.append(sum)
      }
    }
    var result: [Double] = []
    result.reserveCapacity(rows * columns)
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0.0
        for (tap, weight) in window.enumerated() { sum += weight * along[(row + tap) * columns + column] }
        result.append(sum)
      }
    }
    return result
  }
}
