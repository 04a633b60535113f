internal import CZlib

/// The directory of a ZIP archive (PKWARE's APPNOTE 6.3.9, sections 4.3 to 4.5), ZIP64 included: enough to read the
/// members of an .npz file, which are stored or deflated.
struct ZipArchive {
  struct Member {
    let name: String
    /// Where its local header begins.
    let header: Int
    let compressedBytes: Int
    let bytes: Int
    let checksum: UInt32
    let isDeflated: Bool
  }

  let file: PositionedFile
  let members: [Member]

  static let signature: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
  /// Of an archive without members.
  static let emptySignature: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
  private static let longestDirectory = 1 << 26

  init(_ file: PositionedFile) throws {
    self.file = file
    var end = try Self.findEnd(file)
    guard end.count <= 1 << 20, end.bytes <= Self.longestDirectory, end.bytes <= file.size,
      end.begin <= file.size - end.bytes
    else { throw Self.damaged(file.path, "its directory lies outside the file") }
    var words = Words(try Self.read(file, at: end.begin, count: end.bytes), file.path)
    var members: [Member] = []
    while end.count > 0 {
      members.append(try Self.member(&words))
      end.count -= 1
    }
    self.members = members
  }

  /// A reader of a member's bytes, which verifies their number and check sum at their end.
  func open(_ member: Member) throws -> any ByteReader {
    let name = "\(file.path)' member '\(member.name)"
    let range = try dataRange(member)
    let raw = FileReader(file, range: range, name: name)
    let source: any ByteReader = member.isDeflated ? try InflateReader(source: raw, .none) : raw
    return CheckedReader(source, bytes: member.bytes, checksum: member.checksum)
  }

  /// Where the bytes of a member lie: behind its local header, whose lengths may differ from the directory's.
  func dataRange(_ member: Member) throws -> Range<Int> {
    guard member.header <= file.size - 30 else {
      throw Self.damaged(file.path, "a member lies outside the file")
    }
    var words = Words(try Self.read(file, at: member.header, count: 30), file.path)
    guard try words.bytes(4) == Self.signature else {
      throw Self.damaged(file.path, "a member is not where the directory says")
    }
    _ = try words.bytes(22)
    let begin = member.header + 30 + (try words.number(2)) + (try words.number(2))
    guard begin <= file.size, member.compressedBytes <= file.size - begin else {
      throw Self.damaged(file.path, "a member lies outside the file")
    }
    return begin..<(begin + member.compressedBytes)
  }

  private static func member(_ words: inout Words) throws -> Member {
    guard try words.bytes(4) == [0x50, 0x4B, 0x01, 0x02] else {
      throw damaged(words.path, "its directory is not one")
    }
    _ = try words.bytes(4)
    let flags = try words.number(2)
    let method = try words.number(2)
    _ = try words.bytes(4)
    let checksum = UInt32(truncatingIfNeeded: try words.number(4))
    var compressed = try words.number(4)
    var bytes = try words.number(4)
    let (nameLength, extraLength, commentLength) = (
      try words.number(2), try words.number(2), try words.number(2)
    )
    _ = try words.bytes(8)
    var header = try words.number(4)
    let name = String(decoding: try words.bytes(nameLength), as: UTF8.self)
    var extra = Words(try words.bytes(extraLength), words.path)
    _ = try words.bytes(commentLength)
    // Sizes of 32 ones stand as 64 bits in the extra field 1, in this order, those only that are needed.
    let saturated = 0xFFFF_FFFF
    while extra.left >= 4 {
      let (identifier, length) = (try extra.number(2), try extra.number(2))
      var field = Words(try extra.bytes(min(length, extra.left)), words.path)
      guard identifier == 1 else { continue }
      if bytes == saturated { bytes = try field.number(8) }
      if compressed == saturated { compressed = try field.number(8) }
      if header == saturated { header = try field.number(8) }
    }
    guard flags & 1 == 0 else { throw unsuitable(words.path, "is encrypted") }
    guard method == 0 || method == 8 else {
      throw unsuitable(words.path, "is compressed in a way that is not known here (method \(method))")
    }
    guard method == 8 || compressed == bytes else { throw damaged(words.path, "a stored member has two sizes") }
    return Member(
      name: name, header: header, compressedBytes: compressed, bytes: bytes, checksum: checksum,
      isDeflated: method == 8)
  }

  private typealias End = (begin: Int, bytes: Int, count: Int)

  /// The record at the end that says where the directory is; a comment of up to 65,535 bytes may follow it.
  private static func findEnd(_ file: PositionedFile) throws -> End {
    let length = min(file.size, 22 + 65_535)
    let tail = try read(file, at: file.size - length, count: length)
    guard length >= 22,
      let place = stride(from: length - 22, through: 0, by: -1).first(where: {
        tail[$0..<($0 + 4)].elementsEqual(emptySignature)
      })
    else { throw damaged(file.path, "it has no directory at its end") }
    var words = Words(Array(tail[(place + 10)..<(place + 20)]), file.path)
    let end = End(begin: 0, bytes: 0, count: try words.number(2))
    let (bytes, begin) = (try words.number(4), try words.number(4))
    guard begin == 0xFFFF_FFFF || bytes == 0xFFFF_FFFF || end.count == 0xFFFF else {
      return (begin, bytes, end.count)
    }
    return try findEnd64(file, before: file.size - length + place) ?? (begin, bytes, end.count)
  }

  /// The same record of ZIP64, which a locator of 20 bytes in front of the other points to; nil where there is none.
  private static func findEnd64(_ file: PositionedFile, before place: Int) throws -> End? {
    guard place >= 20 else { return nil }
    var locator = Words(try read(file, at: place - 20, count: 20), file.path)
    guard try locator.bytes(4) == [0x50, 0x4B, 0x06, 0x07] else { return nil }
    _ = try locator.bytes(4)
    let record = try locator.number(8)
    guard record <= file.size - 56 else { throw damaged(file.path, "its directory lies outside the file") }
    var words = Words(try read(file, at: record, count: 56), file.path)
    guard try words.bytes(4) == [0x50, 0x4B, 0x06, 0x06] else {
      throw damaged(file.path, "its directory is not where it should be")
    }
    _ = try words.bytes(28)
    let count = try words.number(8)
    let bytes = try words.number(8)
    return (try words.number(8), bytes, count)
  }

  private static func read(_ file: PositionedFile, at offset: Int, count: Int) throws -> [UInt8] {
    let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try file.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
    guard bytes.count == count else { throw DatasetError.file(path: file.path, fault: .shrunk) }
    return bytes
  }

  private static func damaged(_ path: String, _ reason: String) -> DatasetError {
    .file(path: path, fault: .notFormat(name: "NPZ", reason: reason))
  }

  private static func unsuitable(_ path: String, _ problem: String) -> DatasetError {
    .file(path: path, fault: .unsuitable(problem: problem, remedy: "save it with numpy.savez_compressed"))
  }

  /// Little-endian numbers, one behind the other.
  private struct Words {
    let path: String
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8], _ path: String) {
      rest = bytes[...]
      self.path = path
    }

    var left: Int { rest.count }

    mutating func bytes(_ count: Int) throws -> [UInt8] {
      guard count <= rest.count else { throw ZipArchive.damaged(path, "its directory ends too early") }
      defer { rest.removeFirst(count) }
      return Array(rest.prefix(count))
    }

    /// A number of up to 8 bytes; one beyond any file's size is refused.
    mutating func number(_ count: Int) throws -> Int {
      let value = try bytes(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard value <= 1 << 62 else {
        throw ZipArchive.damaged(path, "a size in its directory is out of all bounds")
      }
      return Int(value)
    }
  }
}

/// Passes bytes on and holds them at their end against the number and the CRC-32 that were declared.
final class CheckedReader: ByteReader {
  private let source: any ByteReader
  private let checksum: UInt32
  private var left: Int
  private var sum: UInt = 0

  init(_ source: any ByteReader, bytes: Int, checksum: UInt32) {
    self.source = source
    self.checksum = checksum
    left = bytes
  }

  var path: String { source.path }
  var mostBytesLeft: Int { min(left, source.mostBytesLeft) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count, left)
    guard wanted > 0 else { return 0 }
    let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
    guard got == wanted else {
      throw DatasetError.file(path: path, fault: .notFormat(name: "NPZ", reason: "it is shorter than it says"))
    }
    sum = crc32_z(sum, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), got)
    left -= got
    if left == 0 {
      guard UInt32(truncatingIfNeeded: sum) == checksum else {
        throw DatasetError.file(path: path, fault: .notFormat(name: "NPZ", reason: "its check sum is wrong"))
      }
      guard try source.read(count: 1).isEmpty else {
        throw DatasetError.file(path: path, fault: .trailingBytes)
      }
    }
    return got
  }
}
