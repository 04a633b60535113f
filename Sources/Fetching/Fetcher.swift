internal import Artifact
import Foundation

/// Fetches files into a folder: goes on where a transfer stopped, tries again, tries other servers, and puts a file in
/// its place only when its check sum is right.
public struct Fetcher: Sendable {
  /// The folder that files go into; what is not complete ends in `.part`.
  public let folder: String
  /// How often a server is tried whose connection fails.
  public var tries = 4
  /// Seconds to wait before the second try; twice as long before each further one.
  public var pause = 1.0
  /// No file may have more bytes.
  public var most = 1 << 35
  /// Told how many bytes of a file are there, and of how many where the server says that.
  public var progress: @Sendable (_ name: String, _ received: Int, _ total: Int?) -> Void

  public init(
    folder: String,
    progress: @escaping @Sendable (_ name: String, _ received: Int, _ total: Int?) -> Void = { _, _, _ in }
  ) {
    self.folder = folder
    self.progress = progress
  }

  /// What was done for a file.
  public enum Outcome: Sendable, Equatable {
    case fetched
    /// It was there already, with the right check sum where one is known.
    case wasThere
  }

  /// Fetches a file, unless it is there.
  ///
  /// - Throws: `FetchError`.
  public func fetch(_ file: RemoteFile) throws -> Outcome {
    let path = folder + "/" + file.name
    if FileManager.default.fileExists(atPath: path), try isRight(path, file) { return .wasThere }
    do {
      try makeFolder(folder)
    } catch {
      throw FetchError.unwritable(path: folder, reason: error.reason)
    }
    var reasons: [String] = []
    var wrong: String?
    for url in file.urls {
      switch try fetch(file, from: url, to: path + ".part") {
      case nil:
        guard try isRight(path + ".part", file) else {
          // Bytes of a wrong file are no beginning of the right one.
          unlink(path + ".part")
          wrong = wrong ?? url
          reasons.append("\(url): it has another check sum")
          continue
        }
        guard rename(path + ".part", path) == 0 else { throw unwritable(path, errno) }
        return .fetched
      case let reason?: reasons.append("\(url): \(reason)")
      }
    }
    if let wrong, reasons.allSatisfy({ $0.hasSuffix("another check sum") }) {
      throw FetchError.wrongBytes(name: file.name, url: wrong)
    }
    throw FetchError.unreachable(name: file.name, reasons: reasons)
  }

  /// Fetches from one server; returns why that did not succeed, or nil.
  private func fetch(_ file: RemoteFile, from url: String, to path: String) throws -> String? {
    var reason = ""
    var wait = pause
    for attempt in 0..<max(1, tries) {
      if attempt > 0 {
        Thread.sleep(forTimeInterval: wait)
        wait *= 2
      }
      let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw unwritable(path, errno) }
      let received = Int(lseek(descriptor, 0, SEEK_END))
      let transfer = Transfer(to: descriptor, received: max(0, received), most: most) {
        progress(file.name, $0, $1)
      }
      let end = transfer.run(url)
      close(descriptor)
      switch end {
      case .complete: return nil
      case .broken(let text): reason = text
      case .refused(let text):
        guard received > 0 else { return text }
        // Without the beginning, which may be another server's.
        unlink(path)
        reason = text
      case .tooLong:
        unlink(path)
        return "it has more than \(most) bytes"
      case .unwritable(let code): throw unwritable(path, code)
      }
    }
    return reason
  }

  private func unwritable(_ path: String, _ code: Int32) -> FetchError {
    .unwritable(
      path: path,
      reason: code == ENOSPC ? "the disk is full: make room and fetch again" : String(cString: strerror(code)))
  }

  private func isRight(_ path: String, _ file: RemoteFile) throws -> Bool {
    guard let checksum = file.checksum else { return true }
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    var (md5, sha256) = (MD5(), SHA256())
    while let data = try? handle.read(upToCount: 1 << 20), !data.isEmpty {
      switch checksum {
      case .md5: md5.update(data)
      case .sha256: sha256.update(data)
      }
    }
    switch checksum {
    case .md5(let wanted): return md5.finish() == wanted
    case .sha256(let wanted): return sha256.finish() == wanted
    }
  }
}
