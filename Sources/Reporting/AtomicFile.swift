import Foundation

/// Writes a file so that a reader sees the old content or the new, never a part: beside it, to the disk, renamed.
enum AtomicFile {
  static func write(_ bytes: [UInt8], to path: String) throws(PictureError) {
    // The name is unique to the process, so that two writers of one picture do not share a half-written file.
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(bytes))
      try file.synchronize()
      try file.close()
    } catch {
      unlink(temporary)
      throw .cannotWrite(path: path, reason: reason(of: error))
    }
    guard rename(temporary, path) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
  }

  /// The error for the system's last failure.
  private static func failure(_ path: String) -> PictureError {
    .cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }

  /// The system's words for what a file handle threw, where it has them.
  private static func reason(of error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? (error as NSError)
    guard underlying.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(truncatingIfNeeded: underlying.code)))
  }
}
