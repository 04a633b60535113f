/// Draws line segments with a round pen into a grey image of 28 x 28.
struct DigitRaster {
  static let side = 28
  /// Rows are padded to whole vectors.
  private static let vectorsPerRow = 4

  /// Squared distance of each pixel's centre to the line, in pixels.
  private var distances = [SIMD8<Float>](repeating: SIMD8(repeating: far), count: side * vectorsPerRow)
  private static let far: Float = 1e6
  private static let columns: [SIMD8<Float>] = (0..<vectorsPerRow).map { vector in
    SIMD8(0, 1, 2, 3, 4, 5, 6, 7) + Float(8 * vector)
  }

  /// Renders the shape into `image`, which has 784 bytes. Ink has the value 255 where the pen was and falls to 0 over
  /// one and a quarter pixels at its edge.
  mutating func render(_ shape: DigitShape, into image: UnsafeMutableBufferPointer<UInt8>) {
    for index in distances.indices { distances[index] = SIMD8(repeating: Self.far) }
    let reach = shape.radius + Self.edge / 2
    for index in stride(from: 0, to: shape.segments.count - 1, by: 2) {
      touch(from: shape.segments[index], to: shape.segments[index + 1], reach: reach)
    }
    shade(radius: shape.radius, into: image)
  }

  /// Width of the soft edge in pixels.
  private static let edge: Float = 1.25

  /// Takes the distance to one segment where it is the smallest, within `reach` of the segment.
  private mutating func touch(from start: SIMD2<Float>, to end: SIMD2<Float>, reach: Float) {
    let low = pointwiseMin(start, end) - reach
    let high = pointwiseMax(start, end) + reach
    // The clamps keep the conversion to integers in range, whatever the shape.
    let last = Float(Self.side - 1)
    guard high.x >= 0, high.y >= 0, low.x <= last, low.y <= last else { return }
    let rows = Int(max(low.y, 0))...Int(min(high.y, last))
    let vectors = (Int(max(low.x, 0)) / 8)...(Int(min(high.x, last)) / 8)
    let along = end - start
    let inverse = 1 / max((along * along).sum(), 1e-12)
    for row in rows {
      let dy = Float(row) - start.y
      for vector in vectors {
        let dx = Self.columns[vector] - start.x
        let position = ((dx * along.x + dy * along.y) * inverse).clamped(
          lowerBound: SIMD8(repeating: 0), upperBound: SIMD8(repeating: 1))
        let x = dx - position * along.x
        let y = dy - position * along.y
        let place = row * Self.vectorsPerRow + vector
        distances[place] = pointwiseMin(distances[place], x * x + y * y)
      }
    }
  }

  private func shade(radius: Float, into image: UnsafeMutableBufferPointer<UInt8>) {
    for row in 0..<Self.side {
      for column in 0..<Self.side {
        let distance = distances[row * Self.vectorsPerRow + column / 8][column % 8].squareRoot()
        let ink = min(max((radius - distance) / Self.edge + 0.5, 0), 1)
        image[row * Self.side + column] = UInt8(ink * 255 + 0.5)
      }
    }
  }
}
