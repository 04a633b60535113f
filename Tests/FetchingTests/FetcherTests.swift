import Artifact
import Fetching
import Foundation
import Synchronization
import Testing

@Suite struct FetcherTests {
  private static let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 / 7) }
  private static let checksum = RemoteFile.Checksum.md5(MD5.hex(of: body))

  private func withFolder<T>(_ body: (String) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-fetch-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  private func fetcher(_ folder: String) -> Fetcher {
    var fetcher = Fetcher(folder: folder)
    fetcher.pause = 0.01
    return fetcher
  }

  private func file(_ urls: [String], _ checksum: RemoteFile.Checksum? = Self.checksum) -> RemoteFile {
    RemoteFile("data.bin", urls: urls, checksum: checksum)
  }

  private func content(_ folder: String) throws -> [UInt8] {
    #expect(!FileManager.default.fileExists(atPath: folder + "/data.bin.part"))
    return Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/data.bin")))
  }

  private func message(_ body: () throws -> Any) -> String {
    do { return "no error: \(try body())" } catch { return "\(error)" }
  }

  @Test func aFileIsFetchedOnceAndProgressIsTold() throws {
    try withFolder { folder in
      let server = try LoopbackServer { _, _ in .init(body: Self.body) }
      let told = Mutex<[Int]>([])
      var fetcher = fetcher(folder)
      fetcher.progress = { name, received, total in
        #expect(name == "data.bin")
        #expect(total == Self.body.count)
        told.withLock { $0.append(received) }
      }
      let sha256 = RemoteFile.Checksum.sha256(SHA256.hex(of: Self.body))
      for checksum in [Self.checksum, sha256] {
        let outcome = try fetcher.fetch(file([server.url("a")], checksum))
        #expect(outcome == (checksum == Self.checksum ? .fetched : .wasThere))
        #expect(try content(folder) == Self.body)
      }
      #expect(server.requests == ["a"])
      let steps = told.withLock { $0 }
      #expect(steps == steps.sorted() && steps.last == Self.body.count)
    }
  }

  @Test func aDroppedConnectionGoesOnWhereItStopped() throws {
    try withFolder { folder in
      let server = try LoopbackServer { _, number in
        .init(body: Self.body, cut: number < 2 ? 30_000 : nil)
      }
      #expect(try fetcher(folder).fetch(file([server.url("a")])) == .fetched)
      #expect(try content(folder) == Self.body)
      #expect(server.requests == ["a", "a from 30000", "a from 60000"])
    }
  }

  @Test func anotherFetchGoesOnWhereTheLastOneStopped() throws {
    try withFolder { folder in
      let server = try LoopbackServer { _, number in .init(body: Self.body, cut: number == 0 ? 500 : nil) }
      var once = fetcher(folder)
      once.tries = 1
      #expect(
        message { try once.fetch(file([server.url("a")])) }.hasPrefix(
          "data.bin cannot be fetched: \(server.url("a")): "))
      #expect(!FileManager.default.fileExists(atPath: folder + "/data.bin"))
      #expect(try once.fetch(file([server.url("a")])) == .fetched)
      #expect(try content(folder) == Self.body)
      #expect(server.requests == ["a", "a from 500"])
    }
  }

  @Test func aServerThatCannotGoOnBeginsAgain() throws {
    try withFolder { folder in
      let server = try LoopbackServer { _, number in
        .init(body: Self.body, cut: number == 0 ? 500 : nil, takesRanges: false)
      }
      #expect(try fetcher(folder).fetch(file([server.url("a")])) == .fetched)
      #expect(try content(folder) == Self.body)
    }
  }

  @Test func wrongBytesAreNotKeptAndTheNextServerIsTried() throws {
    try withFolder { folder in
      let server = try LoopbackServer { path, _ in
        switch path {
        case "wrong": .init(body: Array(Self.body.reversed()))
        case "missing": .init(status: 404)
        default: .init(body: Self.body)
        }
      }
      let urls = ["wrong", "missing", "right"].map(server.url)
      #expect(try fetcher(folder).fetch(file(urls)) == .fetched)
      #expect(try content(folder) == Self.body)
      #expect(server.requests == ["wrong", "missing", "right"])
    }
  }

  @Test func whenNoServerHasItTheErrorSaysWhyForEach() throws {
    try withFolder { folder in
      let server = try LoopbackServer { path, _ in
        switch path {
        case "wrong": .init(body: [1, 2, 3])
        case "busy": .init(status: 503)
        default: .init(status: 404)
        }
      }
      #expect(
        message { try fetcher(folder).fetch(file(["wrong", "missing", "busy"].map(server.url))) }
          == "data.bin cannot be fetched: \(server.url("wrong")): it has another check sum; \(server.url("missing")): the "
          + "server answers 404; \(server.url("busy")): the server answers 503: check the network and fetch again, which goes "
          + "on where it stopped")
      // Trying again helps against 503 alone.
      #expect(server.requests.count { $0 == "busy" } == 4)
      #expect(
        message { try fetcher(folder).fetch(file([server.url("wrong")])) }
          == "data.bin from \(server.url("wrong")) has another check sum than the one that is published: fetch it again, or "
          + "get it from elsewhere")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func withoutANetworkTheErrorIsOneLine() throws {
    try withFolder { folder in
      // A port that nobody listens on any more.
      let port = try LoopbackServer { _, _ in .init() }.port
      let text = message { try fetcher(folder).fetch(file(["http://127.0.0.1:\(port)/a"])) }
      #expect(text.hasPrefix("data.bin cannot be fetched: http://127.0.0.1:\(port)/a: "), "\(text)")
      #expect(!text.contains("\n"))
    }
  }

  @Test func aFileThatIsThereWithOtherBytesIsFetchedAgain() throws {
    try withFolder { folder in
      let server = try LoopbackServer { _, _ in .init(body: Self.body) }
      try makeFolder(folder)
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/data.bin"))
      #expect(try fetcher(folder).fetch(file([server.url("a")])) == .fetched)
      #expect(try content(folder) == Self.body)
    }
  }

  @Test func aRemainderThatIsNoBeginningOfTheFileIsGivenUp() throws {
    try withFolder { folder in
      let server = try LoopbackServer { _, _ in .init(body: Self.body) }
      try makeFolder(folder)
      try Data(repeating: 9, count: 200_000).write(to: URL(fileURLWithPath: folder + "/data.bin.part"))
      // Longer than the file: the server has no more, and the check sum is wrong.
      #expect(message { try fetcher(folder).fetch(file([server.url("a")])) }.contains("another check sum"))
      #expect(try fetcher(folder).fetch(file([server.url("a")])) == .fetched)
      #expect(try content(folder) == Self.body)
    }
  }

  @Test func redirectionsAreFollowedToTheWebAlone() throws {
    try withFolder { folder in
      let server = try LoopbackServer { path, _ in
        switch path {
        case "moved": .init(status: 302, location: "/a")
        case "file": .init(status: 302, location: "file:///etc/passwd")
        default: .init(body: Self.body)
        }
      }
      var once = fetcher(folder)
      once.tries = 1
      #expect(
        message { try once.fetch(file([server.url("file")], nil)) }.hasPrefix("data.bin cannot be fetched"))
      #expect(try once.fetch(file([server.url("moved")])) == .fetched)
      #expect(try content(folder) == Self.body)
    }
  }

  @Test func moreBytesThanAFileMayHaveAreRefused() throws {
    try withFolder { folder in
      let server = try LoopbackServer { _, _ in .init(body: Self.body) }
      var small = fetcher(folder)
      small.most = 1000
      #expect(message { try small.fetch(file([server.url("a")])) }.contains("it has more than 1000 bytes"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    try withFolder { folder in
      try Data().write(to: URL(fileURLWithPath: folder))
      #expect(
        message { try fetcher(folder).fetch(file(["http://127.0.0.1:1/a"])) }
          == "cannot write \(folder): a file has this name: choose another")
    }
  }
}
