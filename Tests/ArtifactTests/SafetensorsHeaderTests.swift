import Artifact
import Foundation
import Testing

/// Headers that no program of good will writes, and odd ones that some do.
@Suite struct SafetensorsHeaderTests {
  private static let tensor = #"{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#

  private func problem(_ text: String) -> SafetensorsHeader.Problem? { problem(Array(text.utf8)) }

  private func problem(_ bytes: [UInt8]) -> SafetensorsHeader.Problem? {
    do {
      _ = try SafetensorsHeader(bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func namesAndMetadataAreTextsOfJSON() throws {
    let text =
      #" { "__metadata__" : {"a":"b\n\u00e9", "":"\ud83d\ude00"}, "w\"\\\/\t" : "# + Self.tensor + " }   "
    let header = try SafetensorsHeader(Array(text.utf8))
    #expect(header.metadata == ["a": "b\né", "": "😀"])
    #expect(header.entries.map(\.name) == ["w\"\\/\t"])
    #expect(header.entries.first?.entry == .init(dtype: "U8", shape: [1], offsets: [0, 1]))
  }

  @Test func unknownFieldsArePassedOver() throws {
    let text =
      #"{"a":{"x":{"y":[1,2.5e3,"]}",{"z":null}],"w":true},"dtype":"U8","shape":[],"q":-1,"data_offsets":[0,1]}}"#
    #expect(try SafetensorsHeader(Array(text.utf8)).entries.first?.entry.shape == [])
  }

  @Test(arguments: [
    (#"{"a":T,"a":T}"#, SafetensorsHeader.Problem.duplicate("a")),
    (#"{"a":T,"\u0061":T}"#, .duplicate("a")),
    (#"{"__metadata__":{},"__metadata__":{}}"#, .duplicate("__metadata__")),
    (#"{"__metadata__":{"k":"1","k":"2"}}"#, .duplicate("__metadata__.k")),
    (#"{"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}"#, .duplicate("dtype")),
    ("", .malformed(expected: "'{'", at: 0)),
    ("{", .malformed(expected: "a text in quotes", at: 1)),
    ("{}x", .malformed(expected: "the end", at: 2)),
    (#"{"a"}"#, .malformed(expected: "':'", at: 4)),
    (#"{"a":T,}"#, .malformed(expected: "a text in quotes", at: 53)),
    (#"{"a":{}}"#, .malformed(expected: "dtype, shape and data_offsets of a tensor", at: 7)),
    (#"{"a":{"shape":[1 2]}}"#, .malformed(expected: "']'", at: 17)),
    (#"{"a":{"shape":[1.0]}}"#, .malformed(expected: "a whole number", at: 15)),
    (#"{"a":{"shape":[99999999999999999999]}}"#, .malformed(expected: "a whole number", at: 15)),
    (#"{"a":{"x":[[[}"#, .malformed(expected: "the end of a value", at: 10)),
    (#"{"a":{"x":}"#, .malformed(expected: "a value", at: 10)),
    (#"{"a":{"x":,"#, .malformed(expected: "a value", at: 10)),
    (#"{"a"#, .malformed(expected: "the end of a text", at: 1)),
    ("{\"a\nb\":T}", .malformed(expected: "a text without control characters", at: 3)),
    (#"{"\x":T}"#, .malformed(expected: "an escape of JSON", at: 3)),
    (#"{"\u12g4":T}"#, .malformed(expected: "four hexadecimal digits", at: 4)),
    (#"{"\u12"#, .malformed(expected: "four hexadecimal digits", at: 4)),
    (#"{"\ud800":T}"#, .malformed(expected: "half of a surrogate pair", at: 8)),
    (#"{"\ud800\n":T}"#, .malformed(expected: "half of a surrogate pair", at: 9)),
    (#"{"\ud800\ud800":T}"#, .malformed(expected: "half of a surrogate pair", at: 14)),
    (#"{"\udc00":T}"#, .malformed(expected: "half of a surrogate pair", at: 8)),
  ])
  func damageIsPlaced(_ text: String, _ expected: SafetensorsHeader.Problem) {
    #expect(problem(text.replacingOccurrences(of: "T", with: Self.tensor)) == expected)
  }

  @Test func textThatIsNotUTF8IsRefused() {
    #expect(problem(Array("{\"a".utf8) + [0xFF] + Array("\":1}".utf8)) == .notUTF8(at: 1))
    #expect(problem(Array("{\"a".utf8) + [0xC0, 0x80] + Array("\":1}".utf8)) == .notUTF8(at: 1))
  }

  /// A reader that called itself for each bracket would run out of stack.
  @Test func depthCostsNothing() {
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(problem(#"{"a":{"x":"# + deep) == .malformed(expected: "the end of a value", at: 10))
    let closed = #"{"a":{"x":"# + deep + String(repeating: "]", count: 1_000_000) + "}}"
    #expect(
      problem(closed)
        == .malformed(expected: "dtype, shape and data_offsets of a tensor", at: closed.utf8.count - 1))
  }

  @Test func errorsOfFilesAreOneLine() throws {
    func message(_ header: [UInt8]) throws -> String {
      try withTemporaryFolder { folder in
        let path = folder + "/t.safetensors"
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        try Data(length + header).write(to: URL(fileURLWithPath: path))
        return errorText { _ = try SafetensorsReader(path) }.replacingOccurrences(of: folder + "/", with: "")
      }
    }
    #expect(
      try message(Array("{\"a".utf8) + [0xFF] + Array("\":1}".utf8))
        == "t.safetensors is not a safetensors file: its header has a text at byte 1 that is not UTF-8: name a file that "
        + "vaerun or safetensors wrote")
    #expect(
      try message(Array(#"{"__metadata__":{"k":"1","k":"2"}}"#.utf8))
        == "t.safetensors: its header names __metadata__.k twice: the file is damaged, take another copy")
    #expect(
      try message(Array("[]".utf8))
        == "t.safetensors is not a safetensors file: its header is not the JSON of a safetensors file, at byte 0 should "
        + "be '{': name a file that vaerun or safetensors wrote")
  }
}
