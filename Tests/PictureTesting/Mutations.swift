/// Damaged copies of a file: bytes changed, cut, doubled, from a seed.
public struct Mutations {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// SplitMix64 (Steele, Lea, Flood 2014).
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  public mutating func below(_ count: Int) -> Int { count < 1 ? 0 : Int(next() % UInt64(count)) }

  /// A copy with one to four kinds of damage.
  public mutating func mutated(_ file: [UInt8]) -> [UInt8] {
    var bytes = file
    for _ in 0...below(4) {
      guard !bytes.isEmpty else { return bytes }
      let place = below(bytes.count)
      switch below(6) {
      case 0: bytes[place] ^= 1 << UInt8(below(8))
      case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
      case 2: bytes[place] = below(2) == 0 ? 0 : 255
      case 3: bytes.removeLast(below(bytes.count - place))
      case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8)))
      default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(16))], at: place)
      }
    }
    return bytes
  }
}
