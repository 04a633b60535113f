import Diagnostics
import IR
import Testing

/// Damaged text is refused or read; it never ends the program, and what is read can be verified, printed and read again.
@Suite struct TextMutationTests {
  @Test(arguments: 0..<8)
  func mutatedTextNeverTraps(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let original = Array(sampleText.utf8)
    for _ in 0..<250 {
      var bytes = original
      for _ in 0...random.next(below: 3) { mutate(&bytes, &random) }
      try readBack(String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test func everyPrefixIsHandled() throws {
    let bytes = Array(sampleText.utf8)
    for end in bytes.indices { try readBack(String(decoding: bytes[..<end], as: UTF8.self)) }
  }

  private func readBack(_ text: String) throws {
    guard let module = try? parse(text) else { return }
    do { try Verifier.verify(module) } catch { #expect(!error.diagnostics.isEmpty) }
    #expect(try parse(module.text).text == module.text, "\(text)")
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    guard !bytes.isEmpty else { return }
    let snippets = [
      "%0", "-", "9223372036854775807", "}", "{", "0", "N*", "?", "\"", "f32[N", "@encoder.h.bias", "1e999",
    ]
    let place = random.next(below: bytes.count)
    switch random.next(below: 4) {
    case 0: bytes.remove(at: place)
    case 1: bytes[place] = UInt8(32 + random.next(below: 95))
    case 2: bytes.insert(contentsOf: snippets[random.next(below: snippets.count)].utf8, at: place)
    default:
      let end = min(bytes.count, place + random.next(below: 30))
      bytes.removeSubrange(place..<end)
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough to choose mutations.
struct SplitMix {
  var state: UInt64

  mutating func next(below limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(max(1, limit)))
  }
}
