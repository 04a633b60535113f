internal import CNettle

/// SHA-256 (FIPS 180-4, section 6.2), by Nettle.
///
///     SHA256.hex(of: "abc".utf8)  // ba7816bf...
public struct SHA256: Sendable {
  private var context = sha256_ctx()

  public init() { nettle_sha256_init(&context) }

  /// The digest of bytes, in lower-case hex.
  public static func hex(of bytes: some Sequence<UInt8>) -> String {
    var digest = SHA256()
    digest.update(bytes)
    return digest.finish()
  }

  /// Takes more bytes.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    withStorage(of: bytes) { nettle_sha256_update(&context, $0.count, $0.baseAddress) }
  }

  /// The digest of all bytes taken, in lower-case hex.
  public consuming func finish() -> String {
    hexDigits(Int(SHA256_DIGEST_SIZE)) { vaec_sha256_finish(&context, $0) }
  }
}

/// MD5 (RFC 1321), by Nettle: no protection against an attacker, and what the home pages of old data sets publish.
///
///     MD5.hex(of: "abc".utf8)  // 90015098...
public struct MD5: Sendable {
  private var context = md5_ctx()

  public init() { nettle_md5_init(&context) }

  /// The digest of bytes, in lower-case hex.
  public static func hex(of bytes: some Sequence<UInt8>) -> String {
    var digest = MD5()
    digest.update(bytes)
    return digest.finish()
  }

  /// Takes more bytes.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    withStorage(of: bytes) { nettle_md5_update(&context, $0.count, $0.baseAddress) }
  }

  /// The digest of all bytes taken, in lower-case hex.
  public consuming func finish() -> String {
    hexDigits(Int(MD5_DIGEST_SIZE)) { vaec_md5_finish(&context, $0) }
  }
}

/// Calls with the bytes where they lie, or with a copy where they do not lie together. Without bytes there is no call: Nettle
/// wants an address.
private func withStorage(of bytes: some Sequence<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
  func call(_ storage: UnsafeBufferPointer<UInt8>) { if !storage.isEmpty { body(storage) } }
  let taken: Void? = bytes.withContiguousStorageIfAvailable(call)
  if taken == nil { Array(bytes).withUnsafeBufferPointer(call) }
}

/// The bytes that `write` leaves, in lower-case hex.
/// - Parameter write: fills `count` bytes.
private func hexDigits(_ count: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Void) -> String {
  let bytes = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { buffer in
    // The buffer has `count` > 0 bytes, so that it has an address.
    if let start = buffer.baseAddress { write(start) }
    return Array(buffer)
  }
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
