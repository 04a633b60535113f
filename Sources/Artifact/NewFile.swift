import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is being written and stands in the place of its path only when it is whole.
///
/// Until then it has no name where the file system can do that (O_TMPFILE of open(2); ext4, XFS, Btrfs, tmpfs), so that nothing
/// stays of it whatever ends the program. Elsewhere it lies beside its place as `.NAME.RANDOM.tmp`; it is locked while it is
/// written, by which `AtomicFile.removeAbandoned` tells it from one whose program was killed.
struct NewFile: ~Copyable {
  let descriptor: Int32
  private let path: String
  private let folder: String
  private let temporary: String
  /// Whether `temporary` is there.
  private let isNamed: Bool

  #if os(Linux)
    /// O_TMPFILE, which Swift does not import: a bit of its own and O_DIRECTORY.
    private static let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY
  #endif

  /// Begins a file for this path.
  init(for path: String) throws(FileError) {
    let (folder, name) = splitPath(path)
    guard !name.isEmpty else { throw FileError(.write, path, reason: "it is a folder: name a file") }
    // What is no file is not to be replaced by one: the superuser may rename a file over /dev/null.
    var status = stat()
    if stat(path, &status) == 0, let reason = irregularity(status) {
      throw FileError(.write, path, reason: reason)
    }
    let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let temporary = "\(folder)/.\(name).\(random)\(Self.ending)"
    let unnamed = Self.openUnnamed(folder)
    if let unnamed {
      descriptor = unnamed
    } else {
      descriptor = try Self.openNamed(temporary, for: path)
    }
    isNamed = unnamed == nil
    self.path = path
    self.folder = folder
    self.temporary = temporary
    // Not every file system can lock: then nobody removes what a killed program has left.
    _ = flock(descriptor, LOCK_EX | LOCK_NB)
  }

  /// The end of a temporary file's name.
  static let ending = ".tmp"

  /// Nil where the file system has no such files, or nothing could name this one afterwards.
  private static func openUnnamed(_ folder: String) -> Int32? {
    #if os(Linux)
      let descriptor = open(folder, unnamed | O_WRONLY | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { return nil }
      if access(link(to: descriptor), F_OK) == 0 { return descriptor }
      close(descriptor)
    #endif
    return nil
  }

  private static func openNamed(_ temporary: String, for path: String) throws(FileError) -> Int32 {
    let (descriptor, code) = Unfinished.whileRunning { unfinished in
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { unfinished.insert(.file(temporary)) }
      return (descriptor, errno)
    }
    guard descriptor >= 0 else { throw FileError(.write, path, errno: code) }
    return descriptor
  }

  private static func link(to descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  /// Flushes the file to the disk and puts it in its place.
  consuming func place() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw FileError(.write, path, errno: errno) }
    // Between the two calls the temporary name is there.
    let code = Unfinished.whileRunning { _ -> Int32 in
      if !isNamed {
        if linkat(AT_FDCWD, Self.link(to: descriptor), AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return 0 }
        guard errno == EEXIST else { return errno }
        // A link replaces nothing.
        let status = linkat(AT_FDCWD, Self.link(to: descriptor), AT_FDCWD, temporary, AT_SYMLINK_FOLLOW)
        guard status == 0 else { return errno }
      }
      if rename(temporary, path) == 0 { return 0 }
      let code = errno
      unlink(temporary)
      return code
    }
    guard code == 0 else { throw FileError(.write, path, errno: code) }
    // The new name survives a power failure only with its folder flushed; not every file system can do that.
    let directory = open(folder, O_RDONLY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  deinit {
    close(descriptor)
    guard isNamed else { return }
    let temporary = temporary
    Unfinished.whileRunning { unfinished in
      // Where it was renamed, nothing has this name any more.
      unlink(temporary)
      _ = unfinished.remove(.file(temporary))
    }
  }
}

extension AtomicFile {
  /// Removes the temporary files of a folder whose programs were killed while they wrote them.
  public static func removeAbandoned(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(NewFile.ending) {
      let path = folder + "/" + name
      let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      // Who writes it holds the lock until it is renamed.
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(descriptor)
    }
  }
}
