/// Draws one cartoon face, from the background to the hat, in a scene whose middle is the root of the nose.
struct CartoonFace {
  private let traits: FaceTraits
  private let skin: Light
  private let hair: Light
  /// The skin where less light falls.
  private let shade: Light
  private let head: SoftEllipse
  private let chin: SoftEllipse

  init(_ traits: FaceTraits) {
    self.traits = traits
    skin = FaceTraits.skins[traits.skin].light
    hair = FaceTraits.hairColors[traits.hairColor].light
    shade = skin * Light(0.80, 0.72, 0.70)
    head = SoftEllipse(0, 0, traits.headWidth, traits.headHeight)
    chin = SoftEllipse(0, 5, traits.headWidth * (0.62 + 0.3 * traits.jaw), traits.headHeight - 4)
  }

  func draw(to image: UnsafeMutableBufferPointer<UInt8>, _ draws: inout ImageDraws) {
    var canvas = SoftCanvas(side: CartoonFaces.side)
    canvas.turn(tangent: draws.bell() * 0.07)
    canvas.center = SIMD2(draws.bell() * 1.0, -1 + draws.bell() * 1.0)
    canvas.pixel = draws.even(0.86, 1.02)
    let light: Float = draws.chance(0.5) ? 1 : -1
    paintBackground(&canvas, &draws)
    paintHairBehind(&canvas)
    paintBody(&canvas)
    paintHead(&canvas, light)
    paintBeard(&canvas)
    paintMouth(&canvas)
    paintNose(&canvas, light)
    for side in [-1, 1] as [Float] { paintEye(&canvas, side) }
    paintHairInFront(&canvas)
    paintGlasses(&canvas)
    paintHat(&canvas)
    canvas.blur(0.06)
    var noise = draws
    canvas.write(to: image) { noise.bell() * 0.006 }
  }

  private func paintBackground(_ canvas: inout SoftCanvas, _ draws: inout ImageDraws) {
    let color = FaceTraits.backgrounds[traits.background].light * draws.even(0.88, 1.05)
    let slope = SIMD2<Float>(draws.bell() * 0.003, -0.004 + draws.bell() * 0.002)
    canvas.fill { x, y in
      let light = 0.97 + x * slope.x + y * slope.y
      return (light * color.x, light * color.y, light * color.z)
    }
    if draws.chance(0.3) {
      let spot = SoftEllipse(draws.even(-25, 25), draws.even(-25, 0), draws.even(8, 16), draws.even(8, 16))
      canvas.paint(spot, Light(repeating: 1), opacity: 0.25, softness: 6)
    }
  }

  private func paintBody(_ canvas: inout SoftCanvas) {
    let top = traits.headHeight + 6
    let dark = traits.shirt * 0.75
    canvas.paint(SoftBox(0, top + 14, 23, 14, radius: 11), traits.shirt)
    canvas.paint(SoftBox(0, traits.headHeight + 1, 5.6, 8, radius: 4), shade)
    canvas.paint(SoftBoth(SoftEllipse(0, top + 1, 8, 5), SoftBox(0, top + 10, 30, 10)), dark)
    canvas.paint(SoftBoth(SoftEllipse(0, top, 6.2, 4.2), SoftBox(0, top + 9, 30, 10)), shade)
  }

  private func paintHead(_ canvas: inout SoftCanvas, _ light: Float) {
    let ear = traits.headWidth - 0.2
    for side in [-1, 1] as [Float] {
      canvas.paint(SoftEllipse(side * ear, 1.5, 2.9, 4), skin)
      canvas.paint(SoftEllipse(side * (ear + 0.2), 1.7, 1.4, 2.3), shade, opacity: 0.7)
    }
    // Jaw and skull; the side away from the light and the neck's edge are darker.
    let jaw = SoftBoth(chin, SoftBox(0, 13, 40, 12.5))
    canvas.paint(jaw, shade)
    canvas.paint(SoftBoth(head, SoftBox(0, -12, 40, 17)), shade)
    let shift = light * 1.6
    let lit = SoftEllipse(shift, 0, traits.headWidth - 0.6, traits.headHeight)
    canvas.paint(SoftBoth(SoftBoth(lit, head), SoftBox(0, -12, 40, 17)), skin, softness: 2)
    let litChin = SoftEllipse(shift, 4.4, chin.radii.x - 0.6, chin.radii.y)
    canvas.paint(SoftBoth(SoftBoth(litChin, chin), SoftBox(0, 12.5, 40, 12.5)), skin, softness: 2)
    canvas.paint(SoftBox(shift * 0.6, 1.5, traits.headWidth * 0.72, 7), skin, softness: 3)
    let blush = skin.mixed(Light(0.92, 0.38, 0.36), 0.45)
    for side in [-1, 1] as [Float] {
      canvas.paint(
        SoftEllipse(side * (traits.eyeDistance + 2.2), 6.2, 2.6, 1.8), blush,
        opacity: traits.isSmiling ? 0.75 : 0.3,
        softness: 2.5)
    }
  }

  private func paintEye(_ canvas: inout SoftCanvas, _ side: Float) {
    let (x, y) = (side * traits.eyeDistance, traits.eyeHeight)
    let size = traits.eyeSize
    // A smile lifts the lower lid.
    let white = SoftEllipse(x, y, size, size * (traits.isSmiling ? 0.78 : 0.9))
    canvas.paint(SoftEllipse(x, y - 0.5, size + 0.7, size * 0.9 + 0.4), Light(repeating: 0.12), opacity: 0.8)
    canvas.paint(white, Light(repeating: 0.98))
    let eye = traits.gaze + SIMD2(x, y)
    canvas.paint(SoftBoth(SoftEllipse(eye.x, eye.y, size * 0.62, size * 0.62), white), traits.iris)
    canvas.paint(SoftBoth(SoftEllipse(eye.x, eye.y, size * 0.32, size * 0.32), white), Light(repeating: 0.04))
    canvas.paint(SoftEllipse(eye.x - 0.7, eye.y - 0.8, 0.5, 0.5), Light(repeating: 1), opacity: 0.9)
    let brow = y - size - 1.2 - traits.browLift
    let tilt = traits.browTilt * side
    let color = traits.hair == .bald ? hair.mixed(skin, 0.25) : hair.mixed(Light(), 0.25)
    canvas.paint(
      SoftStroke(
        curve: SIMD2(x - 3.2, brow + 0.8 - tilt), SIMD2(x, brow - 0.9), SIMD2(x + 3.2, brow + 0.8 + tilt),
        radius: 0.75), color)
  }

  private func paintNose(_ canvas: inout SoftCanvas, _ light: Float) {
    let size = traits.noseSize
    let y = 4.6 + traits.eyeHeight * 0.3
    let dark = skin * Light(0.72, 0.62, 0.60)
    canvas.paint(
      SoftStroke(
        curve: SIMD2(-light * 0.3, y - 3.5), SIMD2(-light * (0.8 + size * 0.5), y - 0.6),
        SIMD2(-light * size, y + 0.8),
        radius: 0.4), dark, opacity: 0.6)
    canvas.paint(
      SoftStroke(curve: SIMD2(-size, y + 0.7), SIMD2(0, y + 2.2), SIMD2(size, y + 0.7), radius: 0.5), dark,
      opacity: 0.9)
  }

  private func paintMouth(_ canvas: inout SoftCanvas) {
    let y: Float = 10.2 - traits.mouthCurve * 0.3
    let (width, curve) = (traits.mouthWidth, traits.mouthCurve)
    let lip = skin.mixed(Light(0.62, 0.12, 0.14), traits.hair == .long ? 0.8 : 0.55)
    if traits.isMouthOpen {
      let mouth = SoftBoth(SoftEllipse(0, y, width, curve + 0.8), SoftBox(0, y + 10, 30, 10))
      canvas.paint(
        SoftBoth(SoftEllipse(0, y - 0.3, width + 0.8, curve + 1.8), SoftBox(0, y + 9.2, 30, 10)), lip)
      canvas.paint(mouth, Light(0.35, 0.05, 0.07))
      canvas.paint(SoftBoth(mouth, SoftBox(0, y, 30, 1.3)), Light(repeating: 0.97))
      canvas.paint(SoftBoth(mouth, SoftEllipse(0, y + curve + 1, width * 0.6, 1.8)), Light(0.85, 0.35, 0.36))
    } else {
      canvas.paint(
        SoftStroke(curve: SIMD2(-width, y), SIMD2(0, y + curve * 1.7), SIMD2(width, y), radius: 0.75), lip)
    }
  }

  private func paintBeard(_ canvas: inout SoftCanvas) {
    guard traits.hasBeard else { return }
    let color = hair.mixed(skin, 0.12)
    let jaw = SoftEllipse(chin.center.x, chin.center.y + 0.8, chin.radii.x + 0.7, chin.radii.y + 0.6)
    let below = SoftBoth(jaw, SoftBox(0, 17, 40, 13))
    canvas.paint(SoftWithout(below, SoftEllipse(0, 3, traits.headWidth * 0.74, 7)), color)
    canvas.paint(SoftEllipse(0, 11, traits.mouthWidth + 1.2, 3.2), skin)
    canvas.paint(
      SoftStroke(
        curve: SIMD2(-traits.mouthWidth - 0.6, 9.6), SIMD2(0, 6.6), SIMD2(traits.mouthWidth + 0.6, 9.6),
        radius: 1.2),
      color)
  }

  private func paintHairBehind(_ canvas: inout SoftCanvas) {
    let (w, h) = (traits.headWidth, traits.headHeight)
    let dark = hair * 0.8
    switch traits.hair {
    case .bald, .short: break
    case .long: canvas.paint(SoftBox(0, 6, w + 3.4, h + 6, radius: w + 2), dark)
    case .curly:
      for (x, y) in [(-1, 0.25), (-1.05, -0.15), (-0.85, -0.6), (1, 0.25), (1.05, -0.15), (0.85, -0.6)]
        as [(Float, Float)]
      {
        canvas.paint(SoftEllipse(x * w, y * h, 5.2, 5.4), dark)
      }
    case .bun:
      canvas.paint(SoftEllipse(0, -h - 3.4, 6, 5.2), dark)
      canvas.paint(SoftEllipse(0, -2, w + 1.6, h), dark)
    }
  }

  private func paintHairInFront(_ canvas: inout SoftCanvas) {
    let (w, h) = (traits.headWidth, traits.headHeight)
    let part = traits.partSide
    // The skull's outline a little outside the head, down to the hairline.
    let skull = SoftEllipse(0, -1, w + 1.3, h + 0.9)
    let gloss = hair.mixed(Light(repeating: 1), 0.22)
    switch traits.hair {
    case .bald: return
    case .short:
      let line = SoftEllipse(part * 2.5, 2.5, w * 0.92, h * 0.72)
      canvas.paint(SoftWithout(SoftBoth(skull, SoftBox(0, -17, 40, 18)), line), hair)
    case .long:
      let line = SoftEllipse(part * 4, 6, w * 0.86, h * 0.95)
      canvas.paint(SoftWithout(SoftBoth(skull, SoftBox(0, -13, 40, 17)), line), hair)
      for side in [-1, 1] as [Float] {
        canvas.paint(
          SoftStroke(
            curve: SIMD2(side * w * 0.9, -6), SIMD2(side * (w + 2.6), 6), SIMD2(side * (w + 0.8), h + 2),
            radius: 2.4),
          hair)
      }
    case .curly:
      let line = SoftEllipse(0, 4, w * 0.9, h * 0.85)
      canvas.paint(SoftWithout(SoftBoth(skull, SoftBox(0, -16, 40, 16)), line), hair)
      for (x, y) in [(-0.8, -0.55), (-0.45, -0.85), (0, -0.98), (0.45, -0.85), (0.8, -0.55)] as [(Float, Float)]
      {
        canvas.paint(SoftEllipse(x * w, y * h, 4.6, 4.2), hair)
        canvas.paint(SoftEllipse(x * w - 0.8, y * h - 1.2, 1.6, 1.2), gloss, opacity: 0.5, softness: 1.5)
      }
      return
    case .bun:
      let line = SoftEllipse(0, 5, w * 0.93, h * 0.9)
      canvas.paint(SoftWithout(SoftBoth(skull, SoftBox(0, -15, 40, 16)), line), hair)
    }
    canvas.paint(
      SoftStroke(
        curve: SIMD2(-part * w * 0.5, -h * 0.72), SIMD2(-part * 1, -h * 0.98),
        SIMD2(part * w * 0.35, -h * 0.86),
        radius: 0.7), gloss, opacity: 0.5, softness: 2)
  }

  private func paintGlasses(_ canvas: inout SoftCanvas) {
    guard traits.glasses > 0 else { return }
    let y = traits.eyeHeight + 0.3
    let isSun = traits.glasses == 3
    let color = traits.glassesColor
    for side in [-1, 1] as [Float] {
      let x = side * traits.eyeDistance
      let lens =
        traits.glasses == 2
        ? SoftBox(x, y, 4.7, 3.7, radius: 1) : SoftBox(x, y, 4.6, isSun ? 4 : 4.6, radius: 4.6)
      if isSun {
        canvas.paint(lens, Light(0.06, 0.07, 0.10), opacity: 0.93)
        canvas.paint(
          SoftStroke([SIMD2(x - 2.4, y + 1), SIMD2(x - 0.4, y - 2)], radius: 0.6), Light(repeating: 1),
          opacity: 0.35)
      } else {
        canvas.paint(lens, Light(0.85, 0.93, 1), opacity: 0.16)
      }
      canvas.paint(SoftRim(lens, radius: 0.65), color)
      canvas.paint(
        SoftStroke(
          [SIMD2(x + side * 4.7, y - 1), SIMD2(side * (traits.headWidth + 0.5), y - 1.6)], radius: 0.6), color)
    }
    canvas.paint(
      SoftStroke(
        curve: SIMD2(-traits.eyeDistance + 4.6, y - 0.6), SIMD2(0, y - 2),
        SIMD2(traits.eyeDistance - 4.6, y - 0.6),
        radius: 0.6), color)
  }

  private func paintHat(_ canvas: inout SoftCanvas) {
    let (w, h) = (traits.headWidth, traits.headHeight)
    let color = traits.hatColor
    let dark = color * 0.7
    let brow = -h * 0.52
    switch traits.hat {
    case .none: return
    case .cap:
      canvas.paint(SoftBoth(SoftEllipse(0, brow, w + 2, h * 0.66), SoftBox(0, brow - 20, 40, 20)), color)
      canvas.paint(SoftEllipse(traits.partSide * 6, brow, w * 0.95, 2.4), dark)
      canvas.paint(SoftEllipse(0, brow - h * 0.64, 1.3, 1), dark)
    case .beanie:
      canvas.paint(SoftBoth(SoftEllipse(0, brow, w + 2.2, h * 0.74), SoftBox(0, brow - 20, 40, 20)), color)
      canvas.paint(SoftBox(0, brow - 0.6, w + 2.4, 2.7, radius: 2), dark)
      canvas.paint(SoftEllipse(0, brow - h * 0.78, 3.2, 3), color.mixed(Light(repeating: 1), 0.55))
    case .tall:
      canvas.paint(SoftBox(0, brow - 9, w * 0.78, 9.5, radius: 1), color)
      canvas.paint(SoftBox(0, brow - 3, w * 0.78, 1.8), dark)
      canvas.paint(SoftBox(0, brow, w + 5, 1.5, radius: 1.4), color)
    }
  }
}
