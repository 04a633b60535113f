import Foundation

/// A terminal that is none: a program that writes to it believes that a person watches.
final class PseudoTerminal {
  private let ownEnd: Int32
  private var otherEnd: FileHandle?

  /// TIOCSPTLCK and TIOCGPTN of Linux, whose definitions Swift does not see, as it does not see posix_openpt and its like.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  struct Unavailable: Error {}

  init(columns: UInt16) throws {
    ownEnd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var isLocked: Int32 = 0
    var number: UInt32 = 0
    guard ownEnd >= 0, ioctl(ownEnd, Self.setLock, &isLocked) == 0, ioctl(ownEnd, Self.getNumber, &number) == 0
    else { throw Unavailable() }
    let other = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard other >= 0 else { throw Unavailable() }
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(other, UInt(TIOCSWINSZ), &size)
    otherEnd = FileHandle(fileDescriptor: other, closeOnDealloc: false)
  }

  deinit { close(ownEnd) }

  /// What the program is to be given.
  func programEnd() throws -> FileHandle {
    guard let otherEnd else { throw Unavailable() }
    return otherEnd
  }

  /// All that the program writes until it ends.
  func readToEnd() -> String {
    try? otherEnd?.close()
    otherEnd = nil
    var text = Data()
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(ownEnd, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += buffer.prefix(count)
    }
  }
}
