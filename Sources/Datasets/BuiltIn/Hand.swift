/// What is particular to the writing of one digit: how a skeleton is deformed, and with what pen it is drawn.
struct Hand {
  /// Half the stroke's width in pixels.
  let radius: Float
  /// The larger side of the digit's box, in pixels.
  let box: Float
  /// Displacement of the centre of mass, in pixels.
  let shift: SIMD2<Float>
  /// Standard deviation of the displacement of single points, in units of the digit's height.
  let jitter: Float

  private let width: Float
  private let slant: Float
  /// Tangent of the rotation's angle.
  private let turn: Float
  private let bend: SIMD4<Float>

  /// Mean and standard deviation of the slant for each digit; positive leans to the right. As in MNIST's training set,
  /// by second moments, less what the skeletons lean themselves.
  private static let slants: [(mean: Float, deviation: Float)] = [
    (0.15, 0.20), (0.25, 0.26), (0.10, 0.26), (0.07, 0.24), (0.22, 0.28),
    (0.05, 0.28), (0.02, 0.21), (0.06, 0.25), (0.10, 0.24), (0.08, 0.24),
  ]
  /// Width for height, relative to the skeletons' boxes.
  private static let widths: [(mean: Float, deviation: Float)] = [
    (0.90, 0.16), (0.80, 0.16), (0.90, 0.15), (0.85, 0.16), (0.82, 0.16),
    (0.90, 0.16), (0.86, 0.16), (0.84, 0.16), (0.86, 0.17), (0.86, 0.16),
  ]

  init(digit: Int, _ draws: inout ImageDraws) {
    let slants = Self.slants[digit]
    let widths = Self.widths[digit]
    slant = slants.mean + slants.deviation * draws.bell()
    width = max(widths.mean + widths.deviation * draws.bell(), 0.35)
    turn = 0.08 * draws.bell()
    bend = SIMD4(draws.bell(), draws.bell(), draws.bell(), draws.bell()) * SIMD4(0.20, 0.20, 0.16, 0.16)
    jitter = 0.015 + 0.025 * draws.unit()
    radius = max(1.32 + 0.32 * draws.bell(), 0.7)
    box = 19.5 + 0.4 * draws.bell()
    shift = SIMD2(draws.bell(), draws.bell()) * 0.3
  }

  /// Moves a point of a skeleton, given in a box of 1 x 1 around 0.
  func deform(_ point: SIMD2<Float>) -> SIMD2<Float> {
    // Upper and lower part, left and right part get sizes of their own, and straight lines a bow.
    var x = point.x + bend.x * point.x * point.y + bend.z * (point.y * point.y - 0.1)
    var y = point.y + bend.y * point.y * point.y * (point.y > 0 ? 0.5 : -0.5) + bend.w * point.x * point.x
    x = x * width - slant * y
    // A rotation without sine and cosine; the length is set later.
    (x, y) = (x - turn * y, y + turn * x)
    return SIMD2(x, y)
  }
}
