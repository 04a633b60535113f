/// What is particular to one cartoon face: its attributes, which are known of each image, and proportions, which are not.
struct FaceTraits {
  /// The attributes in the order of their values' names below.
  let glasses: Int
  let isSmiling: Bool
  let hairColor: Int
  let hair: Hair
  let skin: Int
  let hat: Hat
  let hasBeard: Bool
  let background: Int

  enum Hair: Int, CaseIterable {
    case bald, short, long, curly, bun
  }

  enum Hat: Int, CaseIterable {
    case none, cap, beanie, tall
  }

  // Proportions, in pixels of an upright face.
  let headWidth: Float
  let headHeight: Float
  let jaw: Float
  let eyeDistance: Float
  let eyeSize: Float
  let eyeHeight: Float
  let gaze: SIMD2<Float>
  let browLift: Float
  let browTilt: Float
  let mouthWidth: Float
  let mouthCurve: Float
  let isMouthOpen: Bool
  let noseSize: Float
  let partSide: Float
  let iris: Light
  let shirt: Light
  let hatColor: Light
  let glassesColor: Light

  static let hairColors: [(name: String, light: Light)] = [
    ("black", Light(0.10, 0.08, 0.09)), ("brown", Light(0.36, 0.21, 0.11)), ("blond", Light(0.90, 0.73, 0.36)),
    ("red", Light(0.72, 0.28, 0.10)), ("grey", Light(0.72, 0.72, 0.74)),
  ]
  static let skins: [(name: String, light: Light)] = [
    ("pale", Light(0.99, 0.87, 0.78)), ("light", Light(0.96, 0.78, 0.64)), ("tan", Light(0.85, 0.63, 0.45)),
    ("brown", Light(0.62, 0.42, 0.28)), ("dark", Light(0.40, 0.26, 0.18)),
  ]
  static let backgrounds: [(name: String, light: Light)] = [
    ("blue", Light(0.55, 0.75, 0.93)), ("green", Light(0.62, 0.83, 0.60)), ("yellow", Light(0.98, 0.88, 0.55)),
    ("pink", Light(0.97, 0.73, 0.78)), ("violet", Light(0.73, 0.66, 0.89)), ("grey", Light(0.80, 0.81, 0.82)),
  ]
  private static let irises = [
    Light(0.25, 0.45, 0.75), Light(0.28, 0.52, 0.32), Light(0.38, 0.24, 0.13), Light(0.18, 0.12, 0.09),
    Light(0.45, 0.52, 0.56),
  ]

  /// Names and names of the values of the attributes, as `values` gives them.
  static let attributes: [(name: String, values: [String])] = [
    ("glasses", ["none", "round", "square", "sun"]), ("smile", ["no", "yes"]),
    ("hair-color", hairColors.map(\.name)), ("hair", ["bald", "short", "long", "curly", "bun"]),
    ("skin", skins.map(\.name)), ("hat", ["none", "cap", "beanie", "tall"]), ("beard", ["no", "yes"]),
    ("background", backgrounds.map(\.name)),
  ]

  var values: [Int] {
    [
      glasses, isSmiling ? 1 : 0, hairColor, hair.rawValue, skin, hat.rawValue, hasBeard ? 1 : 0, background,
    ]
  }

  init(_ draws: inout ImageDraws) {
    glasses = draws.chance(0.4) ? 1 + draws.below(3) : 0
    isSmiling = draws.chance(0.5)
    hairColor = draws.below(Self.hairColors.count)
    hair = draws.pick([.bald, .short, .short, .short, .long, .long, .long, .curly, .curly, .bun])
    skin = draws.below(Self.skins.count)
    hat = draws.chance(0.25) ? draws.pick([.cap, .beanie, .tall]) : .none
    hasBeard = draws.chance(hair == .long || hair == .bun ? 0.04 : 0.3)
    background = draws.below(Self.backgrounds.count)
    headWidth = 14.2 + draws.bell() * 0.9
    headHeight = 17 + draws.bell() * 0.9
    jaw = draws.even(0.55, 0.95)
    eyeDistance = 6.1 + draws.bell() * 0.45
    eyeSize = 2.9 + draws.bell() * 0.3
    eyeHeight = -0.8 + draws.bell() * 0.6
    gaze = SIMD2(draws.bell() * 0.55, draws.bell() * 0.3)
    browLift = draws.even(0, 1.6)
    browTilt = draws.bell() * 0.5
    mouthWidth = draws.even(4, 6)
    mouthCurve = isSmiling ? draws.even(2.6, 4.4) : draws.even(-1.6, 0.5)
    isMouthOpen = isSmiling && draws.chance(0.5)
    noseSize = draws.even(1.4, 2.4)
    partSide = draws.chance(0.5) ? 1 : -1
    iris = draws.pick(Self.irises)
    shirt = Light(hue: draws.unit(), saturation: draws.even(0.25, 0.8), value: draws.even(0.35, 0.9))
    hatColor = Light(hue: draws.unit(), saturation: draws.even(0.35, 0.85), value: draws.even(0.3, 0.85))
    glassesColor = draws.pick([
      Light(0.08, 0.08, 0.1), Light(0.45, 0.2, 0.1), Light(0.6, 0.1, 0.15), Light(0.15, 0.25, 0.5),
    ])
  }
}
