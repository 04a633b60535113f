import Datasets
import Foundation
import Testing

@Suite struct IDXTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  static let six: [UInt8] = [0, 1, 2, 3, 4, 5]

  /// The fault of a file with these bytes, read as a matrix.
  private func fault(_ bytes: [UInt8], name: String = "a") throws -> FileFault? {
    let path = try folder.write(name, bytes)
    do {
      _ = try IDXArray.read(path: path, rank: 2)
      return nil
    } catch DatasetError.file(path, let fault) { return fault }
  }

  @Test(arguments: [idx([2, 3], six), gzippedSixElements, stored(idx([2, 3], six))])
  func readsPlainAndCompressedFilesWhateverTheirNames(bytes: [UInt8]) throws {
    for name in ["a", "b.gz"] {
      let array = try IDXArray.read(path: folder.write(name, bytes), rank: 2)
      #expect(array.dimensions == [2, 3])
      #expect(array.elements == Self.six)
    }
  }

  /// The file is sparse: it takes no room on the disk.
  @Test func dataThatFitNoMemoryAreRefused() throws {
    let path = try folder.write("a", idx([4_000_000_000, 2500], []))
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: 12 + 10_000_000_000_000)
    #expect(
      message { try IDXArray.read(path: path, rank: 2) }
        == "'\(path)' holds 10000000000000 bytes of data, more than there is memory for; take a part of it")
  }

  @Test func readsAllMembersOfAGzipFile() throws {
    let whole = idx([2, 3], Self.six)
    let path = try folder.write("a.gz", stored(Array(whole[..<7])) + stored(Array(whole[7...])))
    #expect(try IDXArray.read(path: path, rank: 2).elements == Self.six)
  }

  /// More than one buffer of input and a payload of several blocks.
  @Test func readsLargeCompressedFiles() throws {
    let elements = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    let whole = idx([3, 50_000], elements)
    let members = stride(from: 0, to: whole.count, by: 60_000).flatMap { start in
      stored(Array(whole[start..<min(start + 60_000, whole.count)]))
    }
    #expect(try IDXArray.read(path: folder.write("a.gz", members), rank: 2).elements == elements)
  }

  @Test(arguments: [
    (idx([2, 3], [0, 1, 2, 3, 4]), FileFault.truncated(expected: 6, available: 5)),
    (idx([2, 3], six + [6]), .trailingBytes),
    ([], .truncatedHeader),
    ([0, 0, 8], .truncatedHeader),
    ([0, 0, 8, 2, 0, 0, 0, 2, 0, 0], .truncatedHeader),
    ([0x3C, 0x68, 0x74, 0x6D, 0x6C], .notIDX(firstBytes: [0x3C, 0x68, 0x74, 0x6D])),
    (idx([2, 3], six, type: 0x0D), .elementType(code: 0x0D)),
    (idx([6], six), .rank(found: 1, needed: 2, purpose: "these data")),
    (idx([0, 3], []), .empty(dimensions: [0, 3])),
    (idx([60_000, 4_000_000_000], six), .truncated(expected: 240_000_000_000_000, available: 6)),
  ])
  func refusesPlainFilesThatAreNotInOrder(bytes: [UInt8], expected: FileFault) throws {
    #expect(try fault(bytes) == expected)
  }

  @Test(arguments: [
    (Array(gzippedSixElements.dropLast(12)), FileFault.truncatedGzip),
    (Array(gzippedSixElements.dropLast(2)), .truncatedGzip),
    (Array(gzippedSixElements.prefix(5)), .truncatedGzip),
    (gzippedSixElements + [1, 2, 3], .damagedGzip(reason: "incorrect header check")),
    ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF], .damagedGzip(reason: "invalid block type")),
    (stored(idx([2, 3], [0, 1, 2])), .truncated(expected: 6, available: 3)),
    (stored(idx([2, 3], six + [6])), .trailingBytes),
    (Array("<html>".utf8), .notGzip(firstBytes: Array("<htm".utf8))),
  ])
  func refusesCompressedFilesThatAreNotInOrder(bytes: [UInt8], expected: FileFault) throws {
    #expect(try fault(bytes, name: "a.gz") == expected)
  }

  @Test func refusesACheckSumThatDoesNotFit() throws {
    var bytes = stored(idx([2, 3], Self.six))
    bytes[bytes.count - 6] ^= 1
    #expect(try fault(bytes) == .damagedGzip(reason: "incorrect data check"))
  }

  @Test func allocatesNothingForSizesThatACompressedFileCannotHold() throws {
    let bytes = stored(idx([4_000_000_000, 2_000_000_000], [1]))
    guard case .truncated(let expected, let available) = try fault(bytes) else {
      Issue.record("not refused as truncated")
      return
    }
    #expect(expected == 8_000_000_000_000_000_000)
    #expect(available < 100_000)
  }

  @Test func refusesSizesWhoseProductOverflows() throws {
    let sizes = [4_294_967_295, 4_294_967_295, 4_294_967_295]
    let path = try folder.write("big", idx(sizes, [1]))
    #expect(throws: DatasetError.file(path: path, fault: .sizeOverflow(dimensions: sizes))) {
      try IDXArray.read(path: path, rank: 3)
    }
  }

  @Test func noPrefixOfAFileIsAccepted() throws {
    for whole in [idx([2, 3], Self.six), gzippedSixElements] {
      for count in 0..<whole.count { #expect(try fault(Array(whole[..<count])) != nil, "first \(count) bytes") }
    }
  }

  @Test func messagesSayWhatIsWrongAndWhatToDo() throws {
    let path = try folder.write("a", idx([2, 3], [0, 1]))
    #expect(
      message { try IDXArray.read(path: path, rank: 2) }
        == "'\(path)' is truncated: its header promises 6 bytes of data, and at most 2 are there; get the file again"
    )
    #expect(
      message { try IDXArray.read(path: path, rank: 1, purpose: "labels") }
        == "'\(path)' has 2 dimensions where labels need 1; "
        + "check that the images and the labels file are not exchanged")
    #expect(
      message { try IDXArray.read(path: folder.path, rank: 2) }
        == "'\(folder.path)' is a directory where a file is needed; put the file itself in its place")
    #expect(
      message { try IDXArray.read(path: "/dev/zero", rank: 2) }
        == "'/dev/zero' is a device or a pipe where a file is needed; copy the data to an ordinary file")
    #expect(
      message { try IDXArray.read(path: folder.path + "/none", rank: 2) }
        == "'\(folder.path)/none' cannot be read: No such file or directory; check the path and its permissions"
    )
    let page = try folder.write("page.gz", Array("<html>".utf8))
    #expect(
      message { try IDXArray.read(path: page, rank: 2) }
        == "'\(page)' is named .gz but is not gzip: it starts with 3c 68 74 6d, not with 1f 8b; "
        + "get the file again (a web page may have been saved in its place)")
    let floats = try folder.write("floats", idx([2, 3], Self.six, type: 0x0D))
    #expect(
      message { try IDXArray.read(path: floats, rank: 2) }
        == "'\(floats)' holds elements of type 0x0d (32-bit floats) where unsigned bytes (0x08) are needed; "
        + "convert the file")
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func saysThatAFileIsNotPermitted() throws {
    let path = try folder.write("secret", idx([2, 3], Self.six))
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(
      message { try IDXArray.read(path: path, rank: 2) }
        == "'\(path)' cannot be read: Permission denied; check the path and its permissions")
  }
}
