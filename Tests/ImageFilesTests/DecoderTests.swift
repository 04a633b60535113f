import Foundation
import ImageFiles
import PictureTesting
import Testing

/// Decodes bytes as the file `a.png`.
private func decode(_ bytes: [UInt8], background: Color = .white) throws -> PixelImage {
  try ImageDecoder.decode(bytes, path: "a.png", background: background)
}

private func message(_ bytes: [UInt8]) -> String {
  do { return "no error: \(try decode(bytes))" } catch { return "\(error)" }
}

@Suite struct PNGDecodingTests {
  @Test func greyAndColorComeOutAsTheyAre() throws {
    let grey = try decode(PNGFile(width: 2, height: 2, .grey, [0, 50, 200, 255]).bytes)
    #expect(grey.channels == 1 && grey.width == 2 && grey.height == 2)
    #expect(grey.bytes == [0, 50, 200, 255])
    let rgb = try decode(PNGFile(width: 1, height: 2, .rgb, [1, 2, 3, 253, 254, 255]).bytes)
    #expect(rgb.channels == 3)
    #expect(rgb.bytes == [1, 2, 3, 253, 254, 255])
  }

  @Test func sixteenBitsAreScaledToEight() throws {
    let bytes: [UInt8] = [0, 0, 0x80, 0x80, 0xFF, 0xFF]
    #expect(try decode(PNGFile(width: 3, height: 1, .grey, bytes, depth: 16).bytes).bytes == [0, 128, 255])
  }

  @Test func palettesAreLookedUpAndTheirAlphaIsLaidOverTheBackground() throws {
    var file = PNGFile(width: 3, height: 1, .palette, [1, 0, 2])
    file.palette = [255, 0, 0, 0, 255, 0, 0, 0, 255]
    #expect(try decode(file.bytes).bytes == [0, 255, 0, 255, 0, 0, 0, 0, 255])
    file.transparency = [255, 0, 255]
    #expect(try decode(file.bytes, background: .white).bytes == [255, 255, 255, 255, 0, 0, 0, 0, 255])
    #expect(try decode(file.bytes, background: .black).bytes == [0, 0, 0, 255, 0, 0, 0, 0, 255])
  }

  @Test func alphaMixesWithTheBackgroundRoundedToNearest() throws {
    // 100 * 64 / 255 + 255 * 191 / 255 = 216.1
    let grey = PNGFile(width: 2, height: 1, .greyAlpha, [100, 64, 7, 255]).bytes
    #expect(try decode(grey).bytes == [216, 7])
    let rgba = PNGFile(width: 1, height: 1, .rgba, [200, 0, 100, 128]).bytes
    let orange = try #require(Color("ff8000"))
    #expect(try decode(rgba, background: orange).bytes == [227, 64, 50])
  }

  @Test func interlacedPicturesAreTheSame() throws {
    let samples = (0..<13 * 9 * 3).map { UInt8(truncatingIfNeeded: $0 * 7) }
    var file = PNGFile(width: 13, height: 9, .rgb, samples)
    let plain = try decode(file.bytes)
    file.isInterlaced = true
    #expect(try decode(file.bytes) == plain)
    #expect(plain.bytes == samples)
  }

  @Test func damagedFilesSaySo() throws {
    let file = PNGFile(width: 4, height: 4, .grey, Array(0..<16)).bytes
    #expect(
      message(Array(file.prefix(40)))
        == "'a.png' is a damaged PNG file: read beyond end of data; get it again, or leave it out with --skip-damaged"
    )
    var wrong = file
    wrong[file.count - 20] ^= 255
    #expect(message(wrong).hasPrefix("'a.png' is a damaged PNG file: "))
    #expect(
      message([0x47, 0x49, 0x46, 0x38])
        == "'a.png' is no PNG or JPEG picture: it starts with 47 49 46 38; convert it, or leave it out with --skip-damaged"
    )
    #expect(message([]).hasPrefix("'a.png' is no PNG or JPEG picture: it starts with nothing;"))
  }

  @Test func sizesAreHeldAgainstTheBoundsBeforeAnythingIsDecoded() throws {
    var header = PNGFile(width: 65_000, height: 65_000, .rgb, []).bytes
    #expect(
      message(header)
        == "'a.png' is 65000 x 65000 pixels, too large (at most 65500 along a side and 67108864 in all); scale it down, "
        + "or leave it out with --skip-damaged")
    header = PNGFile(width: 70_000, height: 1, .grey, [UInt8](repeating: 0, count: 70_000)).bytes
    #expect(message(header).hasPrefix("'a.png' is 70000 x 1 pixels, too large"))
  }
}

@Suite struct JPEGDecodingTests {
  /// A picture of four flat quarters: red, green, blue, white.
  private static func quarters(_ side: Int) -> [UInt8] {
    let colors: [[UInt8]] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
    return (0..<side * side).flatMap { place -> [UInt8] in
      let (x, y) = (place % side, place / side)
      return colors[2 * (2 * y / side) + 2 * x / side]
    }
  }

  private func isNear(_ image: PixelImage, _ samples: [UInt8], _ tolerance: Int = 3) -> Bool {
    image.bytes.count == samples.count
      && zip(image.bytes, samples).allSatisfy { abs(Int($0) - Int($1)) <= tolerance }
  }

  @Test func colorAndGreyComeBack() throws {
    let rgb = Self.quarters(16)
    #expect(isNear(try decode(try JPEGFile.bytes(width: 16, height: 16, .rgb, rgb)), rgb))
    let grey = (0..<256).map { UInt8($0) }
    let image = try decode(try JPEGFile.bytes(width: 16, height: 16, .grey, grey))
    #expect(image.channels == 1)
    #expect(isNear(image, grey))
  }

  @Test func inksBecomeLight() throws {
    // Adobe stores light: 255 is no ink.
    let inks = (0..<64).flatMap { _ in [255, 0, 0, 255] as [UInt8] }
    let file = try JPEGFile.bytes(width: 8, height: 8, .cmyk, inks)
    let red = (0..<64).flatMap { _ in [255, 0, 0] as [UInt8] }
    #expect(isNear(try decode(file), red))
    let half = (0..<64).flatMap { _ in [255, 255, 255, 128] as [UInt8] }
    #expect(
      isNear(
        try decode(try JPEGFile.bytes(width: 8, height: 8, .cmyk, half)), [UInt8](repeating: 128, count: 192)))
  }

  /// What Exif 2.32 says of each number: which corner of the stored picture the visible upper left is.
  @Test(arguments: [
    (1, "RGBW"), (2, "GRWB"), (3, "WBGR"), (4, "BWRG"), (5, "RBGW"), (6, "BRWG"), (7, "WGBR"), (8, "GWRB"),
  ])
  func orientationIsApplied(_ orientation: Int, _ corners: String) throws {
    let stored = try JPEGFile.bytes(width: 16, height: 16, .rgb, Self.quarters(16))
    for isBigEndian in [false, true] {
      let image = try decode(JPEGFile.oriented(stored, UInt8(orientation), isBigEndian: isBigEndian))
      let seen = [(4, 4), (12, 4), (4, 12), (12, 12)].map { x, y -> Character in
        let pixel = image.bytes[((y * 16 + x) * 3)...].prefix(3).map { $0 > 128 }
        switch pixel {
        case [true, false, false]: return "R"
        case [false, true, false]: return "G"
        case [false, false, true]: return "B"
        default: return "W"
        }
      }
      #expect(String(seen) == corners)
    }
  }

  @Test func aTurnedPictureChangesItsSides() throws {
    let stored = try JPEGFile.bytes(width: 24, height: 8, .grey, [UInt8](repeating: 9, count: 192))
    let image = try decode(JPEGFile.oriented(stored, 6))
    #expect(image.width == 8 && image.height == 24)
    #expect(try decode(JPEGFile.oriented(stored, 9)).width == 24)
  }

  @Test func truncatedFilesAreDamagedAndStrayBytesAreNot() throws {
    let file = try JPEGFile.bytes(
      width: 64, height: 64, .grey, (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) })
    #expect(
      message(Array(file.prefix(file.count / 2)))
        == "'a.png' is a damaged JPEG file: Premature end of JPEG file; get it again, or leave it out with --skip-damaged"
    )
    #expect(message(Array(file.prefix(20))).hasPrefix("'a.png' is a damaged JPEG file: "))
    // Before the end mark.
    let stray = file.dropLast(2) + [1, 2, 3] + file.suffix(2)
    #expect(try decode(Array(stray)).bytes == decode(file).bytes)
  }
}

@Suite struct DecoderMutationTests {
  /// Damage of all kinds gives a picture or an error, never a trap, a hang or a large allocation.
  @Test func mutatedFilesAreDecodedOrRefused() throws {
    let samples = (0..<12 * 10 * 3).map { UInt8(truncatingIfNeeded: $0 * 11) }
    var interlaced = PNGFile(width: 12, height: 10, .rgb, samples)
    interlaced.isInterlaced = true
    var palette = PNGFile(width: 12, height: 10, .palette, (0..<120).map { UInt8($0 % 3) })
    palette.palette = Array(0..<9)
    palette.transparency = [0, 128]
    let files = [
      interlaced.bytes, palette.bytes, PNGFile(width: 6, height: 10, .rgba, Array(samples.prefix(240))).bytes,
      try JPEGFile.bytes(width: 12, height: 10, .rgb, samples),
      JPEGFile.oriented(try JPEGFile.bytes(width: 12, height: 10, .grey, Array(samples.prefix(120))), 6),
    ]
    let seed: UInt64 = 20
    var mutations = Mutations(seed: seed)
    var refused = 0
    for round in 0..<3000 {
      let file = mutations.mutated(files[round % files.count])
      do {
        let image = try decode(file)
        #expect(
          image.bytes.count == image.width * image.height * image.channels, "seed \(seed), round \(round)")
      } catch {
        #expect("\(error)".hasPrefix("'a.png' is "), "seed \(seed), round \(round): \(error)")
        refused += 1
      }
    }
    #expect(refused > 500)
  }
}

@Suite struct PictureFileTests {
  @Test func filesThatAreNoneAreNamed() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-images-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func message(_ path: String) -> String {
      do { return "\(try ImageDecoder.decode(path: path))" } catch { return "\(error)" }
    }
    #expect(
      message(folder.path) == "'\(folder.path)' cannot be read: it is not a regular file; check its permissions"
    )
    #expect(
      message(folder.path + "/none.png")
        == "'\(folder.path)/none.png' cannot be read: No such file or directory; check its permissions")
    let path = folder.path + "/huge.png"
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    try #require(truncate(path, 300_000_000) == 0)
    #expect(
      message(path)
        == "'\(path)' has 300000000 bytes, more than the 268435456 that a picture may have; scale it down, or leave it "
        + "out with --skip-damaged")
  }
}
