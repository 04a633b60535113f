import Random

/// Images of random bytes of a model's form, all of class 0, so that any model can be measured without data.
public struct SyntheticImages: ImageSource {
  public let imageShape: [Int]
  public let count: Int
  private let array: ImageArray

  /// The images are a function of shape and count.
  public init(imageShape: [Int], count: Int) {
    self.imageShape = imageShape
    self.count = count
    let stream = RandomStream(seed: 1, domain: .data, stream: streamIdentifier(of: "bench"))
    let size = max(1, imageShape.reduce(1, *)) * count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 16)
    var block: UInt32 = 0
    while bytes.count < size {
      let words = stream.words(block: block)
      for word in [words.0, words.1, words.2, words.3] {
        for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
      }
      block &+= 1
    }
    array = ImageArray(
      imageShape: imageShape, bytes: Array(bytes.prefix(size)), labels: Array(repeating: 0, count: count))
  }

  public func bytes(of images: ArraySlice<Int>) throws -> [UInt8] { try array.bytes(of: images) }
  public func labels(of images: ArraySlice<Int>) throws -> [Int32]? { try array.labels(of: images) }
}
