#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The three files that every program is given.
public enum StandardFiles {
  /// Opens /dev/null for those that the caller closed (`vaerun ... >&-`). Else the next file that the program opens
  /// gets the free number, and what is printed ends up in that file.
  public static func fill() {
    var descriptor: Int32
    repeat { descriptor = open("/dev/null", O_RDWR) } while (0...2).contains(descriptor)
    if descriptor > 2 { close(descriptor) }
  }

  /// Writes all bytes.
  /// - Returns: why they could not be written; nil where they were, or where nobody reads any more
  ///   (`vaerun ... | head`).
  public static func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32) -> String? {
    let failure = Array(bytes).withUnsafeBytes { bytes -> Int32 in
      var written = 0
      while let start = bytes.baseAddress, written < bytes.count {
        // `written < bytes.count`: the rest lies inside the buffer.
        let count = systemWrite(descriptor, start + written, bytes.count - written)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return count < 0 ? errno : EIO }
        written += count
      }
      return 0
    }
    return failure == 0 || failure == EPIPE ? nil : String(cString: strerror(failure))
  }

  /// Writes out what `print` has kept back so far.
  /// - Returns: why it could not be written, or nil.
  public static func flush() -> String? { fflush(nil) == 0 ? nil : String(cString: strerror(errno)) }
}

/// write(2), whose name `StandardFiles.write` hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
