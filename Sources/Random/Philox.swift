/// The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011, section 3.3): a keyed bijection of 128-bit counters. Any number can be had in any order, so a
/// draw depends on what it is for and never on who makes it.
public enum Philox {
  public typealias Block = (UInt32, UInt32, UInt32, UInt32)

  /// The multipliers and the key increments of the paper's section 3.3.
  public static let multipliers: (UInt32, UInt32) = (0xD251_1F53, 0xCD9E_8D57)
  public static let increments: (UInt32, UInt32) = (0x9E37_79B9, 0xBB67_AE85)
  public static let rounds = 10

  /// Four random words for a counter under a key.
  @inlinable
  public static func block(counter: Block, key: (UInt32, UInt32)) -> Block {
    var c = counter
    var k = key
    for round in 0..<rounds {
      if round > 0 { k = (k.0 &+ increments.0, k.1 &+ increments.1) }
      let first = multipliers.0.multipliedFullWidth(by: c.0)
      let second = multipliers.1.multipliedFullWidth(by: c.2)
      c = (second.high ^ c.1 ^ k.0, second.low, first.high ^ c.3 ^ k.1, first.low)
    }
    return c
  }
}

/// What a random number is for. Numbers of different domains are independent under the same seed.
public enum RandomDomain: UInt32, Sendable, CaseIterable {
  case train = 1
  case evaluate = 2
  case sample = 3
  case initialize = 4
  case shuffle = 5
  case data = 6

  /// The name that the IR prints.
  public var name: String { String(describing: self) }
}

/// The random numbers of one draw of a model: a stream under a seed.
///
/// Key: (seed's low word XOR stream, seed's high word XOR domain x 0x9E3779B9). Counter: (element / 4, image, epoch,
/// sample). Compiled code and the reference interpreter use the same words.
public struct RandomStream: Sendable {
  public let key: (UInt32, UInt32)

  public init(seed: UInt64, domain: RandomDomain, stream: UInt32) {
    key = (
      UInt32(truncatingIfNeeded: seed) ^ stream,
      UInt32(truncatingIfNeeded: seed >> 32) ^ (domain.rawValue &* 0x9E37_79B9)
    )
  }

  /// Four words for the elements `4 * block ..< 4 * block + 4`.
  @inlinable
  public func words(block: UInt32, image: UInt32 = 0, epoch: UInt32 = 0, sample: UInt32 = 0) -> Philox.Block {
    Philox.block(counter: (block, image, epoch, sample), key: key)
  }

  /// A number in (0, 1) from a word: its upper 23 bits, centred. Exact in float32 as in float64.
  @inlinable
  public static func unit(_ word: UInt32) -> Double { (Double(word >> 9) + 0.5) * 0x1p-23 }

  /// A uniform number in (0, 1) for one element.
  @inlinable
  public func uniform(element: Int, image: UInt32 = 0, epoch: UInt32 = 0, sample: UInt32 = 0) -> Double {
    let block = UInt32(truncatingIfNeeded: element / 4)
    return uniforms(block: block, image: image, epoch: epoch, sample: sample)[element % 4]
  }

  /// Uniform numbers in (0, 1) for the elements `4 * block ..< 4 * block + 4`.
  @inlinable
  public func uniforms(block: UInt32, image: UInt32 = 0, epoch: UInt32 = 0, sample: UInt32 = 0)
    -> SIMD4<Double>
  {
    let four = words(block: block, image: image, epoch: epoch, sample: sample)
    return SIMD4(Self.unit(four.0), Self.unit(four.1), Self.unit(four.2), Self.unit(four.3))
  }
}

/// The stream of a draw: FNV-1a (32 bits) of the path of the draw in the model's source, such as `encoder.z`.
/// Fixed when the model is elaborated, so that no later pass can change a number.
public func streamIdentifier(of path: String) -> UInt32 {
  var hash: UInt32 = 0x811C_9DC5
  for byte in path.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
  return hash
}
