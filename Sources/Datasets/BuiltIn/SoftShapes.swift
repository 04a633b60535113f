/// An ellipse whose axes lie along the scene's, to first order in the distance from its edge.
struct SoftEllipse: SoftShape {
  var center: SIMD2<Float>
  var radii: SIMD2<Float>

  init(_ x: Float, _ y: Float, _ radiusX: Float, _ radiusY: Float) {
    center = SIMD2(x, y)
    radii = SIMD2(max(radiusX, 0.01), max(radiusY, 0.01))
  }

  var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) { (center - radii, center + radii) }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes {
    let u = (x - center.x) / radii.x
    let v = (y - center.y) / radii.y
    let length = (u * u + v * v).squareRoot()
    let slope = (u * u / (radii.x * radii.x) + v * v / (radii.y * radii.y)).squareRoot()
    return length * (length - 1) / pointwiseMax(slope, Lanes(repeating: 1e-6))
  }
}

/// A box with round corners.
struct SoftBox: SoftShape {
  var center: SIMD2<Float>
  var half: SIMD2<Float>
  var radius: Float

  init(_ x: Float, _ y: Float, _ halfWidth: Float, _ halfHeight: Float, radius: Float = 0) {
    center = SIMD2(x, y)
    half = SIMD2(halfWidth, halfHeight)
    self.radius = min(radius, halfWidth, halfHeight)
  }

  var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) { (center - half, center + half) }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes {
    let zero = Lanes(repeating: 0)
    let u = (x - center.x).magnitude - (half.x - radius)
    let v = (y - center.y).magnitude - (half.y - radius)
    let (outerU, outerV) = (pointwiseMax(u, zero), pointwiseMax(v, zero))
    return (outerU * outerU + outerV * outerV).squareRoot() + pointwiseMin(pointwiseMax(u, v), zero) - radius
  }
}

/// A line with round ends through points.
struct SoftStroke: SoftShape {
  private var segments: [(start: SIMD2<Float>, along: SIMD2<Float>, inverse: Float)] = []
  private let radius: Float
  private(set) var bounds: (low: SIMD2<Float>, high: SIMD2<Float>)

  init(_ points: [SIMD2<Float>], radius: Float) {
    self.radius = radius
    let first = points.first ?? SIMD2()
    bounds = (first, first)
    for (start, end) in zip(points, points.dropFirst()) {
      let along = end - start
      segments.append((start, along, 1 / max((along * along).sum(), 1e-9)))
    }
    for point in points { bounds = (pointwiseMin(bounds.low, point), pointwiseMax(bounds.high, point)) }
    bounds = (bounds.low - radius, bounds.high + radius)
  }

  /// A line through the quadratic Bézier curve of three points.
  init(curve a: SIMD2<Float>, _ b: SIMD2<Float>, _ c: SIMD2<Float>, radius: Float) {
    let points = (0...6).map { step -> SIMD2<Float> in
      let t = Float(step) / 6
      let first: SIMD2<Float> = a + (b - a) * t
      let second: SIMD2<Float> = b + (c - b) * t
      return first + (second - first) * t
    }
    self.init(points, radius: radius)
  }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes {
    var least = Lanes(repeating: 1e12)
    for segment in segments {
      let u = x - segment.start.x
      let v = y - segment.start.y
      let share = ((u * segment.along.x + v * segment.along.y) * segment.inverse)
        .clamped(lowerBound: Lanes(repeating: 0), upperBound: Lanes(repeating: 1))
      let du = u - share * segment.along.x
      let dv = v - share * segment.along.y
      least = pointwiseMin(least, du * du + dv * dv)
    }
    return least.squareRoot() - radius
  }
}

/// Everything above a line through two points.
struct SoftHalf: SoftShape {
  let point: SIMD2<Float>
  let normal: SIMD2<Float>

  /// What lies to the left of the way from `a` to `b`, with y downward: above where it runs to the right.
  init(_ a: SIMD2<Float>, _ b: SIMD2<Float>) {
    point = a
    let along = b - a
    let length = max((along * along).sum().squareRoot(), 1e-6)
    normal = SIMD2(-along.y, along.x) / length
  }

  var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) { (SIMD2(-1e4, -1e4), SIMD2(1e4, 1e4)) }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes { (x - point.x) * normal.x + (y - point.y) * normal.y }
}

/// What lies in both of two shapes.
struct SoftBoth<A: SoftShape, B: SoftShape>: SoftShape {
  let a: A
  let b: B

  init(_ a: A, _ b: B) {
    self.a = a
    self.b = b
  }

  var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) {
    (
      pointwiseMax(a.bounds.low, b.bounds.low),
      pointwiseMax(pointwiseMin(a.bounds.high, b.bounds.high), a.bounds.low)
    )
  }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes { pointwiseMax(a.distance(x, y), b.distance(x, y)) }
}

/// What lies in the first of two shapes and not in the second.
struct SoftWithout<A: SoftShape, B: SoftShape>: SoftShape {
  let a: A
  let b: B

  init(_ a: A, _ b: B) {
    self.a = a
    self.b = b
  }

  var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) { a.bounds }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes { pointwiseMax(a.distance(x, y), -b.distance(x, y)) }
}

/// The rim of a shape.
struct SoftRim<A: SoftShape>: SoftShape {
  let a: A
  let radius: Float

  init(_ a: A, radius: Float) {
    self.a = a
    self.radius = radius
  }

  var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) { (a.bounds.low - radius, a.bounds.high + radius) }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes { a.distance(x, y).magnitude - radius }
}

extension SIMD where Scalar == Float {
  @inline(__always)
  fileprivate var magnitude: Self { replacing(with: -self, where: self .< 0) }
}
