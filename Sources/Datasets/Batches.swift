internal import Random

/// The order in which an epoch visits the images, in batches: a permutation that depends on seed and epoch alone.
public struct BatchOrder: Sendable {
  /// The number of images.
  public let count: Int
  /// Images per batch; the last batch of an epoch holds what is left.
  public let batchSize: Int
  /// The seed of the run.
  public let seed: UInt64

  /// - Throws: `DatasetError.outOfRange` where `count` or `batchSize` is not between 1 and 2^31 - 1.
  public init(count: Int, batchSize: Int, seed: UInt64) throws {
    let most = Int(Int32.max)
    for (what, value) in [("the number of images", count), ("the batch size", batchSize)] {
      guard (1...most).contains(value) else {
        throw DatasetError.outOfRange(what: what, value: value, least: 1, most: most)
      }
    }
    self.count = count
    self.batchSize = batchSize
    self.seed = seed
  }

  /// Batches per epoch, the partial one included.
  public var batchCount: Int { (count - 1) / batchSize + 1 }

  /// The images in the order of one epoch.
  public func order(epoch: UInt32) -> [Int] {
    RandomStream(seed: seed, domain: .shuffle, stream: streamIdentifier(of: "order"))
      .permutation(count: count, epoch: epoch)
  }

  /// The batches of one epoch: slices of its order, `batchCount` of them.
  public func batches(epoch: UInt32) -> [ArraySlice<Int>] {
    let order = order(epoch: epoch)
    return (0..<batchCount).map { batch in
      order[(batch * batchSize)..<min((batch + 1) * batchSize, count)]
    }
  }
}

extension Dataset {
  /// Parts the images at random into two lists of indices, `first` of them and the rest, each ascending.
  ///
  /// The same seed gives the same parts. Indices, and not copies, so that an image keeps the number that its random
  /// noise depends on.
  ///
  /// - Throws: `DatasetError.outOfRange` where `first` is not between 1 and `count - 1`.
  public func parted(first: Int, seed: UInt64) throws -> (first: [Int], rest: [Int]) {
    guard first >= 1, first < count else {
      throw DatasetError.outOfRange(what: "the part's size", value: first, least: 1, most: count - 1)
    }
    let order = RandomStream(seed: seed, domain: .shuffle, stream: streamIdentifier(of: "split"))
      .permutation(count: count, epoch: 0)
    return (order[..<first].sorted(), order[first...].sorted())
  }

  /// Parts the images at random by a fraction, such as 0.6 for 60 and 40 per cent; see `parted(first:seed:)`.
  ///
  /// - Throws: `DatasetError.outOfRange` where a part would be empty, `.inconsistent` where the fraction is not
  ///   between 0 and 1.
  public func parted(fraction: Double, seed: UInt64) throws -> (first: [Int], rest: [Int]) {
    guard fraction > 0, fraction < 1 else {
      throw DatasetError.inconsistent(reason: "the fraction \(fraction) is not between 0 and 1")
    }
    return try parted(first: Int((fraction * Double(count)).rounded()), seed: seed)
  }

  /// Takes `count` images out at random for validation: the rest to train on, and those held out.
  ///
  /// - Throws: `DatasetError.outOfRange` where `count` is not between 1 and the number of images - 1.
  public func holdingOut(_ count: Int, seed: UInt64) throws -> (train: [Int], validation: [Int]) {
    let parts = try parted(first: count, seed: seed)
    return (parts.rest, parts.first)
  }
}
