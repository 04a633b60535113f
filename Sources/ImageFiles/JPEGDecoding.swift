internal import CTurboJPEG

/// JPEG through the TurboJPEG interface of libjpeg-turbo, which reports errors by value (libjpeg's own leaves by
/// longjmp, which Swift cannot have).
enum JPEGDecoding {
  static func decode(_ bytes: [UInt8], path: String) throws(ImageFileError) -> PixelImage {
    guard let handle = tjInitDecompress() else {
      throw ImageFileError(path: path, fault: .damaged(kind: "JPEG", reason: "the decoder does not start"))
    }
    defer { tjDestroy(handle) }
    var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let size = UInt(bytes.count)
    guard tjDecompressHeader3(handle, bytes, size, &width, &height, &sampling, &space) == 0 else {
      throw damaged(handle, path)
    }
    guard width > 0, height > 0 else {
      throw ImageFileError(path: path, fault: .damaged(kind: "JPEG", reason: "it has no picture"))
    }
    let pixels = try ImageDecoder.pixels(width: Int(width), height: Int(height), path: path)
    let isInks = space == TJCS_CMYK.rawValue || space == TJCS_YCCK.rawValue
    let isGrey = space == TJCS_GRAY.rawValue
    let format = isInks ? TJPF_CMYK : isGrey ? TJPF_GRAY : TJPF_RGB
    let samples = isInks ? 4 : isGrey ? 1 : 3
    // Progressive files of thousands of scans, which would take minutes, are refused by the decoder.
    let flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS
    var failed = false
    let decoded = [UInt8](unsafeUninitializedCapacity: pixels * samples) { buffer, filled in
      // A pitch of 0 says rows without gaps: width * samples * height bytes are written, the capacity.
      let status = tjDecompress2(
        handle, bytes, size, buffer.baseAddress, width, 0, height, format.rawValue, flags)
      // Bytes between two markers harm nobody; every other warning means that a part of the picture is missing.
      failed = status != 0 && !(isWarning(handle) && text(handle).contains("extraneous bytes"))
      filled = failed ? 0 : pixels * samples
    }
    if failed { throw damaged(handle, path) }
    let markers = JPEGMarkers(bytes)
    let image =
      isInks
      ? PixelImage(Int(width), Int(height), 3, rgb(decoded, areInverted: markers.isFromAdobe))
      : PixelImage(Int(width), Int(height), samples, decoded)
    return image.upright(markers.orientation)
  }

  /// Inks to light, without color profiles: each channel is what cyan, magenta or yellow leaves of what black leaves.
  /// Adobe's programs store inks inverted, as light.
  private static func rgb(_ inks: [UInt8], areInverted: Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(inks.count / 4 * 3)
    for pixel in stride(from: 0, to: inks.count, by: 4) {
      let black = areInverted ? Int(inks[pixel + 3]) : 255 - Int(inks[pixel + 3])
      for channel in 0..<3 {
        let ink = Int(inks[pixel + channel])
        result.append(UInt8(((areInverted ? ink : 255 - ink) * black + 127) / 255))
      }
    }
    return result
  }

  private static func isWarning(_ handle: tjhandle) -> Bool {
    tjGetErrorCode(handle) == TJERR_WARNING.rawValue
  }

  private static func text(_ handle: tjhandle) -> String {
    tjGetErrorStr2(handle).map { String(cString: $0) } ?? "it cannot be decoded"
  }

  private static func damaged(_ handle: tjhandle, _ path: String) -> ImageFileError {
    ImageFileError(path: path, fault: .damaged(kind: "JPEG", reason: text(handle)))
  }
}
