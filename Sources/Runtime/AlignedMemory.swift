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
  /// Memory of some of these is asked for in pages of this size: kernels walk through it in strides, and would need a new
  /// entry of the address cache for every few of them.
  private static let largePage = 2 << 20

  let bytes: Int
  let start: UnsafeMutableRawPointer

  init(bytes: Int) throws(ModelError) {
    var memory: UnsafeMutableRawPointer?
    let alignment = bytes >= 2 * Self.largePage ? Self.largePage : Self.alignment
    guard bytes >= 0, AvailableMemory.holds(bytes),
      posix_memalign(&memory, alignment, max(bytes, Self.alignment)) == 0, let memory
    else {
      throw .outOfMemory(bytes: bytes)
    }
    #if os(Linux)
      // Where it is refused, pages are small.
      if alignment == Self.largePage { madvise(memory, bytes, MADV_HUGEPAGE) }
    #endif
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
