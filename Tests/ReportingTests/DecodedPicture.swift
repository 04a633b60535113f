import CPNG
import Reporting

/// A picture read back by libpng, which had no part in writing it.
struct DecodedPicture {
  let width: Int
  let height: Int
  private let rgb: [UInt8]

  struct NotPNG: Error {}

  init(_ picture: Picture) throws {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    // libpng keeps the pointer from the first call to the second, so both are made while it is valid.
    rgb = try picture.png.withUnsafeBytes { png in
      guard png_image_begin_read_from_memory(&image, png.baseAddress, png.count) != 0 else { throw NotPNG() }
      image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
      var bytes = [UInt8](repeating: 0, count: Int(image.width) * Int(image.height) * 3)
      guard png_image_finish_read(&image, nil, &bytes, 0, nil) != 0 else { throw NotPNG() }
      return bytes
    }
    (width, height) = (Int(image.width), Int(image.height))
  }

  /// Red, green and blue.
  subscript(x: Int, y: Int) -> [UInt8] {
    let at = (y * width + x) * 3
    return Array(rgb[at..<at + 3])
  }

  /// The rows in which some pixel of the given columns fulfils the condition.
  func rows(inColumns columns: Range<Int>, where condition: ([UInt8]) -> Bool) -> [Int] {
    (0..<height).filter { y in columns.contains { condition(self[$0, y]) } }
  }
}
