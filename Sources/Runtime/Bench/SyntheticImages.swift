import Artifact
import Random

/// Images of random bytes of a model's form, all of class 0, so that any model can be measured without data.
public struct SyntheticImages: ImageSource {
  public let imageShape: [Int]
  public let count: Int
  private let array: ImageArray
  /// Of so many random bytes more are made, by repeating them: millions of images would take a minute to draw, and no kernel is
  /// faster on bytes that come again.
  private static let mostDrawn = 1 << 22

  /// The images are a function of shape and count.
  /// - Throws: `ModelError.outOfMemory`.
  public init(imageShape: [Int], count: Int) throws(ModelError) {
    self.imageShape = imageShape
    self.count = count
    let stream = RandomStream(seed: 1, domain: .data, stream: streamIdentifier(of: "bench"))
    let (size, overflow) = max(1, imageShape.reduce(1, *)).multipliedReportingOverflow(by: count)
    // A call takes some of them, as bytes and in its own memory.
    guard !overflow, AvailableMemory.holds(size, copies: 2) else {
      throw .outOfMemory(bytes: overflow ? .max : size)
    }
    let part = min(size, Self.mostDrawn)
    var drawn: [UInt8] = []
    drawn.reserveCapacity(part + 16)
    var block: UInt32 = 0
    while drawn.count < part {
      let words = stream.words(block: block)
      for word in [words.0, words.1, words.2, words.3] {
        for shift in [0, 8, 16, 24] { drawn.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
      }
      block &+= 1
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    while bytes.count < size { bytes += drawn.prefix(min(part, size - bytes.count)) }
    array = ImageArray(
      imageShape: imageShape, bytes: bytes, labels: Array(repeating: 0, count: count))
  }

  public func bytes(of images: ArraySlice<Int>) throws -> [UInt8] { try array.bytes(of: images) }
  public func labels(of images: ArraySlice<Int>) throws -> [Int32]? { try array.labels(of: images) }
}
