import Dispatch
internal import Random

/// Handwritten-looking digits that are made, not read: 0 to 9 from stroke skeletons in random hands, 28 x 28 grey,
/// placed like MNIST's (in a box of 20 x 20, the centre of mass in the middle).
///
/// Image i of a split depends on the seed and on i alone: not on how many are made, nor on the number of threads.
public enum BuiltInDigits {
  /// How many images a split has where nothing else is asked for: as many as MNIST's.
  public static func standardCount(of split: DatasetSplit) -> Int { split == .train ? 60_000 : 10_000 }

  /// Images that one thread makes in a row.
  private static let chunk = 128

  /// Makes the first `count` digits of a split.
  ///
  /// - Parameters:
  ///   - count: the number of images; `standardCount` where nil.
  ///   - seed: another seed gives other digits. The splits have random numbers of their own.
  /// - Throws: `DatasetError.outOfRange` where `count` is not between 1 and 10 million.
  public static func make(_ split: DatasetSplit, count: Int? = nil, seed: UInt64 = 0) throws -> Dataset {
    let count = count ?? standardCount(of: split)
    let most = 10_000_000
    guard (1...most).contains(count) else {
      throw DatasetError.outOfRange(what: "the number of digits", value: count, least: 1, most: most)
    }
    let stream = RandomStream(
      seed: seed, domain: .data, stream: streamIdentifier(of: "digits.\(split.rawValue)"))
    let bytes = DigitRaster.side * DigitRaster.side
    var images = [UInt8](repeating: 0, count: count * bytes)
    var labels = [UInt8](repeating: 0, count: count)
    images.withUnsafeMutableBufferPointer { images in
      labels.withUnsafeMutableBufferPointer { labels in
        // Each chunk writes its own part of both arrays, and the call returns when all are done.
        nonisolated(unsafe) let images = images
        nonisolated(unsafe) let labels = labels
        DispatchQueue.concurrentPerform(iterations: (count + chunk - 1) / chunk) { part in
          let range = (part * chunk)..<min((part + 1) * chunk, count)
          write(range, stream, images: images, labels: labels)
        }
      }
    }
    return try Dataset(
      name: DatasetCatalog.digits, split: split, imageShape: [1, DigitRaster.side, DigitRaster.side],
      images: images,
      labels: labels.map { Int32($0) }, classNames: (0...9).map(String.init), source: "built in")
  }

  private static func write(
    _ range: Range<Int>, _ stream: RandomStream, images: UnsafeMutableBufferPointer<UInt8>,
    labels: UnsafeMutableBufferPointer<UInt8>
  ) {
    let bytes = DigitRaster.side * DigitRaster.side
    var shape = DigitShape()
    var raster = DigitRaster()
    for index in range {
      var draws = ImageDraws(stream: stream, image: UInt32(truncatingIfNeeded: index))
      let digit = draws.below(10)
      shape.write(digit, &draws)
      labels[index] = UInt8(digit)
      raster.render(
        shape, into: UnsafeMutableBufferPointer(rebasing: images[(index * bytes)..<((index + 1) * bytes)]))
    }
  }
}
