import Dispatch
import Foundation
internal import ImageFiles
import Synchronization

/// Images that are to be decoded: fetched in their order by one thread, decoded by several.
struct ImageFeed {
  /// Makes the bytes of one image in the form that is wanted.
  typealias Work = @Sendable () throws -> [UInt8]

  let count: Int
  /// Gives the work for the next images. Called with ranges that follow each other from 0 on.
  typealias Fetch = (Range<Int>) throws -> [Work]

  /// Begins with the first image, each time that it is called.
  let begin: () throws -> Fetch
}

/// Decodes a feed some images at a time, so that no more than these are in memory.
struct ImageImport {
  let feed: ImageFeed
  let imageBytes: Int
  let options: ImageOptions

  /// Bytes of the images that are decoded before they are handed on.
  private static let waveBytes = 1 << 25
  private static let largestWave = 1024

  /// Hands the images to `take` in their order.
  ///
  /// - Returns: the numbers of those that were left out as damaged.
  /// - Throws: the error of the first image that fails, whatever the number of threads.
  func run(_ take: ([UInt8]) throws -> Void) throws -> [Int] {
    var skipped: [Int] = []
    let wave = min(max(Self.waveBytes / max(1, imageBytes), 1), Self.largestWave)
    let fetch = try feed.begin()
    for begin in stride(from: 0, to: feed.count, by: wave) {
      options.progress?(begin, feed.count)
      let range = begin..<min(begin + wave, feed.count)
      let work = try fetch(range)
      let results = Self.map(work.count, threads: options.threads) { index in
        Result { try work[index]() }
      }
      for (image, result) in zip(range, results) {
        switch result {
        case .success(let bytes):
          guard bytes.count == imageBytes else {
            throw DatasetError.inconsistent(
              reason: "image \(image) has \(bytes.count) bytes where \(imageBytes) are needed")
          }
          try take(bytes)
        case .failure(let error):
          guard options.skipsDamaged, error is ImageFileError else { throw error }
          skipped.append(image)
        }
      }
    }
    options.progress?(feed.count, feed.count)
    return skipped
  }

  /// The results for 0 ..< count, made by several threads.
  static func map<T: Sendable>(_ count: Int, threads: Int?, _ body: @Sendable (Int) -> T) -> [T] {
    let workers = min(count, threads ?? ProcessorCount.active)
    guard workers > 1 else { return (0..<count).map(body) }
    let next = Atomic(0)
    let results = Mutex([T?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        let result = body(index)
        results.withLock { $0[index] = result }
      }
    }
    return results.withLock { $0 }.compactMap { $0 }
  }
}

/// The processors that this process may use.
enum ProcessorCount {
  static var active: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
