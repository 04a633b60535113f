internal import CPNG

/// PNG through libpng's simplified interface, which reports errors by value and not by longjmp. Pictures are written in the
/// fast form, without filters and lightly compressed: drawn pictures have large areas of one color, which gain little from more,
/// and a training run draws some after its epochs.
enum PNGEncoding {
  /// The file of an image of 8-bit RGB, row by row.
  ///
  /// - Precondition: `rgb` has `3 * width * height` bytes.
  static func encode(_ rgb: [UInt8], width: Int, height: Int) throws(PictureError) -> [UInt8] {
    precondition(rgb.count == 3 * width * height)
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = UInt32(PNG_FORMAT_FLAG_COLOR)
    image.flags = UInt32(PNG_IMAGE_FLAG_FAST)
    defer { png_image_free(&image) }
    // More than the file can need, so that the image is compressed once: stored rows and their filter bytes, what zlib adds to them,
    // and the chunks' heads.
    let stored = (3 * width + 1) * height
    let capacity = stored + stored / 100 + 4096
    let file = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
      var size = capacity
      // A stride of 0 says rows without gaps, and libpng writes `size` bytes at most.
      let isWritten = png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, rgb, 0, nil) != 0
      filled = isWritten ? size : 0
    }
    guard !file.isEmpty else {
      let message = withUnsafeBytes(of: image.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw .drawingFailed(reason: message.isEmpty ? "libpng fails" : message)
    }
    return file
  }
}
