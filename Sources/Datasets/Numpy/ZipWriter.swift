internal import Artifact
internal import CZlib

/// Writes a ZIP archive of stored members; sizes beyond 32 bits as ZIP64.
struct ZipWriter {
  private var directory: [UInt8] = []
  private var count = 0

  /// The time of all members: 1 January 1980, 0:00, so that equal arrays make equal files.
  private static let time = little(0, 2) + little(1 << 5 | 1, 2)
  private static let limit = 0xFFFF_FFFF

  mutating func add(name: String, _ bytes: [UInt8], to sink: inout AtomicFile.Sink) throws {
    let offset = sink.count
    let sum = Int(bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) })
    let isLarge = bytes.count >= Self.limit || offset >= Self.limit
    let version = Self.little(isLarge ? 45 : 20, 2)
    let size = isLarge ? Self.limit : bytes.count
    // Flags: the name is UTF-8. Method: stored.
    let common =
      version + Self.little(1 << 11, 2) + Self.little(0, 2) + Self.time + Self.little(sum, 4)
      + Self.little(size, 4) + Self.little(size, 4) + Self.little(name.utf8.count, 2)
    let sizes = Self.little(bytes.count, 8) + Self.little(bytes.count, 8)
    let localExtra = isLarge ? Self.little(1, 2) + Self.little(16, 2) + sizes : []
    let extra = isLarge ? Self.little(1, 2) + Self.little(24, 2) + sizes + Self.little(offset, 8) : []
    try sink.write(
      [0x50, 0x4B, 0x03, 0x04] + common + Self.little(localExtra.count, 2) + Array(name.utf8) + localExtra)
    try sink.write(bytes)
    directory += [0x50, 0x4B, 0x01, 0x02] + version + common + Self.little(extra.count, 2)
    // No comment, the first disk, no attributes.
    directory += Self.little(0, 2 + 2 + 2 + 4) + Self.little(isLarge ? Self.limit : offset, 4)
    directory += Array(name.utf8) + extra
    count += 1
  }

  func finish(_ sink: inout AtomicFile.Sink) throws {
    let begin = sink.count
    try sink.write(directory)
    if begin >= Self.limit || directory.count >= Self.limit || count >= 0xFFFF {
      let end = sink.count
      try sink.write(
        [0x50, 0x4B, 0x06, 0x06] + Self.little(44, 8) + Self.little(45, 2) + Self.little(45, 2)
          + Self.little(0, 8) + Self.little(count, 8) + Self.little(count, 8) + Self.little(directory.count, 8)
          + Self.little(begin, 8))
      try sink.write([0x50, 0x4B, 0x06, 0x07] + Self.little(0, 4) + Self.little(end, 8) + Self.little(1, 4))
    }
    let number = Self.little(min(count, 0xFFFF), 2)
    try sink.write(
      [0x50, 0x4B, 0x05, 0x06] + Self.little(0, 4) + number + number
        + Self.little(min(directory.count, Self.limit), 4) + Self.little(min(begin, Self.limit), 4)
        + Self.little(0, 2))
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
  }
}
