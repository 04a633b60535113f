#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Pages of 2 MiB for memory that is walked through in strides or filled at once: it takes fewer entries of the address cache, and
/// fewer faults when it is used for the first time.
public enum LargePages {
  public static let size = 2 << 20

  /// Asks for large pages where whole ones lie inside the memory. Where that is refused, pages are small.
  public static func advise(_ memory: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
      guard let start = memory.baseAddress else { return }
      // The range is inside the caller's memory, and advice changes no byte of it.
      let first = start.alignedUp(toMultipleOf: size)
      let end = (start + memory.count).alignedDown(toMultipleOf: size)
      if first < end { madvise(first, end - first, MADV_HUGEPAGE) }
    #endif
  }
}
