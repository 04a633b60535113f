import CZlib

/// PNG files made chunk by chunk (W3C: "Portable Network Graphics (PNG) Specification", second edition), so that tests
/// have kinds that writers seldom make.
public struct PNGFile {
  public enum ColorType: UInt8 {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyAlpha = 4
    case rgba = 6

    var samples: Int {
      switch self {
      case .grey, .palette: 1
      case .rgb: 3
      case .greyAlpha: 2
      case .rgba: 4
      }
    }
  }

  public let width: Int
  public let height: Int
  public let colorType: ColorType
  /// 8 or 16.
  public var depth = 8
  /// Interlaced after Adam M. Costello's scheme.
  public var isInterlaced = false
  /// Red, green and blue of each entry.
  public var palette: [UInt8] = []
  /// The palette's alpha.
  public var transparency: [UInt8] = []
  /// Row-major samples, big-endian for 16 bits; none for a file that ends before its pixels.
  public let samples: [UInt8]

  public init(width: Int, height: Int, _ colorType: ColorType, _ samples: [UInt8], depth: Int = 8) {
    self.width = width
    self.height = height
    self.colorType = colorType
    self.samples = samples
    self.depth = depth
  }

  public var bytes: [UInt8] {
    let header =
      big(width) + big(height) + [UInt8(depth), colorType.rawValue, 0, 0, isInterlaced ? 1 : 0]
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Self.chunk("IHDR", header)
    if !palette.isEmpty { file += Self.chunk("PLTE", palette) }
    if !transparency.isEmpty { file += Self.chunk("tRNS", transparency) }
    return file + Self.chunk("IDAT", Self.compressed(rows)) + Self.chunk("IEND", [])
  }

  /// Unfiltered rows, those of one pass behind those of the other where there are passes.
  private var rows: [UInt8] {
    if samples.isEmpty { return [] }
    let size = colorType.samples * depth / 8
    let passes =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    return passes.flatMap { x, y, columns, lines in
      stride(from: y, to: height, by: lines).flatMap { row -> [UInt8] in
        let places = stride(from: x, to: width, by: columns)
        let pixels = places.flatMap { samples[((row * width + $0) * size)..<((row * width + $0 + 1) * size)] }
        return pixels.isEmpty ? [] : [0] + pixels
      }
    }
  }

  public static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(kind.utf8) + data
    let sum = body.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
    return big(data.count) + body + big(Int(sum))
  }

  public static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(size))
    compress2(&result, &size, bytes, UInt(bytes.count), 6)
    return Array(result.prefix(Int(size)))
  }

  private func big(_ value: Int) -> [UInt8] { Self.big(value) }

  private static func big(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
