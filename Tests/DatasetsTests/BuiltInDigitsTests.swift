import Datasets
import Testing

@Suite struct BuiltInDigitsTests {
  @Test func anImageDoesNotDependOnHowManyAreMade() throws {
    let many = try BuiltInDigits.make(.train, count: 1000)
    let few = try BuiltInDigits.make(.train, count: 131)
    #expect(try many.bytes(of: 0..<131) == few.allBytes())
    #expect(try many.labels(of: 0..<131) == few.labels)
    let again = try BuiltInDigits.make(.train, count: 1000)
    #expect(try again.allBytes() == many.allBytes())
    #expect(again.labels == many.labels)
  }

  @Test func splitsAndSeedsGiveOtherDigits() throws {
    let train = try BuiltInDigits.make(.train, count: 20)
    #expect(try BuiltInDigits.make(.test, count: 20).allBytes() != train.allBytes())
    #expect(try BuiltInDigits.make(.train, count: 20, seed: 1).allBytes() != train.allBytes())
  }

  /// Results that are published depend on these bytes: whoever changes the digits on purpose records the new digest
  /// (FNV-1a, 64 bits), and those results again.
  @Test func theDigitsAreTheSameBytesEverywhere() throws {
    let digits = try BuiltInDigits.make(.train, count: 500)
    let labels = try #require(digits.labels).map { UInt8($0) }
    let digest = (try digits.allBytes() + labels).reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    #expect(String(digest, radix: 16) == "8b0641e69554e01f")
  }

  @Test func everyClassComesAboutEquallyOften() throws {
    let digits = try BuiltInDigits.make(.train, count: 10_000)
    let labels = try #require(digits.labels)
    for digit in 0...9 {
      #expect((880...1120).contains(labels.count { Int($0) == digit }), "digit \(digit)")
    }
  }

  @Test func digitsLieLikeThoseOfMNIST() throws {
    let digits = try BuiltInDigits.make(.train, count: 2000)
    #expect(digits.imageShape == [1, 28, 28])
    for index in 0..<digits.count {
      let image = try digits.image(index)
      var mass = 0.0
      var x = 0.0
      var y = 0.0
      for (place, ink) in image.enumerated() {
        mass += Double(ink)
        x += Double(ink) * Double(place % 28)
        y += Double(ink) * Double(place / 28)
      }
      #expect(image.max() == 255, "image \(index) has full ink somewhere")
      #expect((20 * 255...320 * 255).contains(Int(mass)), "image \(index) has \(mass / 255) pixels of ink")
      #expect(abs(x / mass - 14) < 2.5 && abs(y / mass - 14) < 2.5, "image \(index) is centred")
    }
  }

  @Test func refusesCountsThatAreNone() {
    #expect(
      message { try BuiltInDigits.make(.train, count: 0) }
        == "the number of digits is 0, and has to be between 1 and 10000000")
  }

  /// That the digits look like handwriting, in one number: real digits are recognised by their nearest built-in one.
  /// Over all 10,000 test images the accuracy is 89.2 %; here every fifth of them is taken.
  @Test(.enabled(if: DatasetCatalog().isAvailable(DatasetCatalog.mnist), "needs MNIST: set VAEC_DATA_DIR"))
  func nearestBuiltInDigitsClassifyRealOnes() throws {
    let known = try BuiltInDigits.make(.train, count: 10_000)
    let all = try DatasetCatalog().load(DatasetCatalog.mnist, split: .test)
    let real = try all.subset(Array(stride(from: 0, to: all.count, by: 5)))
    let accuracy = try NearestNeighbor(known).accuracy(on: real)
    #expect(accuracy >= 0.85, "accuracy \(accuracy)")
  }
}
