internal import Random

/// The random numbers of one built-in image, drawn in the order of use from the counters of that image alone.
///
/// Nothing here calls the C library's mathematics, so that the images are the same bytes on every machine.
struct ImageDraws {
  private let stream: RandomStream
  private let image: UInt32
  private var block: UInt32 = 0
  private var words: Philox.Block = (0, 0, 0, 0)
  private var left = 0

  init(stream: RandomStream, image: UInt32) {
    self.stream = stream
    self.image = image
  }

  /// The next 32 random bits.
  mutating func word() -> UInt32 {
    if left == 0 {
      words = stream.words(block: block, image: image)
      block &+= 1
      left = 4
    }
    left -= 1
    switch left {
    case 3: return words.0
    case 2: return words.1
    case 1: return words.2
    default: return words.3
    }
  }

  /// An even number in 0 ..< count.
  mutating func below(_ count: Int) -> Int { Int((UInt64(word()) * UInt64(count)) >> 32) }

  /// An even number in (0, 1).
  mutating func unit() -> Float { (Float(word() >> 9) + 0.5) * 0x1p-23 }

  /// An even number in the range.
  mutating func even(_ low: Float, _ high: Float) -> Float { low + (high - low) * unit() }

  /// A number of mean 0 and standard deviation 1, bell-shaped and within ±3.47: the sum of four bytes of one word,
  /// which has mean 510 and variance 4 (256² - 1) / 12.
  mutating func bell() -> Float {
    let bits = word()
    let sum = Int32(bits & 255) + Int32(bits >> 8 & 255) + Int32(bits >> 16 & 255) + Int32(bits >> 24)
    return Float(sum - 510) * (1 / 147.8005)
  }
}
