import Foundation

/// The seed of the tests' random numbers, which VAEC_TEST_SEED overrides. Failures print it.
public let testSeed = ProcessInfo.processInfo.environment["VAEC_TEST_SEED"].flatMap(UInt64.init) ?? 1

/// SplitMix64 (Steele, Lea and Flood 2014).
public struct SplitMix: RandomNumberGenerator, Sendable {
  public var state: UInt64

  public init(state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number of [0, 1).
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
