/// One house number: what is in it, and how it is seen.
struct StreetScene {
  let digit: Int
  let isLightOnDark: Bool
  let hasPlate: Bool

  private let neighbors: [(digit: Int, place: Float)]
  private let wall: Light
  private let plate: Light
  private let ink: Light
  private let type: Typeface
  private let relief: Relief

  /// How the digits are printed.
  private struct Typeface {
    var height: Float
    var width: Float
    var slant: Float
    var radius: Float
    /// How much thinner level strokes are than upright ones.
    var contrast: Float
    /// Which of the ways to print a digit, as a number that is reduced to how many there are.
    var way: Int
  }

  /// What stands around the strokes.
  private enum Relief {
    case none
    case shadow(SIMD2<Float>)
    case outline
  }

  init(_ draws: inout ImageDraws) {
    digit = draws.below(10)
    type = Typeface(
      height: draws.even(17, 25), width: draws.even(0.82, 1.15),
      slant: draws.chance(0.3) ? draws.even(0, 0.25) : 0,
      radius: draws.even(0.055, 0.115), contrast: draws.chance(0.3) ? draws.even(1.3, 1.9) : 1,
      way: draws.below(6))
    wall = Self.wall(&draws)
    hasPlate = draws.chance(0.4)
    plate = Self.plate(&draws, on: wall)
    let ground = hasPlate ? plate : wall
    ink = Self.ink(&draws, on: ground)
    isLightOnDark = ink.luma > ground.luma
    relief =
      switch draws.below(5) {
      case 0, 1: .shadow(SIMD2(draws.even(0.6, 1.6), draws.even(0.5, 1.6)))
      case 2: .outline
      default: .none
      }
    // One to four digits; the one in the middle may be any of them.
    let count = draws.pick([1, 2, 2, 2, 3, 3, 3, 4])
    let own = draws.below(count)
    let step = type.height * type.width * draws.even(0.62, 0.78)
    var others: [(Int, Float)] = []
    for place in 0..<count where place != own {
      others.append((draws.below(10), Float(place - own) * step))
    }
    neighbors = others
  }

  private static func wall(_ draws: inout ImageDraws) -> Light {
    switch draws.below(4) {
    case 0:  // brick, terracotta, wood
      return Light(hue: draws.even(0, 0.11), saturation: draws.even(0.3, 0.75), value: draws.even(0.2, 0.75))
    case 1:  // plaster, from white to sand
      return Light(
        hue: draws.even(0.05, 0.17), saturation: draws.even(0.02, 0.3), value: draws.even(0.55, 0.95))
    case 2:  // stone and metal
      return Light(hue: draws.even(0.5, 0.7), saturation: draws.even(0, 0.15), value: draws.even(0.12, 0.8))
    default:  // paint
      return Light(hue: draws.unit(), saturation: draws.even(0.2, 0.8), value: draws.even(0.15, 0.8))
    }
  }

  private static func plate(_ draws: inout ImageDraws, on wall: Light) -> Light {
    switch draws.below(4) {
    case 0: return Light(hue: 0.62, saturation: draws.even(0.5, 0.9), value: draws.even(0.2, 0.6))
    case 1: return Light(repeating: draws.even(0.8, 0.97))
    case 2: return Light(repeating: draws.even(0.03, 0.2))
    default: return wall.mixed(Light(repeating: draws.chance(0.5) ? 1 : 0), draws.even(0.3, 0.6))
    }
  }

  /// A color that can be read on the ground.
  private static func ink(_ draws: inout ImageDraws, on ground: Light) -> Light {
    let difference = draws.even(0.22, 0.6)
    let isLighter = ground.luma < 0.35 || (ground.luma < 0.6 && draws.chance(0.6))
    let target = min(max(ground.luma + (isLighter ? difference : -difference), 0.02), 0.98)
    let tint = Light(
      hue: draws.pick([0.08, 0.12, 0.0, 0.62, 0.33, 0.55]),
      saturation: draws.chance(0.45) ? draws.even(0.2, 0.9) : 0.03,
      value: 1)
    // The tint at that brightness, as far as it can be had.
    let scaled = tint * (target / max(tint.luma, 0.05))
    let over = max(scaled.max() - 1, 0)
    return scaled.mixed(Light(repeating: target), min(over * 2, 1)).clamped(
      lowerBound: Light(repeating: 0), upperBound: Light(repeating: 1))
  }

  /// Draws the scene: the wall, what else is on it, the plate, the digits; then the camera.
  func draw(to image: UnsafeMutableBufferPointer<UInt8>, _ draws: inout ImageDraws) {
    var canvas = SoftCanvas(side: StreetDigits.side)
    canvas.turn(tangent: draws.bell() * 0.06)
    canvas.center = SIMD2(draws.bell() * 0.8, draws.bell() * 0.8)
    canvas.pixel = draws.even(0.92, 1.08)
    paintWall(&canvas, &draws)
    if draws.chance(0.35) { paintClutter(&canvas, &draws) }
    if hasPlate { paintPlate(&canvas, &draws) }
    // A facade that recedes: one side is smaller than the other.
    let recede = draws.bell() * 0.006
    for (digit, place) in neighbors { paint(digit, at: place, recede, &canvas, &draws) }
    paint(digit, at: 0, recede, &canvas, &draws)
    // The camera: focus, exposure, grain.
    let blur = draws.unit() * draws.unit()
    canvas.blur(0.08 + 0.17 * blur, passes: blur > 0.4 ? 3 : 1)
    let grain = 0.004 + 0.02 * draws.unit() * draws.unit()
    var noise = draws
    canvas.write(to: image) { noise.bell() * grain }
  }

  private func paintWall(_ canvas: inout SoftCanvas, _ draws: inout ImageDraws) {
    let light = SIMD2<Float>(draws.bell(), draws.bell()) * 0.006
    let blotches = (0..<3).map { _ in
      (SIMD2<Float>(draws.bell(), draws.bell()) * 0.12, draws.even(0, 20), draws.even(0.0, 0.05))
    }
    let color = wall
    canvas.fill { x, y in
      var shade = 1 + x * light.x + y * light.y
      // Soft stains: triangle waves along three directions.
      for (direction, phase, depth) in blotches {
        let wave = x * direction.x + y * direction.y + phase
        let saw = wave - wave.rounded(.down)
        shade += (pointwiseMin(saw, 1 - saw) * 4 - 1) * depth
      }
      return (shade * color.x, shade * color.y, shade * color.z)
    }
    switch draws.below(5) {
    case 0: paintBricks(&canvas, &draws)
    case 1: paintBoards(&canvas, &draws)
    default: break
    }
  }

  private func paintBricks(_ canvas: inout SoftCanvas, _ draws: inout ImageDraws) {
    let mortar = wall.mixed(Light(repeating: draws.chance(0.7) ? 0.8 : 0.1), 0.45)
    let height = draws.even(6, 10)
    let width = height * draws.even(1.8, 2.6)
    var row = 0
    var y = -20 + draws.even(0, height)
    while y < 22 {
      canvas.paint(SoftBox(0, y, 40, 0.35), mortar)
      var x = -24 + (row.isMultiple(of: 2) ? 0 : width / 2)
      while x < 24 {
        canvas.paint(SoftBox(x, y + height / 2, 0.35, height / 2), mortar)
        x += width
      }
      y += height
      row += 1
    }
  }

  private func paintBoards(_ canvas: inout SoftCanvas, _ draws: inout ImageDraws) {
    let gap = wall * draws.even(0.55, 0.85)
    let height = draws.even(5, 12)
    let isUpright = draws.chance(0.4)
    var place = -22 + draws.even(0, height)
    while place < 22 {
      canvas.paint(isUpright ? SoftBox(place, 0, 0.5, 40) : SoftBox(0, place, 40, 0.5), gap)
      place += height
    }
  }

  /// Parts of whatever else is at a house door: the edge of a frame, a lamp, a bell, a shadow.
  private func paintClutter(_ canvas: inout SoftCanvas, _ draws: inout ImageDraws) {
    let color = Light(hue: draws.unit(), saturation: draws.even(0, 0.6), value: draws.even(0.1, 0.9))
    let side: Float = draws.chance(0.5) ? 1 : -1
    switch draws.below(4) {
    case 0: canvas.paint(SoftBox(side * draws.even(15, 18), 0, draws.even(2, 5), 40), color)
    case 1: canvas.paint(SoftBox(0, side * draws.even(14, 18), 40, draws.even(1, 4)), color)
    case 2:
      let radius = draws.even(1.5, 3)
      canvas.paint(SoftEllipse(side * 13, draws.even(-14, 14), radius, radius), color)
    default:
      let corner = SIMD2<Float>(draws.even(-16, 16), -20)
      let end = corner + SIMD2(draws.even(-20, 20), 40)
      canvas.paint(SoftHalf(corner, end), Light(repeating: 0), opacity: draws.even(0.15, 0.4), softness: 2)
    }
  }

  private func paintPlate(_ canvas: inout SoftCanvas, _ draws: inout ImageDraws) {
    let step = type.height * type.width * 0.7
    let places = neighbors.map(\.place) + [0]
    let low = (places.min() ?? 0) - step * draws.even(0.6, 0.9)
    let high = (places.max() ?? 0) + step * draws.even(0.6, 0.9)
    let half = type.height * draws.even(0.58, 0.72)
    let isRound = draws.chance(0.2)
    let box = SoftBox(
      (low + high) / 2, 0, (high - low) / 2, half, radius: isRound ? half * 0.9 : draws.even(0, 3))
    canvas.paint(
      SoftBox(box.center.x + 0.8, 0.9, box.half.x, box.half.y, radius: box.radius), Light(), opacity: 0.35,
      softness: 2.5)
    canvas.paint(box, plate)
    if draws.chance(0.4) {
      let inner = SoftBox(box.center.x, 0, box.half.x - 1.2, box.half.y - 1.2, radius: box.radius)
      canvas.paint(SoftRim(inner, radius: 0.4), ink, opacity: 0.7)
    }
  }

  private func paint(
    _ digit: Int, at place: Float, _ recede: Float, _ canvas: inout SoftCanvas, _ draws: inout ImageDraws
  ) {
    let ways = PrintedDigits.lines[digit]
    let lines = ways[type.way % ways.count]
    let dip = draws.bell() * 0.5
    func strokes(_ shift: SIMD2<Float>, _ radius: Float) -> [PenStroke] {
      lines.map { line in
        PenStroke(
          line.map { point in
            let y = point.y * type.height
            let x = point.x * type.height * type.width - y * type.slant + place
            let scale = 1 + recede * x
            return SIMD2(x * scale, y * scale + dip) + shift
          }, radius: radius, contrast: type.contrast)
      }
    }
    let radius = type.radius * type.height
    switch relief {
    case .shadow(let shift):
      for stroke in strokes(shift, radius) { canvas.paint(stroke, Light(), opacity: 0.4, softness: 2.2) }
    case .outline:
      let edge = ink.luma > 0.5 ? Light(repeating: 0.05) : Light(repeating: 0.95)
      for stroke in strokes(SIMD2(), radius + 0.9) { canvas.paint(stroke, edge, opacity: 0.75) }
    case .none: break
    }
    for stroke in strokes(SIMD2(), radius) { canvas.paint(stroke, ink) }
  }
}

/// A line drawn with a pen whose level strokes are thinner than the upright ones by a factor.
struct PenStroke: SoftShape {
  private let stroke: SoftStroke
  private let contrast: Float

  init(_ points: [SIMD2<Float>], radius: Float, contrast: Float) {
    self.contrast = contrast
    stroke = SoftStroke(points.map { SIMD2($0.x, $0.y * contrast) }, radius: radius)
  }

  var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) {
    let (low, high) = stroke.bounds
    return (SIMD2(low.x, low.y / contrast), SIMD2(high.x, high.y / contrast))
  }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Lanes) -> Lanes { stroke.distance(x, y * contrast) }
}
