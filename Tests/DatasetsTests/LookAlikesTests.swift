import Datasets
import Testing

/// The built-in stand-ins for SVHN and CelebA.
@Suite struct LookAlikesTests {
  private static let makers: [@Sendable (DatasetSplit, Int, UInt64) throws -> Dataset] = [
    { try StreetDigits.make($0, count: $1, seed: $2) }, { try CartoonFaces.make($0, count: $1, seed: $2) },
  ]

  @Test(arguments: makers.indices) func anImageDependsOnSeedSplitAndNumberAlone(maker: Int) throws {
    let make = Self.makers[maker]
    let many = try make(.train, 200, 0)
    let few = try make(.train, 67, 0)
    #expect(try many.bytes(of: 0..<67) == few.allBytes())
    #expect(try many.labels(of: 0..<67) == few.labels)
    #expect(try make(.test, 67, 0).allBytes() != few.allBytes())
    #expect(try make(.train, 67, 1).allBytes() != few.allBytes())
  }

  /// Results that are published depend on these bytes: whoever changes the images on purpose records the new digest
  /// (FNV-1a, 64 bits), and those results again.
  @Test(arguments: zip(makers.indices, ["4906b2b0684f3eed", "1d231658f49de3cc"]))
  func theImagesAreTheSameBytesEverywhere(maker: Int, digest: String) throws {
    let images = try Self.makers[maker](.train, 100, 0)
    let facts = images.attributes.flatMap(\.values)
    let hash = (try images.allBytes() + facts).reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    #expect(String(hash, radix: 16) == digest)
  }

  @Test func everyDigitComesAboutEquallyOftenAndIsSeen() throws {
    let digits = try StreetDigits.make(.train, count: 4000)
    #expect(digits.imageShape == [3, 32, 32])
    let labels = try #require(digits.labels)
    for digit in 0...9 { #expect((320...480).contains(labels.count { Int($0) == digit }), "digit \(digit)") }
    // Something stands out from the ground in the middle of every image.
    for index in 0..<500 {
      let image = try digits.image(index)
      let contrasts = (0..<3).map { channel in
        let middle = (4..<28).flatMap { y in (8..<24).map { x in Int(image[1024 * channel + 32 * y + x]) } }
        return (middle.max() ?? 0) - (middle.min() ?? 0)
      }
      #expect((contrasts.max() ?? 0) > 24, "image \(index)")
    }
  }

  @Test func theAttributesOfFacesAreSeenInThem() throws {
    let faces = try CartoonFaces.make(.train, count: 2000)
    #expect(faces.imageShape == [3, 64, 64])
    #expect(
      faces.attributes.map(\.name) == [
        "glasses", "smile", "hair-color", "hair", "skin", "hat", "beard", "background",
      ])
    #expect(faces.classNames == ["bald", "short", "long", "curly", "bun"])
    #expect(faces.labels == faces.attributes[3].values.map { Int32($0) })
    for attribute in faces.attributes {
      for value in attribute.valueNames.indices {
        let count = attribute.values.count { Int($0) == value }
        #expect(count >= 60, "\(attribute.name) \(attribute.valueNames[value]): \(count)")
      }
    }
    // The mean color of each background's upper corners, and of each skin's cheeks, tell the values apart.
    func means(_ attribute: Int, _ places: [(x: Int, y: Int)]) throws -> [[Double]] {
      let chosen = faces.attributes[attribute]
      return try chosen.valueNames.indices.map { value in
        let images = chosen.values.indices.filter { Int(chosen.values[$0]) == value }
        return try (0..<3).map { channel in
          try images.reduce(0.0) { sum, index in
            let image = try faces.image(index)
            return sum + places.reduce(0.0) { $0 + Double(image[channel * 4096 + $1.y * 64 + $1.x]) }
          } / Double(images.count * places.count)
        }
      }
    }
    for colors in [try means(7, [(3, 3), (60, 3)]), try means(4, [(32, 44), (30, 42)])] {
      for (index, color) in colors.enumerated() {
        for other in colors[(index + 1)...] {
          let distance = zip(color, other).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
          #expect(distance > 10, "\(color) and \(other)")
        }
      }
    }
  }

  @Test func theyAreInTheCatalog() throws {
    let catalog = DatasetCatalog(environment: [:])
    #expect(try catalog.load("street-digits", split: .test, limit: 3).count == 3)
    let faces = try catalog.load(
      "cartoon-faces", split: .test, options: ImageOptions(limit: 5, classes: "glasses"))
    #expect(faces.classNames == ["none", "round", "square", "sun"])
    #expect(
      message {
        try catalog.load("cartoon-faces", split: .test, options: ImageOptions(limit: 5, classes: "wings"))
      }
        == "cartoon-faces has no attribute 'wings'; it has glasses, smile, hair-color, hair, skin, hat, beard, background"
    )
    #expect(
      message { try StreetDigits.make(.train, count: 0) }
        == "the number of images is 0, and has to be between 1 and 10000000")
  }
}
