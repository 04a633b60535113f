import Dispatch
internal import Random

/// Makes built-in images with all processors. Image i depends on the seed and on i alone: not on how many are made, nor
/// on the number of threads.
enum BuiltInImages {
  /// Images that one thread makes in a row.
  private static let chunk = 64
  private static let most = 10_000_000

  /// Images of a size with some numbers known of each.
  ///
  /// - Parameters:
  ///   - stream: another name gives other random numbers.
  ///   - facts: how many numbers are known of each image.
  ///   - draw: makes one image of `bytes` bytes and its facts.
  /// - Returns: the images one behind the other, and the facts, image behind image.
  /// - Throws: `DatasetError.outOfRange` where `count` is not between 1 and 10 million.
  static func make(
    count: Int, bytes: Int, facts: Int, seed: UInt64, stream: String,
    _ draw:
      @Sendable (
        _ draws: inout ImageDraws, _ image: UnsafeMutableBufferPointer<UInt8>,
        _ facts: UnsafeMutableBufferPointer<UInt8>
      ) -> Void
  ) throws -> (images: [UInt8], facts: [UInt8]) {
    guard (1...most).contains(count) else {
      throw DatasetError.outOfRange(what: "the number of images", value: count, least: 1, most: most)
    }
    let stream = RandomStream(seed: seed, domain: .data, stream: streamIdentifier(of: stream))
    var images = [UInt8](repeating: 0, count: count * bytes)
    var known = [UInt8](repeating: 0, count: count * facts)
    images.withUnsafeMutableBufferPointer { images in
      known.withUnsafeMutableBufferPointer { known in
        // Each chunk writes its own part of both arrays, and the call returns when all are done.
        nonisolated(unsafe) let images = images
        nonisolated(unsafe) let known = known
        DispatchQueue.concurrentPerform(iterations: (count + chunk - 1) / chunk) { part in
          for index in (part * chunk)..<min((part + 1) * chunk, count) {
            var draws = ImageDraws(stream: stream, image: UInt32(truncatingIfNeeded: index))
            draw(
              &draws,
              UnsafeMutableBufferPointer(rebasing: images[(index * bytes)..<((index + 1) * bytes)]),
              UnsafeMutableBufferPointer(rebasing: known[(index * facts)..<((index + 1) * facts)]))
          }
        }
      }
    }
    return (images, known)
  }
}
