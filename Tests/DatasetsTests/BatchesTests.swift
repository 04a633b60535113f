import Datasets
import Testing

@Suite struct BatchesTests {
  /// Five images of 1 x 1 x 2 bytes: 0 1, 2 3, ...
  private func small() throws -> Dataset {
    try Dataset(
      name: "small", split: .train, imageShape: [1, 1, 2], images: Array(0..<10), labels: [0, 1, 0, 1, 0],
      classNames: ["even", "odd"], source: "test")
  }

  @Test(arguments: [(1, 1), (5, 2), (6, 2), (7, 100), (1000, 128)])
  func batchesVisitEveryImageOnceAndTheLastIsWhatIsLeft(count: Int, size: Int) throws {
    let order = try BatchOrder(count: count, batchSize: size, seed: 3)
    let batches = order.batches(epoch: 1)
    #expect(batches.count == order.batchCount)
    #expect(batches.dropLast().allSatisfy { $0.count == size })
    #expect((1...size).contains(batches.last?.count ?? 0))
    #expect(batches.flatMap { $0 }.sorted() == Array(0..<count))
  }

  @Test func theOrderDependsOnSeedAndEpochAlone() throws {
    let order = try BatchOrder(count: 500, batchSize: 7, seed: 3)
    #expect(try order.order(epoch: 1) == BatchOrder(count: 500, batchSize: 100, seed: 3).order(epoch: 1))
    #expect(order.order(epoch: 1) != order.order(epoch: 2))
    #expect(try order.order(epoch: 1) != BatchOrder(count: 500, batchSize: 7, seed: 4).order(epoch: 1))
  }

  @Test func refusesBatchesOfNothing() {
    #expect(
      message { try BatchOrder(count: 10, batchSize: 0, seed: 0) }
        == "the batch size is 0, and has to be between 1 and 2147483647")
    #expect(
      message { try BatchOrder(count: 0, batchSize: 1, seed: 0) }
        == "the number of images is 0, and has to be between 1 and 2147483647")
  }

  @Test func gatherCopiesImagesInTheOrderOfTheIndicesAndLeavesTheRest() throws {
    var buffer = [UInt8](repeating: 99, count: 8)
    let data = try small()
    try buffer.withUnsafeMutableBytes { try data.gather([4, 0, 4], into: $0) }
    #expect(buffer == [8, 9, 0, 1, 8, 9, 99, 99])
  }

  @Test func gatherRefusesWhatIsNotThereAndWhatDoesNotFit() throws {
    let data = try small()
    var buffer = [UInt8](repeating: 0, count: 5)
    for (indices, text) in [
      ([5], "the image's index is 5, and has to be between 0 and 4"),
      ([-1], "the image's index is -1, and has to be between 0 and 4"),
      ([0, 1, 2], "the number of images to gather is 3, and has to be between 0 and 2"),
    ] {
      #expect(message { try buffer.withUnsafeMutableBytes { try data.gather(indices, into: $0) } } == text)
    }
  }

  @Test func aSubsetKeepsImagesWithTheirLabels() throws {
    let data = try small().subset([3, 1])
    #expect(try data.allBytes() == [6, 7, 2, 3])
    #expect(data.labels == [1, 1])
    #expect(throws: DatasetError.self) { try data.subset([2]) }
    #expect(try data.subset([]).count == 0)
  }

  @Test func partsAreDisjointCompleteAndRepeatable() throws {
    let data = try small()
    let parts = try data.parted(fraction: 0.6, seed: 1)
    #expect(parts.first.count == 3)
    #expect((parts.first + parts.rest).sorted() == [0, 1, 2, 3, 4])
    #expect(try data.parted(first: 3, seed: 1) == parts)
    let held = try data.holdingOut(2, seed: 5)
    #expect(held.validation.count == 2)
    #expect((held.train + held.validation).sorted() == [0, 1, 2, 3, 4])
    #expect(throws: DatasetError.self) { try data.parted(first: 5, seed: 1) }
    #expect(throws: DatasetError.self) { try data.parted(fraction: .nan, seed: 1) }
  }

  @Test func refusesArraysThatDoNotFitTheShape() {
    func dataset(_ shape: [Int], _ bytes: Int, _ labels: [Int32]) throws -> Dataset {
      try Dataset(
        name: "x", split: .test, imageShape: shape, images: [UInt8](repeating: 0, count: bytes), labels: labels,
        classNames: ["a"], source: "test")
    }
    #expect(
      message { try dataset([1, 2, 2], 7, [0, 0]) }
        == "the data do not hold together: 2 labels and images of 4 bytes do not go with 7 bytes")
    #expect(
      message { try dataset([1, 2, 2], 4, [1]) }
        == "the data do not hold together: image 0 has the label 1, and there are 1 classes")
    #expect(throws: DatasetError.self) { try dataset([4], 4, [0]) }
    #expect(throws: DatasetError.self) { try dataset([0, 1, 1], 0, [0]) }
  }
}
