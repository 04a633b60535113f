internal import CPNG

/// PNG through libpng's simplified interface, which reports errors by value and not by longjmp: all bit depths,
/// palettes, interlacing and transparency come out as 8 bits per channel in the file's own gamma (sRGB where the file
/// says nothing).
enum PNGDecoding {
  static func decode(
    _ bytes: [UInt8], path: String, background: Color
  ) throws(ImageFileError) -> PixelImage {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    do {
      // libpng keeps the pointer from the first call to the second, so both are made while it is valid.
      return try bytes.withUnsafeBytes { try decode($0, &image, path: path, background: background) }
    } catch {
      throw error as? ImageFileError
        ?? ImageFileError(path: path, fault: .damaged(kind: "PNG", reason: "\(error)"))
    }
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, _ image: inout png_image, path: String, background: Color
  ) throws -> PixelImage {
    guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
      throw damaged(image, path)
    }
    let (width, height) = (Int(image.width), Int(image.height))
    let pixels = try ImageDecoder.pixels(width: width, height: height, path: path)
    let isColored = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
    let isTransparent = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
    image.format =
      (isColored ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0) | (isTransparent ? UInt32(PNG_FORMAT_FLAG_ALPHA) : 0)
    // 16 bits without a word about their gamma are taken as sRGB, like 8 bits.
    image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
    let channels = isColored ? 3 : 1
    let samples = channels + (isTransparent ? 1 : 0)
    var failed = false
    let decoded = [UInt8](unsafeUninitializedCapacity: pixels * samples) { buffer, filled in
      // A stride of 0 says rows without gaps: libpng writes width * samples * height bytes, the capacity.
      failed = png_image_finish_read(&image, nil, buffer.baseAddress, 0, nil) == 0
      filled = failed ? 0 : pixels * samples
    }
    if failed { throw damaged(image, path) }
    guard isTransparent else { return PixelImage(width, height, channels, decoded) }
    return PixelImage(width, height, channels, composite(decoded, channels, over: background))
  }

  /// Lays pixels with alpha over a color, rounded to nearest.
  private static func composite(_ samples: [UInt8], _ channels: Int, over background: Color) -> [UInt8] {
    let below = background.channels(channels).map { Int($0) }
    var result: [UInt8] = []
    result.reserveCapacity(samples.count / (channels + 1) * channels)
    for pixel in stride(from: 0, to: samples.count, by: channels + 1) {
      let alpha = Int(samples[pixel + channels])
      for channel in 0..<channels {
        result.append(
          UInt8((Int(samples[pixel + channel]) * alpha + below[channel] * (255 - alpha) + 127) / 255))
      }
    }
    return result
  }

  private static func damaged(_ image: png_image, _ path: String) -> ImageFileError {
    let message = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return ImageFileError(
      path: path, fault: .damaged(kind: "PNG", reason: message.isEmpty ? "it cannot be decoded" : message))
  }
}
