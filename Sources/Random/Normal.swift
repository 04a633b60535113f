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
    let pair = element % 4 < 2 ? Self.normals(four.0, four.1) : Self.normals(four.2, four.3)
    return element % 2 == 0 ? pair.0 : pair.1
  }

  /// Standard normal numbers for the elements `4 * block ..< 4 * block + 4`.
  public func normals(block: UInt32) -> SIMD4<Double> {
    let four = words(block: block)
    let (first, second) = (Self.normals(four.0, four.1), Self.normals(four.2, four.3))
    return SIMD4(first.0, first.1, second.0, second.1)
  }

  private static func normals(_ first: UInt32, _ second: UInt32) -> (Double, Double) {
    let radius = (-2 * log(unit(first))).squareRoot()
    let angle = 2 * Double.pi * unit(second)
    return (radius * cos(angle), radius * sin(angle))
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
