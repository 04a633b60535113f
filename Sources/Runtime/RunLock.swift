import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The right to train a run: one process has it at a time, so that no two write the same files. It ends with this object,
/// and with the process however that ends.
public final class RunLock {
  private let descriptor: Int32

  /// - Throws: `RunError.busy` where another process has it.
  convenience init(_ folder: RunFolder, shared: Bool = false) throws {
    try self.init(folder: folder.path, shared: shared)
  }

  /// The right to write into any folder.
  /// - Throws: `RunError.busy` where another process has it.
  public init(folder path: String, shared: Bool = false) throws {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // Not every file system can lock: then nobody watches.
    if flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      throw RunError.busy(path: path)
    }
  }

  deinit { close(descriptor) }
}

extension RunFolder {
  /// Takes the right to train this run.
  public func lock() throws -> RunLock { try RunLock(self) }

  /// Whether a process trains this run at this moment.
  public var isTraining: Bool { (try? RunLock(self, shared: true)) == nil }
}
