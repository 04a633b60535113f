/// MATLAB files of level 5 byte by byte.
public enum MATBytes {
  /// The classes of arrays and the types of stored numbers that tests need.
  public enum Kind: Int {
    case double = 6
    case uint8 = 9
    case cell = 1

    var stored: (type: Int, size: Int) {
      switch self {
      case .double: (9, 8)
      case .uint8: (2, 1)
      case .cell: (14, 1)
      }
    }
  }

  /// A file of these variables.
  public static func file(_ variables: [[UInt8]], isBigEndian: Bool = false) -> [UInt8] {
    let text = Array("MATLAB 5.0 MAT-file".utf8)
    return text + [UInt8](repeating: 0x20, count: 116 - text.count) + [UInt8](repeating: 0, count: 8)
      + number(0x0100, 2, isBigEndian) + (isBigEndian ? [0x4D, 0x49] : [0x49, 0x4D]) + variables.joined()
  }

  /// A variable; `data` are its numbers as bytes in the file's order.
  public static func variable(
    _ name: String, _ shape: [Int], _ kind: Kind, _ data: [UInt8], isCompressed: Bool = false,
    isBigEndian: Bool = false
  ) -> [UInt8] {
    let big = isBigEndian
    let flags = element(6, number(kind.rawValue, 4, big) + number(0, 4, big), big)
    let sizes = element(5, shape.flatMap { number($0, 4, big) }, big)
    let body = flags + sizes + element(1, Array(name.utf8), big) + element(kind.stored.type, data, big)
    let matrix = number(14, 4, big) + number(body.count, 4, big) + body
    guard isCompressed else { return matrix }
    let compressed = PNGFile.compressed(matrix)
    return number(15, 4, big) + number(compressed.count, 4, big) + compressed
  }

  /// An element; up to four bytes in the small form.
  private static func element(_ type: Int, _ data: [UInt8], _ big: Bool) -> [UInt8] {
    if (1...4).contains(data.count) {
      return number(data.count << 16 | type, 4, big) + data + [UInt8](repeating: 0, count: 4 - data.count)
    }
    return number(type, 4, big) + number(data.count, 4, big) + data
      + [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
  }

  public static func number(_ value: Int, _ count: Int, _ isBigEndian: Bool) -> [UInt8] {
    let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return isBigEndian ? little.reversed() : little
  }
}
