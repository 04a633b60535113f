import Artifact
import Foundation
import Testing

@Suite struct AtomicFileTests {
  private struct Refusal: Error {}

  @Test func writtenFileReplacesTheOldOne() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write(Array("one".utf8), to: path)
      try AtomicFile.write(Array("two".utf8), to: path)
      #expect(try readFile(path) == Data("two".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func failureKeepsTheOldFileAndRemovesTheTemporaryOne() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write(Array("one".utf8), to: path)
      #expect(throws: Refusal.self) {
        try AtomicFile.write(to: path) { sink in
          try sink.write(Array("half".utf8))
          throw Refusal()
        }
      }
      #expect(try readFile(path) == Data("one".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func producedFileIsPutInPlace() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.produce(at: path) { try Data("made".utf8).write(to: URL(fileURLWithPath: $0)) }
      #expect(try readFile(path) == Data("made".utf8))
    }
  }

  @Test func placesThatCannotBeWrittenAreNamed() throws {
    #expect(
      errorText { try AtomicFile.write([1] as [UInt8], to: "/nowhere/a") }
        == "cannot write /nowhere/a: the folder does not exist: create it first")
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/d", withIntermediateDirectories: false)
      #expect(
        errorText { try AtomicFile.write([1] as [UInt8], to: folder + "/d") }
          == "cannot write \(folder)/d: it is a folder: name a file")
    }
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
}
