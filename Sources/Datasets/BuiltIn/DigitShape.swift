/// The centre line of one written digit as line segments, in pixels of a 28 x 28 image, and the pen's radius.
///
/// Kept and used again for the next image, so that an image costs no allocation.
struct DigitShape {
  /// End points of the segments, two by two.
  private(set) var segments: [SIMD2<Float>] = []
  /// Half the stroke's width in pixels.
  private(set) var radius: Float = 1

  /// The points of the stroke at hand, deformed.
  private var points: [SIMD2<Float>] = []
  /// Segments from one point of a skeleton to the next.
  private static let subdivisions = 4

  init() {
    segments.reserveCapacity(512)
    points.reserveCapacity(64)
  }

  /// Writes the digit in a random hand.
  mutating func write(_ digit: Int, _ draws: inout ImageDraws) {
    let skeleton = Self.pick(DigitSkeleton.ofDigits[digit], &draws)
    let hand = Hand(digit: digit, &draws)
    segments.removeAll(keepingCapacity: true)
    for stroke in skeleton.strokes {
      deform(stroke, hand, &draws)
      appendCurve()
    }
    radius = hand.radius
    place(hand)
  }

  private static func pick(_ skeletons: [DigitSkeleton], _ draws: inout ImageDraws) -> DigitSkeleton {
    let total = skeletons.reduce(0) { $0 + $1.weight }
    var rest = draws.unit() * total
    for skeleton in skeletons.dropLast() {
      rest -= skeleton.weight
      if rest < 0 { return skeleton }
    }
    return skeletons[skeletons.count - 1]
  }

  /// The stroke's points after the hand's deformation and a jitter of their own; the two of a corner stay one.
  private mutating func deform(_ stroke: [SIMD2<Float>], _ hand: Hand, _ draws: inout ImageDraws) {
    points.removeAll(keepingCapacity: true)
    for (index, point) in stroke.enumerated() {
      if index > 0, point == stroke[index - 1] {
        points.append(points[points.count - 1])
      } else {
        let jitter = SIMD2(draws.bell(), draws.bell()) * hand.jitter
        points.append(hand.deform((point - 50) * 0.01 + jitter))
      }
    }
  }

  /// Appends the Catmull-Rom curve (Catmull, Rom 1974) through the points, in pieces between the corners. Beyond the
  /// ends of a piece the curve is as if mirrored at its end point.
  private mutating func appendCurve() {
    for index in 0..<max(points.count - 1, 0) where points[index] != points[index + 1] {
      let start = points[index]
      let end = points[index + 1]
      let before = index > 0 && points[index - 1] != start ? points[index - 1] : start + start - end
      let after = index + 2 < points.count && points[index + 2] != end ? points[index + 2] : end + end - start
      var last = start
      for step in 1...Self.subdivisions {
        let t = Float(step) / Float(Self.subdivisions)
        let a = (end - before) * t
        let b = (before * 2 - start * 5 + end * 4 - after) * (t * t)
        let c = (start * 3 - before - end * 3 + after) * (t * t * t)
        let next = start + (a + b + c) * 0.5
        segments.append(last)
        segments.append(next)
        last = next
      }
    }
  }

  /// Scales the digit to the hand's box and moves its centre of mass to the middle, pixel (14, 14), as was done for
  /// MNIST.
  private mutating func place(_ hand: Hand) {
    guard let first = segments.first else { return }
    var low = first
    var high = first
    for point in segments {
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    let extent = (high - low).max()
    let scale = (hand.box - 2 * radius) / max(extent, 1e-3)
    var mass: Float = 0
    var moment = SIMD2<Float>()
    for index in stride(from: 0, to: segments.count, by: 2) {
      let along = segments[index + 1] - segments[index]
      let length = (along * along).sum().squareRoot()
      mass += length
      moment += (segments[index] + segments[index + 1]) * (0.5 * length)
    }
    let middle = moment / max(mass, 1e-6)
    for index in segments.indices { segments[index] = (segments[index] - middle) * scale + 14 + hand.shift }
  }
}
