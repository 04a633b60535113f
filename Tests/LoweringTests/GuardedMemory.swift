import Foundation

/// Memory for a call that tells when the call leaves it: in front and behind lie guard bytes, and behind those a page that
/// cannot be touched at all. What is only read has no guard bytes behind it, so that reading one byte too many ends
/// the test.
///
/// Invariant: `start` points at `bytes` bytes inside one mapping that this object alone owns and unmaps.
final class GuardedMemory {
  private static let pattern: UInt8 = 0xA5
  private static let guardBytes = 64

  let start: UnsafeMutableRawPointer
  private let mapping: UnsafeMutableRawPointer
  private let mappedBytes: Int
  private let end: UnsafeMutableRawPointer
  private let bytes: Int

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// All bytes are 0xFF at first, in floats a NaN: what is used without having been written shows.
  init(bytes: Int, isReadOnly: Bool = false) throws {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let behind = isReadOnly ? 0 : Self.guardBytes
    let usable = (Self.guardBytes + bytes + behind + page - 1) / page * page
    mappedBytes = usable + page
    guard let mapping = mmap(nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      mapping != MAP_FAILED, mprotect(mapping + usable, page, PROT_NONE) == 0
    else { throw Failure(description: "no memory for \(bytes) bytes") }
    self.mapping = mapping
    self.bytes = bytes
    end = mapping + usable
    start = end - behind - bytes
    memset(mapping, Int32(Self.pattern), usable)
    memset(start, 0xFF, bytes)
  }

  deinit { munmap(mapping, mappedBytes) }

  /// True where no byte around the memory was changed.
  var isIntact: Bool {
    func isUntouched(_ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer) -> Bool {
      UnsafeRawBufferPointer(start: from, count: to - from).allSatisfy { $0 == Self.pattern }
    }
    return isUntouched(mapping, start) && isUntouched(start + bytes, end)
  }

  func write(_ values: [Float], at offset: Int = 0) { copy(values, at: offset) }
  func write(_ values: [Int32]) { copy(values, at: 0) }
  func write(_ values: [UInt8]) { copy(values, at: 0) }

  private func copy<T: BitwiseCopyable>(_ values: [T], at offset: Int) {
    values.withUnsafeBytes { source in
      precondition(offset + source.count <= bytes)
      if let from = source.baseAddress { (start + offset).copyMemory(from: from, byteCount: source.count) }
    }
  }

  /// `count` floats from a byte offset on.
  func floats(at offset: Int = 0, count: Int) -> [Float] {
    precondition(offset + 4 * count <= bytes)
    return (0..<count).map { start.loadUnaligned(fromByteOffset: offset + 4 * $0, as: Float.self) }
  }

  /// All bytes.
  var content: [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: bytes)) }
}
