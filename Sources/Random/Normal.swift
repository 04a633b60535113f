#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension RandomStream {
  /// A standard normal number for one element, by Box and Muller (1958): words 0 and 1 of a block give elements
  /// 4b and 4b + 1 (cosine, then sine), words 2 and 3 the next two.
  public func normal(element: Int, image: UInt32 = 0, epoch: UInt32 = 0, sample: UInt32 = 0) -> Double {
    let block = UInt32(truncatingIfNeeded: element / 4)
    let four = words(block: block, image: image, epoch: epoch, sample: sample)
    let pair = element % 4 < 2 ? (four.0, four.1) : (four.2, four.3)
    let radius = (-2 * log(Self.unit(pair.0))).squareRoot()
    let angle = 2 * Double.pi * Self.unit(pair.1)
    return element % 2 == 0 ? radius * cos(angle) : radius * sin(angle)
  }

  /// A permutation of 0 ..< count by Fisher and Yates, drawn from this stream's counters for one epoch.
  public func permutation(count: Int, epoch: UInt32) -> [Int] {
    var order = Array(0..<count)
    guard count > 1 else { return order }
    for last in stride(from: count - 1, through: 1, by: -1) {
      // A 64-bit word scaled to the range: the bias is below count / 2^64.
      let four = words(block: UInt32(truncatingIfNeeded: last), epoch: epoch)
      let word = UInt64(four.0) << 32 | UInt64(four.1)
      let chosen = Int(word.multipliedFullWidth(by: UInt64(last + 1)).high)
      order.swapAt(last, chosen)
    }
    return order
  }
}
