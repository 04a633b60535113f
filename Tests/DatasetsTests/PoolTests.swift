import Datasets
import Foundation
import Testing

/// Images that are pooled and parted anew, and folds.
@Suite struct PoolTests {
  /// Images of 1 x 1 x 2 bytes, each its number twice from a first on.
  private func images(_ numbers: Range<UInt8>, split: DatasetSplit = .train) throws -> Dataset {
    try Dataset(
      name: "small", split: split, imageShape: [1, 1, 2], images: numbers.flatMap { [$0, $0] },
      labels: numbers.map { Int32($0 % 2) }, classNames: ["even", "odd"],
      attributes: [
        ImageAttribute(name: "low", valueNames: ["no", "yes"], values: numbers.map { $0 < 3 ? 1 : 0 })
      ],
      source: "test")
  }

  @Test(arguments: [UInt64(0), 7]) func aPoolIsPartedWithoutLossAndKeepsItsNumbers(seed: UInt64) throws {
    let train = try images(0..<6).subset([0, 1, 2, 3, 4, 5])
    let parts = try Dataset.pooled(train, images(6..<10, split: .test), share: 0.6, seed: seed)
    #expect(parts.train.count == 6 && parts.test.count == 4)
    #expect(parts.train.split == .train && parts.test.split == .test)
    var seen: [Int] = []
    for part in [parts.train, parts.test] {
      let numbers = try part.numbers(of: Array(0..<part.count))
      seen += numbers
      #expect(try part.allBytes() == numbers.flatMap { [UInt8($0), UInt8($0)] })
      #expect(part.labels == numbers.map { Int32($0 % 2) })
      #expect(part.attributes.first?.values == numbers.map { $0 < 3 ? 1 : 0 })
      // A part of a part keeps them too.
      #expect(try part.subset([2, 0]).numbers(of: [0, 1]) == [numbers[2], numbers[0]])
    }
    #expect(seen.sorted() == Array(0..<10))
    let again = try Dataset.pooled(train, images(6..<10, split: .test), share: 0.6, seed: seed)
    #expect(try again.train.allBytes() == parts.train.allBytes())
    let other = try Dataset.pooled(train, images(6..<10, split: .test), share: 0.6, seed: seed + 1)
    #expect(try other.train.allBytes() != parts.train.allBytes())
  }

  @Test func partsOfDifferentKindsAreNotPooled() throws {
    let other = try Dataset(
      name: "other", split: .test, imageShape: [1, 2, 1], images: [0, 0], labels: [0],
      classNames: ["even", "odd"], source: "test")
    #expect(
      message { try Dataset.pooled(images(0..<4), other, share: 0.5, seed: 0) }
        == "the data do not hold together: the parts of small have images or classes of different kinds")
    #expect(
      message { try Dataset.pooled(images(0..<2), images(2..<4), share: 0.01, seed: 0) }
        == "the part's size is 0, and has to be between 1 and 3")
  }

  @Test(arguments: [(10, 3), (10, 2), (7, 7), (100, 6)])
  func everyImageIsHeldOutInOneFold(count: Int, folds: Int) throws {
    let data = try images(0..<UInt8(count))
    var held: [Int] = []
    for fold in 1...folds {
      let parts = try data.fold(fold, of: folds, seed: 5)
      #expect((parts.train + parts.validation).sorted() == Array(0..<count))
      #expect((count / folds...(count + folds - 1) / folds).contains(parts.validation.count))
      held += parts.validation
    }
    #expect(held.sorted() == Array(0..<count))
    #expect(try data.fold(1, of: folds, seed: 5).validation != data.fold(1, of: folds, seed: 6).validation)
  }

  @Test func foldsThatAreNotThereAreRefused() throws {
    let data = try images(0..<4)
    #expect(
      message { try data.fold(1, of: 5, seed: 0) } == "the number of folds is 5, and has to be between 2 and 4")
    #expect(message { try data.fold(3, of: 2, seed: 0) } == "the fold is 3, and has to be between 1 and 2")
  }

  @Test func repeatedImagesAreCounted() throws {
    let (first, second) = (try images(0..<8), try images(5..<10))
    #expect(try second.repeats([0, 1, 2, 3, 4], in: first, Array(0..<8)) == 3)
    #expect(try second.repeats([0, 1, 2, 3, 4], in: first, [0, 1, 7]) == 1)
    #expect(try first.repeats([0, 1], in: first, [2, 3]) == 0)
  }
}
