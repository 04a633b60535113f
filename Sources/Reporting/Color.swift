/// An sRGB color, components and opacity in 0...1.
public struct Color: Sendable, Equatable {
  public var red: Double
  public var green: Double
  public var blue: Double
  public var opacity: Double

  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  /// The color of a web code such as `0x0072B2`.
  public init(hex: UInt32, opacity: Double = 1) {
    self.init(
      red: Double((hex >> 16) & 0xFF) / 255, green: Double((hex >> 8) & 0xFF) / 255,
      blue: Double(hex & 0xFF) / 255, opacity: opacity)
  }

  /// A grey: 0 is black, 1 white.
  public static func gray(_ level: Double) -> Color { Color(red: level, green: level, blue: level) }
  public static let black = Color.gray(0)
  public static let white = Color.gray(1)

  /// The same color, let through by `opacity`.
  public func withOpacity(_ opacity: Double) -> Color {
    Color(red: red, green: green, blue: blue, opacity: opacity)
  }

  /// The same hue, `amount` (0...1) of the way to black: for text that must be read on white.
  public func darkened(by amount: Double) -> Color {
    let keep = 1 - amount
    return Color(red: red * keep, green: green * keep, blue: blue * keep, opacity: opacity)
  }
}

/// Colors that readers with any of the common color vision deficiencies can tell apart.
public enum Palette {
  /// For lines. Okabe and Ito, "Color Universal Design" (2008), without their yellow, which is lost on white.
  public static let lines: [Color] = [
    Color(hex: 0x0072B2), Color(hex: 0xD55E00), Color(hex: 0x009E73), Color(hex: 0xCC79A7),
    Color(hex: 0xE69F00), Color(hex: 0x56B4E9), Color(hex: 0x000000),
  ]

  /// For up to ten classes of points. Petroff, "Accessible Color Sequences for Data Visualization" (2021,
  /// arXiv:2107.02270), the sequence of ten.
  public static let classes: [Color] = [
    Color(hex: 0x3F90DA), Color(hex: 0xFFA90E), Color(hex: 0xBD1F01), Color(hex: 0x94A4A2),
    Color(hex: 0x832DB6), Color(hex: 0xA96B59), Color(hex: 0xE76300), Color(hex: 0xB9AC70),
    Color(hex: 0x717581), Color(hex: 0x92DADD),
  ]

  /// Marks what is not a number in a picture: Okabe and Ito's vermilion.
  public static let notANumber = Color(hex: 0xD55E00)

  static func line(_ index: Int) -> Color { lines[wrapped(index, lines.count)] }
  static func forClass(_ index: Int) -> Color { classes[wrapped(index, classes.count)] }

  /// Any index, negative ones too, as one of `count`.
  private static func wrapped(_ index: Int, _ count: Int) -> Int {
    let remainder = index % count
    return remainder < 0 ? remainder + count : remainder
  }
}
