import ImageFiles
import Testing

private func image(_ width: Int, _ height: Int, _ bytes: [UInt8]) throws -> PixelImage {
  try #require(PixelImage(width: width, height: height, channels: bytes.count / (width * height), bytes: bytes))
}

private func fit(
  _ picture: PixelImage, _ size: PixelSize, channels: Int = 1, _ crop: Crop = .center,
  _ filter: ResamplingFilter = .bilinear, background: Color = .white
) throws -> [UInt8] {
  try Fitting(size: size, channels: channels, crop: crop, filter: filter, background: background)
    .bytes(of: picture, path: "a.png")
}

@Suite struct ResamplingTests {
  @Test(arguments: ResamplingFilter.allCases) func aPictureOfTheRightSizeStaysAsItIs(filter: ResamplingFilter)
    throws
  {
    let picture = try image(3, 2, [0, 9, 255, 3, 77, 128])
    #expect(try fit(picture, PixelSize(height: 2, width: 3), .center, filter) == picture.bytes)
  }

  @Test(arguments: ResamplingFilter.allCases) func aFlatPictureStaysFlat(filter: ResamplingFilter) throws {
    let flat = try image(37, 23, [UInt8](repeating: 201, count: 37 * 23))
    for size in [1, 5, 23, 64] {
      let bytes = try fit(flat, PixelSize(height: size, width: size), .stretch, filter)
      #expect(bytes == [UInt8](repeating: 201, count: size * size), "to \(size)")
    }
  }

  @Test func areaTakesTheMeanOfWhatAPixelCovers() throws {
    // Two by two pixels each, and thirds: (2 * 0 + 1 * 30) / 3 and (1 * 30 + 2 * 90) / 3 = 10, 70 from three of 0, 30, 90.
    let four = try image(4, 2, [0, 10, 100, 200, 20, 30, 100, 0])
    #expect(try fit(four, PixelSize(height: 1, width: 2), .stretch, .area) == [15, 100])
    let three = try image(3, 1, [0, 30, 90])
    #expect(try fit(three, PixelSize(height: 1, width: 2), .stretch, .area) == [10, 70])
  }

  @Test func bilinearGrowsByInterpolationBetweenPixelCentres() throws {
    // Centres of the four new pixels lie at 0.25, 0.75, 1.25 and 1.75; those of the old at 0.5 and 1.5.
    let two = try image(2, 1, [0, 100])
    #expect(try fit(two, PixelSize(height: 1, width: 4), .stretch) == [0, 25, 75, 100])
  }

  @Test func bilinearShrinksWithATriangleOfTwoNewPixels() throws {
    // Width 2 around 1 and 3: weights 3/4 and 1/4 beside the centre, those outside are left away: for the first
    // (0.75 * 80 + 0.75 * 0 + 0.25 * 40) / 1.75 = 40, for the second (0.25 * 0 + 0.75 * 40 + 0.75 * 0) / 1.75 = 17.1.
    let four = try image(4, 1, [80, 0, 40, 0])
    #expect(try fit(four, PixelSize(height: 1, width: 2), .stretch) == [40, 17])
  }

  @Test func finePatternsDoNotBecomeCoarseOnes() throws {
    // Columns of 0 and 255: without a filter as wide as the new pixels they would alias.
    let stripes = try image(64, 8, (0..<512).map { $0 % 2 == 0 ? 0 : 255 })
    for filter in ResamplingFilter.allCases {
      let bytes = try fit(stripes, PixelSize(height: 2, width: 16), .stretch, filter)
      #expect(bytes.allSatisfy { (115...140).contains($0) }, "\(filter): \(bytes)")
    }
  }
}

@Suite struct CropTests {
  /// Columns 0, 10, 20, ...
  private func ramp(_ width: Int, _ height: Int) throws -> PixelImage {
    try image(width, height, (0..<width * height).map { UInt8($0 % width * 10) })
  }

  @Test func centerTakesTheLargestMiddlePartOfTheRightAspectRatio() throws {
    #expect(try fit(ramp(6, 2), PixelSize(height: 2, width: 2)) == [20, 30, 20, 30])
    // Half pixels at both sides: means of neighbours.
    #expect(try fit(ramp(5, 2), PixelSize(height: 2, width: 2), .center, .area) == [15, 25, 15, 25])
    let tall = try image(1, 4, [1, 2, 3, 4])
    #expect(try fit(tall, PixelSize(height: 1, width: 1), .center, .area) == [3])
    #expect(try fit(tall, PixelSize(height: 2, width: 1)) == [2, 3])
  }

  @Test func fitKeepsAllOfItAndPutsTheBackgroundBeside() throws {
    let wide = try image(4, 2, [UInt8](repeating: 7, count: 8))
    #expect(
      try fit(wide, PixelSize(height: 4, width: 4), .fit, background: .black) == [
        0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0,
      ])
    #expect(try fit(wide, PixelSize(height: 2, width: 2), .fit) == [7, 7, 255, 255])
  }

  @Test func aSizeIsCutFromTheMiddleAndThenScaled() throws {
    #expect(
      try fit(ramp(6, 4), PixelSize(height: 2, width: 2), .size(PixelSize(height: 2, width: 2))) == [
        20, 30, 20, 30,
      ])
    #expect(
      try fit(ramp(6, 4), PixelSize(height: 1, width: 1), .size(PixelSize(height: 2, width: 4)), .area) == [25])
    // Pixels outside the part have no part in it, though the filter would reach them.
    #expect(try fit(ramp(6, 4), PixelSize(height: 1, width: 1), .size(PixelSize(height: 2, width: 2))) == [25])
    // CelebA's 178 x 218: the part of 148 begins at (15, 35).
    let face = try image(178, 218, (0..<178 * 218).map { $0 % 178 == 15 && $0 / 178 == 35 ? 255 : 0 })
    let part = try fit(face, PixelSize(height: 148, width: 148), .size(PixelSize(height: 148, width: 148)))
    #expect(part.first == 255 && part.dropFirst().allSatisfy { $0 == 0 })
  }

  @Test func aPictureSmallerThanThePartIsNamed() throws {
    do {
      _ = try fit(ramp(6, 4), PixelSize(height: 1, width: 1), .size(PixelSize(height: 5, width: 5)))
      Issue.record("no error")
    } catch {
      #expect(
        "\(error)"
          == "'a.png' is 6 x 4 pixels, smaller than the crop of 5 x 5; take a smaller --crop, or leave it out with "
          + "--skip-damaged")
    }
  }

  @Test func channelsComeOneBehindTheOther() throws {
    let picture = try image(2, 1, [1, 2, 3, 4, 5, 6])
    #expect(try fit(picture, PixelSize(height: 1, width: 2), channels: 3) == [1, 4, 2, 5, 3, 6])
  }

  @Test func colorBecomesItsLumaAndGreyIsRepeated() throws {
    let colors = try image(4, 1, [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    #expect(try fit(colors, PixelSize(height: 1, width: 4)) == [76, 150, 29, 9])
    let grey = try image(2, 1, [5, 6])
    #expect(try fit(grey, PixelSize(height: 1, width: 2), channels: 3) == [5, 6, 5, 6, 5, 6])
  }

  @Test(arguments: [
    ("center", Crop.center), ("fit", .fit), ("stretch", .stretch),
    ("148", .size(PixelSize(height: 148, width: 148))),
    ("10x20", .size(PixelSize(height: 10, width: 20))),
  ])
  func cropsHaveTexts(text: String, crop: Crop) {
    #expect(Crop(text) == crop)
    #expect(Crop(crop.text) == crop)
  }

  @Test(arguments: ["", "x", "0", "-1", "5x", "x5", "1x2x3", "5000", "1e2"]) func otherTextsAreNoSizes(
    text: String
  ) {
    #expect(PixelSize(text) == nil)
    #expect(Crop(text) == nil)
  }

  @Test func colorsHaveNamesAndDigits() {
    #expect(Color("white") == .white)
    #expect(Color("FF8000") == Color(red: 255, green: 128, blue: 0))
    #expect(Color("0a0b0c")?.hex == "0a0b0c")
    for text in ["", "ff", "ggffff", "+12345", "red"] { #expect(Color(text) == nil, "\(text)") }
  }
}
