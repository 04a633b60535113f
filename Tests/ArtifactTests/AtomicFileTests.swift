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

  /// So that nothing is left whatever ends the program.
  @Test func aFileHasNoNameBeforeItIsWhole() throws {
    try withTemporaryFolder { folder in
      for old in [[], ["a.txt"]] {
        try AtomicFile.write(to: folder + "/a.txt") { sink in
          try sink.write(Array("half".utf8))
          #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == old)
        }
        #expect(try readFile(folder + "/a.txt") == Data("half".utf8))
      }
      let mode = try FileManager.default.attributesOfItem(atPath: folder + "/a.txt")[.posixPermissions] as? Int
      let mask = umask(0)
      umask(mask)
      #expect(mode == 0o666 & ~Int(mask))
    }
  }

  @Test func aLinkIsReplacedAndNotItsFile() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1] as [UInt8], to: folder + "/file")
      for target in ["file", "nowhere"] {
        let link = folder + "/link"
        try? FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        try AtomicFile.write([2] as [UInt8], to: link)
        #expect(try readFile(link) == Data([2]) && readFile(folder + "/file") == Data([1]))
        #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == nil)
      }
    }
  }

  /// What is locked is being written.
  @Test func temporaryFilesOfKilledProgramsAreRemoved() throws {
    try withTemporaryFolder { folder in
      for name in [".a.1.tmp", ".b.2.tmp", "c.tmp", ".d"] {
        try Data([1]).write(to: URL(fileURLWithPath: folder + "/" + name))
      }
      let descriptor = open(folder + "/.b.2.tmp", O_RDONLY)
      defer { close(descriptor) }
      try #require(flock(descriptor, LOCK_EX) == 0)
      AtomicFile.removeAbandoned(in: folder)
      AtomicFile.removeAbandoned(in: folder + "/none")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [".b.2.tmp", ".d", "c.tmp"])
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
      #expect(throws: Failure.self) {
        try writeFolder(folder + "/out/er/inner", files: ["a"]) { throw Failure() }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["made"])
    }
  }

  @Test func whetherAFolderCanBeWrittenIsFoundOutWithoutATrace() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1] as [UInt8], to: folder + "/file")
      try makeFolder(folder + "/there/a.so")
      func names() throws -> [String] { try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() }
      let before = try names()
      for place in ["/there", "/new", "/new/and/inner"] { try checkFolder(folder + place, files: ["a", "b"]) }
      #expect(
        errorText { try checkFolder(folder + "/there", files: ["a.so"]) }
          == "cannot write \(folder)/there/a.so: it is a folder: name a file")
      #expect(
        errorText { try checkFolder(folder + "/file/new", files: ["a"]) }
          == "cannot write \(folder)/file/new: a part of the path is a file, not a folder")
      #expect(
        errorText { try checkFolder("/proc/new/inner", files: ["a"]) }
          == "cannot write /proc/new: no folder can be made there: choose another place")
      #expect(try names() == before)
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
