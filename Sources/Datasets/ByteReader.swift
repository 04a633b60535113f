#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes that come in order, from a file or out of a decompressor.
protocol ByteReader: AnyObject {
  /// The file, for messages.
  var path: String { get }
  /// No more than this many bytes can still come. Whoever allocates by a number from the data checks it first.
  var mostBytesLeft: Int { get }
  /// Fills the buffer as far as there are bytes; returns how many came, fewer than asked for only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteReader {
  /// The next `count` bytes, or fewer at the end.
  func read(count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try read(into: UnsafeMutableRawBufferPointer(buffer))
    }
  }
}

/// A regular file, read from its beginning to the size that it had when it was opened.
final class FileReader: ByteReader {
  let path: String
  /// Bytes from the beginning of the file to its end.
  let size: Int
  private(set) var mostBytesLeft: Int
  private let descriptor: Int32

  /// Opens the file, or says why not: a directory, a device or pipe, or the system's reason.
  init(path: String) throws {
    // Not blocking, so that a pipe without a writer is refused below instead of waited for.
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { throw Self.refusal(path) }
    var status = stat()
    guard fstat(opened, &status) == 0 else {
      let refusal = Self.refusal(path)
      close(opened)
      throw refusal
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
      close(opened)
      throw DatasetError.file(path: path, fault: kind == S_IFDIR ? .directory : .notRegular)
    }
    self.path = path
    descriptor = opened
    size = Int(status.st_size)
    mostBytesLeft = size
  }

  deinit { close(descriptor) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count, mostBytesLeft)
    var filled = 0
    while filled < wanted {
      // `filled < wanted <= buffer.count`: the slice is inside the buffer.
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<wanted])
      #if canImport(Darwin)
        let got = Darwin.read(descriptor, rest.baseAddress, rest.count)
      #elseif canImport(Musl)
        let got = Musl.read(descriptor, rest.baseAddress, rest.count)
      #else
        let got = Glibc.read(descriptor, rest.baseAddress, rest.count)
      #endif
      if got < 0 {
        if errno == EINTR { continue }
        throw Self.refusal(path)
      }
      // The file has become shorter since it was opened.
      if got == 0 { break }
      filled += got
    }
    mostBytesLeft = filled < wanted ? 0 : mostBytesLeft - filled
    return filled
  }

  /// The error for what the last system call has left in `errno`.
  private static func refusal(_ path: String) -> DatasetError {
    .file(path: path, fault: .unreadable(reason: String(cString: strerror(errno))))
  }
}
