import Artifact
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

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
      #expect(
        errorText { try AtomicFile.write([1] as [UInt8], to: folder + "/d/") }
          == "cannot write \(folder)/d/: it is a folder: name a file")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["d"])
    }
  }

  /// A file that is renamed over a device replaces it: /dev/null, for the superuser. (The test goes by links, which are
  /// all that it could destroy.)
  @Test func devicesAndPipesAreWrittenToAndNotReplaced() throws {
    try withTemporaryFolder { folder in
      for device in ["null", "full"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(device)", withDestinationPath: "/dev/\(device)")
      }
      try #require(mkfifo(folder + "/pipe", 0o600) == 0)
      try AtomicFile.write([1] as [UInt8], to: folder + "/null")
      #expect(
        errorText { try AtomicFile.write([1] as [UInt8], to: folder + "/full") }
          == "cannot write \(folder)/full: the disk is full: make room and try again")
      #expect(
        errorText { try AtomicFile.write([1] as [UInt8], to: folder + "/pipe") }
          == "cannot write \(folder)/pipe: nobody reads from this pipe")
      #expect(
        errorText { try AtomicFile.produce(at: folder + "/null") { _ in } }
          == "cannot write \(folder)/null: it is not a regular file")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.sorted() == ["full", "null", "pipe"])
      for name in ["null", "full"] {
        #expect(
          (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + name)) == "/dev/" + name)
      }
    }
  }

  private struct Failure: Error {}

  @Test func aFolderThatCannotBeWrittenIsLeftAsItWas() throws {
    try withTemporaryFolder { folder in
      let made = folder + "/made"
      try writeFolder(made, files: ["old"]) { try AtomicFile.write([1] as [UInt8], to: made + "/old") }
      for target in [made, folder + "/new"] {
        #expect(throws: Failure.self) {
          try writeFolder(target, files: ["old", "new"]) {
            for name in ["old", "new"] { try AtomicFile.write([2] as [UInt8], to: "\(target)/\(name)") }
            throw Failure()
          }
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: made) == ["old"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["made"])
    }
  }

  @Test func fileThatIsLargerThanItsLimitIsNotRead() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1, 2, 3] as [UInt8], to: folder + "/a")
      #expect(try readFile(folder + "/a", limit: 3).count == 3)
      #expect(
        errorText { _ = try readFile(folder + "/a", limit: 2) }
          == "cannot read \(folder)/a: it has 3 bytes and may have 2")
    }
  }

  @Test(arguments: [
    ("a", ".", "a"), ("a/b", "a", "b"), ("/a", "/", "a"), ("a/b/", "a/b", ""), ("/", "/", ""), (".", ".", "."),
    ("é", ".", "é"), ("", ".", ""),
  ])
  func pathsAreSplitAtTheirLastSlash(_ path: String, _ folder: String, _ name: String) {
    #expect(splitPath(path) == (folder, name))
  }

  @Test func foldersAreMadeWithThoseThatTheyLieIn() throws {
    try withTemporaryFolder { folder in
      try makeFolder(folder + "/a/b/c/")
      try makeFolder(folder + "/a/b")
      try AtomicFile.write([1] as [UInt8], to: folder + "/a/b/c/file")
      let file = folder + "/a/b/c/file"
      #expect(
        errorText { try makeFolder(file) } == "cannot write \(file): a file has this name: choose another")
      #expect(
        errorText { try makeFolder(file + "/d") }
          == "cannot write \(file)/d: a part of the path is a file, not a folder")
    }
  }
}
