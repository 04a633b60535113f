import Statistics

/// A grid in the plane of two latents.
struct LatentPlane {
  var axes = (x: 0, y: 1)
  var xs: [Double]
  var ys: [Double]

  /// `size` values from `-reach` to `reach` along both axes.
  init(size: Int, reach: Double, axes: (x: Int, y: Int) = (0, 1)) {
    self.init(size: size, x: -reach...reach, y: -reach...reach, axes: axes)
  }

  /// `size` values along both axes.
  init(size: Int, x: ClosedRange<Double>, y: ClosedRange<Double>, axes: (x: Int, y: Int) = (0, 1)) {
    self.axes = axes
    xs = Self.values(size, x)
    ys = Self.values(size, y)
  }

  /// The plane that holds the middle 98 per cent of codes along each axis: for models without a prior.
  init(size: Int, around codes: [Float], latentSize: Int, axes: (x: Int, y: Int) = (0, 1)) {
    func range(_ axis: Int) -> ClosedRange<Double> {
      let values = stride(from: axis, to: codes.count, by: latentSize).map { Double(codes[$0]) }.filter(
        \.isFinite
      ).sorted()
      guard let first = values.first, let last = values.last, last > first else { return -1...1 }
      let low = values[values.count / 100]
      let high = values[values.count - 1 - values.count / 100]
      return low < high ? low...high : first...last
    }
    self.init(size: size, x: range(axes.x), y: range(axes.y), axes: axes)
  }

  /// Values at equal steps of probability under the standard normal prior: from the middle of the first of `size` parts to that
  /// of the last.
  init(priorQuantiles size: Int, axes: (x: Int, y: Int) = (0, 1)) {
    self.axes = axes
    xs = (0..<size).map { normalQuantile((Double($0) + 0.5) / Double(size)) }
    ys = xs
  }

  /// Values at equal steps of the codes' own distribution along each axis; equal quantiles are taken once.
  init(codeQuantiles size: Int, of codes: [Float], latentSize: Int, axes: (x: Int, y: Int) = (0, 1)) {
    func values(_ axis: Int) -> [Double] {
      let sorted = stride(from: axis, to: codes.count, by: latentSize).map { Double(codes[$0]) }.filter(
        \.isFinite
      ).sorted()
      guard !sorted.isEmpty else { return [0] }
      var values: [Double] = []
      for part in 0..<size {
        let value = sorted[
          min(sorted.count - 1, Int((Double(part) + 0.5) / Double(size) * Double(sorted.count)))]
        if values.last.map({ $0 < value }) ?? true { values.append(value) }
      }
      return values
    }
    self.axes = axes
    xs = values(axes.x)
    ys = values(axes.y)
  }

  private static func values(_ count: Int, _ range: ClosedRange<Double>) -> [Double] {
    guard count > 1 else { return [(range.lowerBound + range.upperBound) / 2] }
    return (0..<count).map {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / Double(count - 1)
    }
  }
}
