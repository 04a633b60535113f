import Artifact

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Memory at a multiple of 64 bytes, which the C interface asks for.
///
/// Invariant: `start` points at `max(bytes, 64)` bytes that this object alone owns and that live as long as it does;
/// all of them are zero at first, so that no read of them is undefined.
final class AlignedMemory {
  static let alignment = 64
  let bytes: Int
  let start: UnsafeMutableRawPointer

  init(bytes: Int) throws(ModelError) {
    var memory: UnsafeMutableRawPointer?
    let alignment = bytes >= 2 * LargePages.size ? LargePages.size : Self.alignment
    guard bytes >= 0, AvailableMemory.holds(bytes),
      posix_memalign(&memory, alignment, max(bytes, Self.alignment)) == 0, let memory
    else {
      throw .outOfMemory(bytes: bytes)
    }
    LargePages.advise(UnsafeMutableRawBufferPointer(start: memory, count: bytes))
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(bytes, Self.alignment))
    self.bytes = bytes
    self.start = memory
  }

  deinit { free(start) }

  /// The floats from byte `offset` on.
  /// - Precondition: `offset` and `count` come from a validated manifest, whose tensors lie inside their region.
  func floats(offset: Int, count: Int) -> UnsafeMutableBufferPointer<Float> {
    precondition(offset >= 0 && count >= 0 && offset + 4 * count <= bytes)
    return UnsafeMutableBufferPointer(start: (start + offset).assumingMemoryBound(to: Float.self), count: count)
  }
}
