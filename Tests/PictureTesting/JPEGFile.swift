import CTurboJPEG

/// JPEG files by libjpeg-turbo's encoder.
public enum JPEGFile {
  public enum Pixels {
    case grey
    case rgb
    /// Inverted, as Adobe's programs store them; the file gets Adobe's segment.
    case cmyk
  }

  public struct Failure: Error {}

  /// A file of the best quality, without subsampling.
  public static func bytes(width: Int, height: Int, _ pixels: Pixels, _ samples: [UInt8]) throws -> [UInt8] {
    guard let handle = tjInitCompress() else { throw Failure() }
    defer { tjDestroy(handle) }
    let format =
      switch pixels {
      case .grey: TJPF_GRAY
      case .rgb: TJPF_RGB
      case .cmyk: TJPF_CMYK
      }
    let sampling = if case .grey = pixels { TJSAMP_GRAY } else { TJSAMP_444 }
    var buffer: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    defer { tjFree(buffer) }
    guard
      tjCompress2(
        handle, samples, Int32(width), 0, Int32(height), format.rawValue, &buffer, &size,
        Int32(sampling.rawValue), 100, 0) == 0, let buffer
    else { throw Failure() }
    return Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
  }

  /// The file with an Exif segment that gives its orientation.
  public static func oriented(_ file: [UInt8], _ orientation: UInt8, isBigEndian: Bool = false) -> [UInt8] {
    let little: [UInt8] = [
      0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0,
    ]
    let big: [UInt8] = [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
    let body = Array("Exif".utf8) + [0, 0] + (isBigEndian ? big : little) + [0, 0, 0, 0]
    let length = body.count + 2
    return file.prefix(2) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + body + file.dropFirst(2)
  }
}
