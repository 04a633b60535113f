import Artifact
import Testing

@Suite struct MD5Tests {
  /// The test suite of RFC 1321, section A.5, and lengths around the blocks' edges (by md5sum of coreutils 9.1).
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"), ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      "57edf4a22be3c955ac49da2e2107b67a"
    ),
  ])
  func digestsAreThoseOfTheStandard(text: String, digest: String) {
    #expect(MD5.hex(of: text.utf8) == digest)
  }

  @Test(arguments: [
    (55, "ef1772b6dff9a122358552954ad0df65"), (56, "3b0c8ac703f828b04c6c197006d17218"),
    (64, "014842d480b571495a4a0363793f7367"),
  ])
  func paddingFitsEveryLength(count: Int, digest: String) {
    #expect(MD5.hex(of: [UInt8](repeating: UInt8(ascii: "a"), count: count)) == digest)
  }
}

@Suite struct SHA256Tests {
  /// FIPS 180-4's examples and the lengths around a block's end.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 64),
      "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
    ),
  ])
  func digestsAreTheStandardsOwn(_ text: String, _ digest: String) {
    #expect(SHA256.hex(of: text.utf8) == digest)
  }

  @Test func partsOfAnyLengthMakeTheDigestOfTheWhole() {
    let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var digest = SHA256()
    digest.update([])
    for begin in stride(from: 0, to: bytes.count, by: 37) {
      digest.update(bytes[begin..<min(begin + 37, bytes.count)])
    }
    #expect(digest.finish() == SHA256.hex(of: AnySequence(bytes)))
  }
}
