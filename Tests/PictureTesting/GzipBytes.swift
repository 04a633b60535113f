import CZlib

/// A file as gzip makes it (RFC 1952), deflated.
public func gzipped(_ bytes: [UInt8]) -> [UInt8] {
  // Without zlib's own header of 2 bytes and check sum of 4.
  let data = PNGFile.compressed(bytes).dropFirst(2).dropLast(4)
  let sum = bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
  func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
  return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + data + little(sum) + little(UInt32(bytes.count))
}
