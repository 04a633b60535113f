import CZlib

/// Array files byte by byte, as NumPy writes them.
public enum NumpyBytes {
  /// An .npy file of a version with this header text.
  public static func npy(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let lengthBytes = version == 1 ? 2 : 4
    let padding = (64 - (8 + lengthBytes + header.utf8.count + 1) % 64) % 64
    let text = Array(header.utf8) + [UInt8](repeating: 0x20, count: padding) + [0x0A]
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + little(text.count, lengthBytes) + text + data
  }

  public static func npy(
    _ element: String, _ shape: [Int], _ data: [UInt8], isFortran: Bool = false, version: UInt8 = 1
  ) -> [UInt8] {
    let list = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    return npy(
      "{'descr': '\(element)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': (\(list)), }", data,
      version: version)
  }

  /// A ZIP archive; `hasLargeSizes` writes the sizes as ZIP64 does.
  public static func zip(
    _ members: [(name: String, bytes: [UInt8])], isDeflated: Bool = false, hasLargeSizes: Bool = false
  ) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in members {
      // Without zlib's own header of 2 bytes and check sum of 4.
      let data = isDeflated ? Array(PNGFile.compressed(bytes).dropFirst(2).dropLast(4)) : bytes
      let sum = bytes.withUnsafeBufferPointer { Int(crc32_z(0, $0.baseAddress, $0.count)) }
      let large = little(bytes.count, 8) + little(data.count, 8)
      let sizes =
        hasLargeSizes
        ? little(0xFFFF_FFFF, 4) + little(0xFFFF_FFFF, 4) : little(data.count, 4) + little(bytes.count, 4)
      let common =
        little(hasLargeSizes ? 45 : 20, 2) + little(0, 2) + little(isDeflated ? 8 : 0, 2) + little(0, 4)
        + little(sum, 4)
        + sizes + little(name.utf8.count, 2)
      let extra = hasLargeSizes ? little(1, 2) + little(16, 2) + large : []
      directory +=
        [0x50, 0x4B, 1, 2] + little(20, 2) + common + little(extra.count, 2) + little(0, 10)
        + little(file.count, 4)
        + Array(name.utf8) + extra
      file += [0x50, 0x4B, 3, 4] + common + little(extra.count, 2) + Array(name.utf8) + extra + data
    }
    let count = little(members.count, 2)
    return file + directory + [0x50, 0x4B, 5, 6] + little(0, 4) + count + count + little(directory.count, 4)
      + little(file.count, 4) + little(0, 2)
  }

  public static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
  }

  public static func floats(_ values: [Float], isBigEndian: Bool = false) -> [UInt8] {
    values.flatMap { value in
      withUnsafeBytes(of: isBigEndian ? value.bitPattern.bigEndian : value.bitPattern.littleEndian) {
        Array($0)
      }
    }
  }

  public static func doubles(_ values: [Double], isBigEndian: Bool = false) -> [UInt8] {
    values.flatMap { value in
      withUnsafeBytes(of: isBigEndian ? value.bitPattern.bigEndian : value.bitPattern.littleEndian) {
        Array($0)
      }
    }
  }
}
