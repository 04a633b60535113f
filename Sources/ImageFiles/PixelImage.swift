/// A picture in memory: rows from the top, pixels from the left, the channels of a pixel together.
public struct PixelImage: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// 1 (grey) or 3 (red, green, blue).
  public let channels: Int
  /// `height * width * channels` bytes.
  public let bytes: [UInt8]

  /// A picture of these bytes; nil where they are not as many as the sizes say, or a size is not positive.
  public init?(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    guard width > 0, height > 0, channels == 1 || channels == 3 else { return nil }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= Int.max / 4, bytes.count == pixels * channels else { return nil }
    self.init(width, height, channels, bytes)
  }

  /// For callers that have counted.
  init(_ width: Int, _ height: Int, _ channels: Int, _ bytes: [UInt8]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.bytes = bytes
  }

  /// The picture with as many channels: grey is repeated, color becomes its luma (ITU-R BT.601-7, section 2.5.1, on the
  /// bytes as they are, rounded to nearest).
  public func withChannels(_ wanted: Int) -> PixelImage {
    switch (channels, wanted) {
    case (1, 3): PixelImage(width, height, 3, bytes.flatMap { [$0, $0, $0] })
    case (3, 1):
      PixelImage(
        width, height, 1,
        stride(from: 0, to: bytes.count, by: 3).map { Color.luma(bytes[$0], bytes[$0 + 1], bytes[$0 + 2]) })
    default: self
    }
  }
}

/// A color of 8 bits per channel.
public struct Color: Sendable, Equatable {
  public let red: UInt8
  public let green: UInt8
  public let blue: UInt8

  public static let white = Color(red: 255, green: 255, blue: 255)
  public static let black = Color(red: 0, green: 0, blue: 0)

  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// The color that `white`, `black`, `grey` (128) or six hexadecimal digits name; nil for another text.
  public init?(_ text: String) {
    switch text.lowercased() {
    case "white": self = .white
    case "black": self = .black
    case "grey", "gray": self.init(red: 128, green: 128, blue: 128)
    case let digits where digits.utf8.count == 6 && digits.allSatisfy(\.isHexDigit):
      guard let value = UInt32(digits, radix: 16) else { return nil }
      self.init(
        red: UInt8(value >> 16 & 255), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255))
    default: return nil
    }
  }

  /// Six hexadecimal digits.
  public var hex: String {
    [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The grey that a color becomes: 0.299 R + 0.587 G + 0.114 B, rounded to nearest.
  public static func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum: Int = 299 * Int(red) + 587 * Int(green) + 114 * Int(blue)
    return UInt8((sum + 500) / 1000)
  }

  /// The channels of a picture of this color.
  func channels(_ count: Int) -> [UInt8] {
    count == 1 ? [Self.luma(red, green, blue)] : [red, green, blue]
  }
}
