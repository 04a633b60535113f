import Foundation

/// A folder of its own for a test's files; removed with the object.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-datasets-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, making its folders, and returns its path.
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }
}

/// The bytes of an IDX file.
func idx(_ dimensions: [Int], _ elements: [UInt8], type: UInt8 = 8) -> [UInt8] {
  var bytes: [UInt8] = [0, 0, type, UInt8(dimensions.count)]
  for size in dimensions { for shift in [24, 16, 8, 0] { bytes.append(UInt8(size >> shift & 255)) } }
  return bytes + elements
}

/// `gzip -n` of `idx([2, 3], [0, 1, 2, 3, 4, 5])`, made by gzip 1.12.
let gzippedSixElements: [UInt8] = [
  0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x63, 0x60, 0xE0, 0x60, 0x62, 0x60,
  0x60, 0x00, 0x61, 0x66, 0x06, 0x46, 0x26, 0x66, 0x16, 0x56, 0x00, 0x26, 0x2C, 0x23, 0x54, 0x12,
  0x00, 0x00, 0x00,
]

/// Wraps bytes as gzip (RFC 1952) in one stored block, so that tests need no compressor: up to 65,535 bytes.
func stored(_ bytes: [UInt8]) -> [UInt8] {
  func little(_ value: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
  }
  let count = UInt32(bytes.count)
  return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1] + little(count, 2) + little(~count, 2) + bytes
    + little(crc32(bytes), 4) + little(count, 4)
}

/// The check sum of RFC 1952, section 8, bit by bit.
private func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(0xFFFF_FFFF as UInt32) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { word, _ in word & 1 == 1 ? word >> 1 ^ 0xEDB8_8320 : word >> 1 }
  }
}

/// The single line that an error prints, or what came instead of one.
func message(_ body: () throws -> Any) -> String {
  do { return "no error: \(try body())" } catch { return String(describing: error) }
}
