/// Eight neighbouring pixels of a row.
typealias Lanes = SIMD8<Float>

/// A color of light: red, green and blue from 0 to 1.
typealias Light = SIMD3<Float>

/// Something to paint: the signed distance from its edge, negative inside.
protocol SoftShape {
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes
  /// The corners of a box that holds it.
  var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) { get }
}

/// A square colored image that shapes are painted on with soft edges, in coordinates of the scene: a turned and scaled
/// copy of the pixels'.
///
/// Sums, products and square roots only, so that images are the same bytes on every machine.
struct SoftCanvas {
  let side: Int
  private(set) var red: [Lanes]
  private(set) var green: [Lanes]
  private(set) var blue: [Lanes]
  private let vectors: Int
  private static let steps: Lanes = Lanes(0, 1, 2, 3, 4, 5, 6, 7) + 0.5

  /// The scene's point at the image's middle is `center`; a pixel is `pixel` long in the scene, and the scene is turned by
  /// the angle with this tangent.
  var center = SIMD2<Float>(0, 0)
  var pixel: Float = 1
  private var turn = SIMD2<Float>(1, 0)

  /// - Parameter side: the sides in pixels, a multiple of 8.
  init(side: Int) {
    self.side = side
    vectors = side / 8
    red = [Lanes](repeating: Lanes(), count: side * vectors)
    green = red
    blue = red
  }

  /// Turns the scene by the angle with this tangent.
  mutating func turn(tangent: Float) {
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    turn = SIMD2(cosine, tangent * cosine)
  }

  /// The scene's coordinates of eight pixels.
  @inline(__always)
  private func scene(_ row: Int, _ vector: Int) -> (x: Lanes, y: Lanes) {
    let half = Float(side) / 2
    let x = (Self.steps + (Float(8 * vector) - half)) * pixel
    let y = (Float(row) + 0.5 - half) * pixel
    return (x * turn.x + (y * turn.y + center.x), (y * turn.x + center.y) - x * turn.y)
  }

  /// Colors every pixel by its place in the scene.
  mutating func fill(_ color: (_ x: Lanes, _ y: Lanes) -> (red: Lanes, green: Lanes, blue: Lanes)) {
    for row in 0..<side {
      for vector in 0..<vectors {
        let (x, y) = scene(row, vector)
        (red[row * vectors + vector], green[row * vectors + vector], blue[row * vectors + vector]) = color(x, y)
      }
    }
  }

  /// Paints a shape. `softness` is the width of its edge in pixels.
  mutating func paint(_ shape: some SoftShape, _ color: Light, opacity: Float = 1, softness: Float = 1) {
    let inverse = 1 / (softness * pixel)
    guard let (rows, columns) = reach(shape, softness) else { return }
    for row in rows {
      for vector in columns {
        let (x, y) = scene(row, vector)
        let cover =
          (0.5 - shape.distance(x, y) * inverse)
          .clamped(lowerBound: Lanes(repeating: 0), upperBound: Lanes(repeating: 1)) * opacity
        let place = row * vectors + vector
        red[place] += (color.x - red[place]) * cover
        green[place] += (color.y - green[place]) * cover
        blue[place] += (color.z - blue[place]) * cover
      }
    }
  }

  /// The rows and vectors of pixels that a shape may touch; nil where it lies outside.
  private func reach(_ shape: some SoftShape, _ softness: Float) -> (ClosedRange<Int>, ClosedRange<Int>)? {
    let bounds = shape.bounds
    let middle = (bounds.low + bounds.high) / 2 - center
    let half = (bounds.high - bounds.low) / 2
    // Back into pixels: the turned box lies in a box of these sides.
    let x = (middle.x * turn.x - middle.y * turn.y) / pixel + Float(side) / 2
    let y = (middle.x * turn.y + middle.y * turn.x) / pixel + Float(side) / 2
    let slope = abs(turn.y)
    let w = (half.x * turn.x + half.y * slope) / pixel + softness
    let h = (half.y * turn.x + half.x * slope) / pixel + softness
    let last = Float(side) - 1
    guard x + w >= 0, y + h >= 0, x - w <= last, y - h <= last else { return nil }
    // The clamps keep the conversions in range, whatever the shape.
    let rows = Int(min(max(y - h, 0), last))...Int(min(max(y + h, 0), last))
    let columns = Int(min(max(x - w, 0), last)) / 8...Int(min(max(x + w, 0), last)) / 8
    return (rows, columns)
  }

  /// Writes the image as bytes, channel behind channel; `noise` gives a number to add to each.
  func write(to image: UnsafeMutableBufferPointer<UInt8>, noise: () -> Float) {
    var place = 0
    for plane in [red, green, blue] {
      for lanes in plane {
        for lane in 0..<8 {
          let value = min(max(lanes[lane] + noise(), 0), 1)
          image[place] = UInt8(value * 255 + 0.5)
          place += 1
        }
      }
    }
  }

  /// Blurs with the weights (w, 1 - 2w, w) along both axes, repeating the edge, `passes` times.
  mutating func blur(_ weight: Float, passes: Int = 1) {
    for _ in 0..<passes {
      Self.blur(&red, side, vectors, weight)
      Self.blur(&green, side, vectors, weight)
      Self.blur(&blue, side, vectors, weight)
    }
  }

  private static func blur(_ plane: inout [Lanes], _ side: Int, _ vectors: Int, _ weight: Float) {
    let middle = 1 - 2 * weight
    for vector in 0..<vectors {
      var above = plane[vector]
      for row in 0..<side {
        let here = plane[row * vectors + vector]
        let below = row + 1 < side ? plane[(row + 1) * vectors + vector] : here
        plane[row * vectors + vector] = here * middle + (above + below) * weight
        above = here
      }
    }
    for row in 0..<side {
      var left = plane[row * vectors][0]
      for vector in 0..<vectors {
        let here = plane[row * vectors + vector]
        let right = vector + 1 < vectors ? plane[row * vectors + vector + 1][0] : here[7]
        let before = Lanes(left, here[0], here[1], here[2], here[3], here[4], here[5], here[6])
        let after = Lanes(here[1], here[2], here[3], here[4], here[5], here[6], here[7], right)
        plane[row * vectors + vector] = here * middle + (before + after) * weight
        left = here[7]
      }
    }
  }
}

extension ImageDraws {
  /// One of some values.
  mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }

  /// Whether something comes about that does so with this probability.
  mutating func chance(_ probability: Float) -> Bool { unit() < probability }
}

extension SIMD3<Float> {
  /// A color of a hue in turns (0 red, 1/3 green, 2/3 blue), a saturation and a value.
  init(hue: Float, saturation: Float, value: Float) {
    let turn = (hue - hue.rounded(.down)) * 6
    func channel(_ shift: Float) -> Float {
      let place = abs((turn + shift).truncatingRemainder(dividingBy: 6) - 3) - 1
      return value * (1 - saturation * (1 - place.clamped(to: 0...1)))
    }
    self.init(channel(0), channel(4), channel(2))
  }

  /// From this color toward another.
  func mixed(_ other: SIMD3<Float>, _ share: Float) -> SIMD3<Float> { self + (other - self) * share }

  var luma: Float { 0.299 * x + 0.587 * y + 0.114 * z }
}

extension Float {
  func clamped(to range: ClosedRange<Float>) -> Float {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
