/// SHA-256 (FIPS 180-4, section 6.2). Foundation on Linux has no digest.
///
///     SHA256.hex(of: "abc".utf8)  // ba7816bf...
public struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// The message schedule: its first 16 words are the block that is being filled.
  private var words = [UInt32](repeating: 0, count: 64)
  /// Bytes of the block that are filled.
  private var filled = 0
  private var length: UInt64 = 0

  public init() {}

  /// The digest of bytes, in lower-case hex.
  public static func hex(of bytes: some Sequence<UInt8>) -> String {
    var digest = SHA256()
    digest.update(bytes)
    return digest.finish()
  }

  /// Takes more bytes.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    // A data set has some hundred million bytes: they are read where they lie, if they lie together.
    let taken: Void? = bytes.withContiguousStorageIfAvailable { take($0) }
    if taken == nil { for byte in bytes { append(byte) } }
  }

  /// The digest of all bytes taken, in lower-case hex.
  public consuming func finish() -> String {
    let bits = length &* 8
    append(0x80)
    while filled != 56 { append(0) }
    for byte in 0..<8 { append(UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64(byte)))) }
    let digits = Array("0123456789abcdef")
    var text = ""
    for word in state {
      for shift in stride(from: 28, through: 0, by: -4) { text.append(digits[Int(word >> UInt32(shift)) & 15]) }
    }
    return text
  }

  private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) {
    var next = 0
    while next < bytes.count, filled > 0 {
      append(bytes[next])
      next += 1
    }
    while bytes.count - next >= 64 {
      for t in 0..<16 {
        let first = next + 4 * t
        let high = UInt32(bytes[first]) << 24 | UInt32(bytes[first + 1]) << 16
        words[t] = high | UInt32(bytes[first + 2]) << 8 | UInt32(bytes[first + 3])
      }
      Self.compress(&words, into: &state)
      length &+= 64
      next += 64
    }
    while next < bytes.count {
      append(bytes[next])
      next += 1
    }
  }

  private mutating func append(_ byte: UInt8) {
    words[filled / 4] = words[filled / 4] << 8 | UInt32(byte)
    filled += 1
    length &+= 1
    guard filled == 64 else { return }
    filled = 0
    Self.compress(&words, into: &state)
  }

  /// - Parameter w: 64 words, the first 16 of them the block.
  private static func compress(_ w: inout [UInt32], into state: inout [UInt32]) {
    let constants = constants
    for t in 16..<64 {
      let (early, late) = (w[t - 15], w[t - 2])
      let s0 = early.rotated(7) ^ early.rotated(18) ^ (early &>> 3)
      let s1 = late.rotated(17) ^ late.rotated(19) ^ (late &>> 10)
      w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
      let sum1 = e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)
      let choice = (e & f) ^ (~e & g)
      let t1 = h &+ sum1 &+ choice &+ constants[t] &+ w[t]
      let sum0 = a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      (h, g, f, e) = (g, f, e, d &+ t1)
      (d, c, b, a) = (c, b, a, t1 &+ sum0 &+ majority)
    }
    for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ value }
  }

  /// The fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}

extension UInt32 {
  fileprivate func rotated(_ bits: UInt32) -> UInt32 { self &>> bits | self &<< (32 - bits) }
}
