/// A picture that cannot be taken. The description is one line: what is wrong and what to do.
public struct ImageFileError: Error, Equatable, CustomStringConvertible {
  public enum Fault: Equatable, Sendable {
    /// The file cannot be read; the operating system's reason.
    case unreadable(reason: String)
    /// The first bytes are of no known kind of picture.
    case otherKind(firstBytes: [UInt8])
    /// The file has too many bytes.
    case tooManyBytes(Int)
    /// The picture has too many pixels.
    case tooLarge(width: Int, height: Int)
    /// The decoder refused; the reason is its own.
    case damaged(kind: String, reason: String)
    /// The picture is smaller than the part that is to be cut out of it.
    case smallerThanCrop(width: Int, height: Int, crop: PixelSize)
  }

  public let path: String
  public let fault: Fault

  public init(path: String, fault: Fault) {
    self.path = path
    self.fault = fault
  }

  public var description: String {
    switch fault {
    case .unreadable(let reason): return "'\(path)' cannot be read: \(reason); check its permissions"
    case .otherKind(let bytes):
      let shown = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
      return "'\(path)' is no PNG or JPEG picture: it starts with \(shown.isEmpty ? "nothing" : shown); "
        + "convert it, or leave it out with --skip-damaged"
    case .tooManyBytes(let count):
      return
        "'\(path)' has \(count) bytes, more than the \(ImageDecoder.mostFileBytes) that a picture may have; "
        + "scale it down, or leave it out with --skip-damaged"
    case .tooLarge(let width, let height):
      return
        "'\(path)' is \(width) x \(height) pixels, too large (at most \(ImageDecoder.longestSide) along a side and "
        + "\(ImageDecoder.mostPixels) in all); scale it down, or leave it out with --skip-damaged"
    case .damaged(let kind, let reason):
      return "'\(path)' is a damaged \(kind) file: \(reason); get it again, or leave it out with --skip-damaged"
    case .smallerThanCrop(let width, let height, let crop):
      return
        "'\(path)' is \(width) x \(height) pixels, smaller than the crop of \(crop.width) x \(crop.height); "
        + "take a smaller --crop, or leave it out with --skip-damaged"
    }
  }
}
