import Foundation

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
  /// The next `count` bytes, or fewer at the end. Allocates no more than can come.
  func read(count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: max(0, min(count, mostBytesLeft))) { buffer, filled in
      filled = try read(into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// Passes over bytes; returns how many there were.
  func skip(_ count: Int) throws -> Int {
    var left = count
    while left > 0 {
      let got = try read(count: min(left, 1 << 16)).count
      if got == 0 { break }
      left -= got
    }
    return count - left
  }
}

/// A regular file that is read at any place by any thread. Reading and not mapping: a file that becomes shorter under a
/// map ends the program, here it is an error; and what is read often stays in the system's page cache either way.
final class PositionedFile: Sendable {
  let path: String
  /// Bytes from the beginning of the file to its end, when it was opened.
  let size: Int
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
  }

  deinit { close(descriptor) }

  /// Fills the buffer with the bytes from `offset`; returns how many there were, fewer than asked for only at the end.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      // `filled < buffer.count`: the slice is inside the buffer.
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
      if got < 0 {
        if errno == EINTR { continue }
        throw Self.refusal(path)
      }
      if got == 0 { break }
      filled += got
    }
    return filled
  }

  /// The error for what the last system call has left in `errno`.
  private static func refusal(_ path: String) -> DatasetError {
    .file(path: path, fault: .unreadable(reason: String(cString: strerror(errno))))
  }
}

/// A file, or a part of one, read from its beginning to the end that it had when it was opened.
final class FileReader: ByteReader {
  let path: String
  /// Bytes from the beginning to the end.
  let size: Int
  private(set) var mostBytesLeft: Int
  private let file: PositionedFile
  private var place: Int

  /// A reader of a whole file.
  convenience init(path: String) throws {
    let file = try PositionedFile(path: path)
    self.init(file, range: 0..<file.size)
  }

  /// A reader of a part of a file; what of it is behind the file's end is left away.
  ///
  /// - Parameter name: for messages, where the part has a name of its own.
  init(_ file: PositionedFile, range: Range<Int>, name: String? = nil) {
    self.file = file
    path = name ?? file.path
    place = range.lowerBound
    size = range.clamped(to: 0..<max(0, file.size)).count
    mostBytesLeft = size
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count, mostBytesLeft)
    let filled = try file.read(
      at: place, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
    // Fewer: the file has become shorter since it was opened.
    mostBytesLeft = filled < wanted ? 0 : mostBytesLeft - filled
    place += filled
    return filled
  }
}
