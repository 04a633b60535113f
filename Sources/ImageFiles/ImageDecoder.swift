import Foundation

/// Decodes PNG and JPEG files; which of both a file is, its first bytes say and not its name.
public enum ImageDecoder {
  /// Bounds on what one picture may cost: a file of a few bytes can promise gigabytes.
  public static let longestSide = 65_500
  public static let mostPixels = 1 << 26
  public static let mostFileBytes = 1 << 28

  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  static let jpegSignature: [UInt8] = [0xFF, 0xD8, 0xFF]

  /// Reads and decodes a file.
  ///
  /// - Parameter background: what shows through transparent pixels.
  /// - Returns: a grey picture where the file is grey, else a colored one. The EXIF orientation of a JPEG is applied.
  /// - Throws: `ImageFileError`.
  public static func decode(path: String, background: Color = .white) throws(ImageFileError) -> PixelImage {
    try decode(read(path), path: path, background: background)
  }

  /// Decodes a file's bytes; `path` is for messages.
  public static func decode(
    _ bytes: [UInt8], path: String, background: Color = .white
  ) throws(ImageFileError) -> PixelImage {
    if bytes.starts(with: pngSignature) {
      return try PNGDecoding.decode(bytes, path: path, background: background)
    }
    if bytes.starts(with: jpegSignature) { return try JPEGDecoding.decode(bytes, path: path) }
    throw ImageFileError(path: path, fault: .otherKind(firstBytes: Array(bytes.prefix(4))))
  }

  /// Refuses sizes beyond the bounds, before anything is allocated by them; returns the number of pixels.
  static func pixels(width: Int, height: Int, path: String) throws(ImageFileError) -> Int {
    guard (1...longestSide).contains(width), (1...longestSide).contains(height), width * height <= mostPixels
    else { throw ImageFileError(path: path, fault: .tooLarge(width: width, height: height)) }
    return width * height
  }

  private static func read(_ path: String) throws(ImageFileError) -> [UInt8] {
    // Not blocking, so that a pipe without a writer is refused instead of waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw refusal(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw refusal(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ImageFileError(path: path, fault: .unreadable(reason: "it is not a regular file"))
    }
    let size = Int(status.st_size)
    guard size <= mostFileBytes else { throw ImageFileError(path: path, fault: .tooManyBytes(size)) }
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      while filled < size {
        // `filled < size`, the buffer's capacity: the slice is inside.
        let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[filled..<size]))
        let got = Foundation.read(descriptor, rest.baseAddress, rest.count)
        if got < 0, errno == EINTR { continue }
        failed = got < 0
        // The file has become shorter since it was opened, or cannot be read.
        guard got > 0 else { return }
        filled += got
      }
    }
    if failed { throw refusal(path) }
    return bytes
  }

  private static func refusal(_ path: String) -> ImageFileError {
    ImageFileError(path: path, fault: .unreadable(reason: String(cString: strerror(errno))))
  }
}
