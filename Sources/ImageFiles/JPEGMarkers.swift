/// What the segments before a JPEG's image data say (ITU-T T.81, annex B) of how it is to be taken.
struct JPEGMarkers {
  /// 1 to 8, as Exif numbers them (Exif 2.32, section 4.6.4, tag 0x0112); 1 where the file says nothing.
  private(set) var orientation = 1
  /// Whether there is Adobe's segment, whose programs store inks inverted.
  private(set) var isFromAdobe = false

  init(_ bytes: [UInt8]) {
    var place = 2
    while place + 4 <= bytes.count, bytes[place] == 0xFF {
      let marker = bytes[place + 1]
      // A marker may be preceded by fill bytes; restart markers and the like have no length.
      if marker == 0xFF {
        place += 1
        continue
      }
      if marker == 0x01 || (0xD0...0xD7).contains(marker) {
        place += 2
        continue
      }
      // The scan begins, or the picture ends.
      if marker == 0xDA || marker == 0xD9 { return }
      let length = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
      guard length >= 2, place + 2 + length <= bytes.count else { return }
      let body = bytes[(place + 4)..<(place + 2 + length)]
      if marker == 0xE1, let found = Self.exifOrientation(body) { orientation = found }
      if marker == 0xEE, body.starts(with: Array("Adobe".utf8)) { isFromAdobe = true }
      place += 2 + length
    }
  }

  /// The orientation in an Exif segment: a TIFF file (TIFF 6.0, section 2) whose first directory may have the tag.
  private static func exifOrientation(_ segment: ArraySlice<UInt8>) -> Int? {
    let signature = Array("Exif".utf8) + [0, 0]
    guard segment.starts(with: signature) else { return nil }
    let tiff = Array(segment.dropFirst(signature.count))
    guard tiff.count >= 8, tiff[0] == tiff[1], tiff[0] == 0x49 || tiff[0] == 0x4D else { return nil }
    let isBigEndian = tiff[0] == 0x4D
    func word(_ place: Int, _ count: Int) -> Int? {
      guard place >= 0, place <= tiff.count - count else { return nil }
      let bytes = tiff[place..<(place + count)]
      return (isBigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
    guard word(2, 2) == 42, let directory = word(4, 4), let entries = word(directory, 2) else { return nil }
    for entry in 0..<entries {
      let place = directory + 2 + 12 * entry
      guard let tag = word(place, 2) else { return nil }
      guard tag == 0x0112 else { continue }
      // One SHORT, which stands in the entry itself.
      guard word(place + 2, 2) == 3, let value = word(place + 8, 2), (1...8).contains(value) else { return nil }
      return value
    }
    return nil
  }
}

extension PixelImage {
  /// The picture as it is to be seen, for Exif's numbers of how the camera was held.
  func upright(_ orientation: Int) -> PixelImage {
    guard (2...8).contains(orientation) else { return self }
    let isTurned = orientation >= 5
    let (w, h) = isTurned ? (height, width) : (width, height)
    var turned: [UInt8] = []
    turned.reserveCapacity(bytes.count)
    for y in 0..<h {
      for x in 0..<w {
        let (column, row) =
          switch orientation {
          case 2: (width - 1 - x, y)
          case 3: (width - 1 - x, height - 1 - y)
          case 4: (x, height - 1 - y)
          case 5: (y, x)
          case 6: (y, height - 1 - x)
          case 7: (width - 1 - y, height - 1 - x)
          default: (width - 1 - y, x)
          }
        let pixel = (row * width + column) * channels
        for channel in 0..<channels { turned.append(bytes[pixel + channel]) }
      }
    }
    return PixelImage(w, h, channels, turned)
  }
}
