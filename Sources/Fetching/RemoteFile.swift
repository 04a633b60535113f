/// A file on the network with what is published of it.
public struct RemoteFile: Sendable, Equatable {
  /// The check sum that its home page, or everybody, knows.
  public enum Checksum: Sendable, Equatable {
    case md5(String)
    case sha256(String)
  }

  /// Its name in the folder that it is fetched into.
  public let name: String
  /// Where it can be had, in the order in which to try.
  public let urls: [String]
  /// Nil where none is published.
  public let checksum: Checksum?
  /// A .tar.gz file whose files are wanted in its place.
  public let isArchive: Bool

  public init(_ name: String, urls: [String], checksum: Checksum?, isArchive: Bool = false) {
    self.name = name
    self.urls = urls
    self.checksum = checksum
    self.isArchive = isArchive
  }
}

/// Why a file could not be fetched. The description is one line: what is wrong and what to do.
public enum FetchError: Error, Equatable, CustomStringConvertible {
  /// No server gave it; `reasons` has one for each.
  case unreachable(name: String, reasons: [String])
  /// It came, from every server that has it, with other bytes than are published.
  case wrongBytes(name: String, url: String)
  /// It cannot be written.
  case unwritable(path: String, reason: String)
  /// The archive is not what it should be.
  case damagedArchive(path: String, reason: String)

  public var description: String {
    switch self {
    case .unreachable(let name, let reasons):
      "\(name) cannot be fetched: \(reasons.joined(separator: "; ")): check the network and fetch again, which goes on "
        + "where it stopped"
    case .wrongBytes(let name, let url):
      "\(name) from \(url) has another check sum than the one that is published: fetch it again, or get it from elsewhere"
    case .unwritable(let path, let reason): "cannot write \(path): \(reason)"
    case .damagedArchive(let path, let reason): "\(path) is damaged: \(reason): remove it and fetch again"
    }
  }
}
