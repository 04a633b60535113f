import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that could not be read or written.
public struct FileError: Error, Equatable, CustomStringConvertible {
  public enum Operation: String, Sendable {
    case read
    case write
  }

  public var operation: Operation
  public var path: String
  /// What stands in the way, with the remedy where one is known: `no such file`.
  public var reason: String

  public init(_ operation: Operation, _ path: String, reason: String) {
    self.operation = operation
    self.path = path
    self.reason = reason
  }

  init(_ operation: Operation, _ path: String, errno code: Int32) {
    let reason =
      switch code {
      case ENOENT where operation == .write: "the folder does not exist: create it first"
      case ENOENT: "there is no such file"
      case EACCES, EPERM: "permission denied: choose another place or change its permissions"
      case EISDIR: "it is a folder: name a file"
      case ENOTDIR: "a part of the path is a file, not a folder"
      case ENXIO: "nobody reads from this pipe"
      case EROFS: "the file system is read-only: choose another place"
      case ENOSPC: "the disk is full: make room and try again"
      default: String(cString: strerror(code))
      }
    self.init(operation, path, reason: reason)
  }

  public var description: String { "cannot \(operation.rawValue) \(path): \(reason)" }
}

/// Reads a whole regular file of at most `limit` bytes.
public func readFile(_ path: String, limit: Int = .max) throws(FileError) -> Data {
  var status = stat()
  guard stat(path, &status) == 0 else { throw FileError(.read, path, errno: errno) }
  if let reason = irregularity(status) { throw FileError(.read, path, reason: reason) }
  guard status.st_size <= limit else {
    throw FileError(.read, path, reason: "it has \(status.st_size) bytes and may have \(limit)")
  }
  guard AvailableMemory.holds(Int(status.st_size)) else {
    throw FileError(.read, path, reason: "it has \(status.st_size) bytes, more than there is memory for")
  }
  do {
    return try Data(contentsOf: URL(fileURLWithPath: path))
  } catch {
    throw FileError(.read, path, errno: access(path, R_OK) == 0 ? EIO : errno)
  }
}

/// Why something that is there cannot be read or replaced as a file; nil for a regular file.
func irregularity(_ status: stat) -> String? {
  switch status.st_mode & S_IFMT {
  case S_IFREG: nil
  case S_IFDIR: "it is a folder: name a file"
  default: "it is not a regular file"
  }
}

/// The folder that a file lies in and the file's name in it: `.` and `a` for `a`. Foundation's own
/// `deletingLastPathComponent` traps on a name of one character (swift-foundation of Swift 6.3).
public func splitPath(_ path: String) -> (folder: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return (".", path) }
  let folder = path[..<slash]
  return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
}

/// Files that are there completely or not at all: written without a name, flushed to the disk, then put in their place.
public enum AtomicFile {
  /// Where the bytes of a file go while it is written.
  public struct Sink: ~Copyable {
    private let descriptor: Int32
    private let path: String
    /// Bytes written so far.
    public private(set) var count = 0

    fileprivate init(descriptor: Int32, path: String) {
      self.descriptor = descriptor
      self.path = path
    }

    /// Appends bytes.
    public mutating func write(_ data: some DataProtocol) throws(FileError) {
      for region in data.regions {
        let failure = region.withUnsafeBytes { Self.writeAll($0, to: descriptor) }
        if let failure { throw FileError(.write, path, errno: failure) }
        count += region.count
      }
    }

    /// Appends the memory of numbers, in the machine's byte order.
    public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
      if let failure = Self.writeAll(bytes, to: descriptor) { throw FileError(.write, path, errno: failure) }
      count += bytes.count
    }

    /// Writes all bytes or returns the error's number.
    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
      var rest = bytes[...]
      while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
        let written = systemWrite(descriptor, base, rest.count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return written < 0 ? errno : EIO }
        rest = rest.dropFirst(written)
      }
      return nil
    }
  }

  /// Writes bytes to `path`.
  public static func write(_ data: some DataProtocol, to path: String) throws {
    try write(to: path) { try $0.write(data) }
  }

  /// Writes a file piece by piece. Where `body` throws, what was at `path` before stays as it was. A device or a pipe
  /// (`/dev/null`, `>(gzip)`) takes the bytes as they come.
  public static func write(to path: String, _ body: (inout Sink) throws -> Void) throws {
    var status = stat()
    if stat(path, &status) == 0, [S_IFCHR, S_IFIFO].contains(status.st_mode & S_IFMT) {
      // Not blocking, so that a pipe without a reader is refused instead of waited for.
      let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0 else { throw FileError(.write, path, errno: errno) }
      defer { close(descriptor) }
      _ = fcntl(descriptor, F_SETFL, O_WRONLY)
      var sink = Sink(descriptor: descriptor, path: path)
      return try body(&sink)
    }
    let file = try NewFile(for: path)
    var sink = Sink(descriptor: file.descriptor, path: path)
    try body(&sink)
    try file.place()
  }
}

/// write(2), whose name `Sink.write` hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
