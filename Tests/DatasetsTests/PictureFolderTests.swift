import Artifact
import Datasets
import Foundation
import ImageFiles
import PictureTesting
import Synchronization
import Testing

@Suite struct PictureFolderTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private var root: String { folder.path + "/pictures" }

  private func catalog(_ cache: String = "cache") -> DatasetCatalog {
    DatasetCatalog(environment: ["VAEC_CACHE_DIR": folder.path + "/" + cache])
  }

  /// A flat grey picture of 4 x 4.
  private func grey(_ value: UInt8) -> [UInt8] {
    PNGFile(width: 4, height: 4, .grey, [UInt8](repeating: value, count: 16)).bytes
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws {
    _ = try folder.write("pictures/" + name, bytes)
  }

  private func load(
    _ split: DatasetSplit = .train, _ options: ImageOptions = ImageOptions(), cache: String = "cache"
  ) throws -> Dataset {
    try catalog(cache).load(root, split: split, options: options)
  }

  /// The first byte of each image.
  private func firsts(_ dataset: Dataset) throws -> [UInt8] {
    try (0..<dataset.count).map { try dataset.image($0)[0] }
  }

  @Test func foldersInAFolderAreClassesInTheOrderOfTheirNames() throws {
    for (name, value) in [
      ("train/dog/b.png", 4), ("train/dog/a.PNG", 3), ("train/cat/z/deep.png", 1), ("train/cat/a.png", 0),
    ]
      as [(String, UInt8)]
    { try write(name, grey(value)) }
    try write("test/dog/only.png", grey(9))
    try write("train/cat/.hidden.png", [1])
    try write("train/cat/notes.txt", [1])
    let train = try load()
    #expect(train.classNames == ["cat", "dog"])
    #expect(try firsts(train) == [0, 1, 3, 4])
    #expect(train.labels == [0, 0, 1, 1])
    #expect(train.imageShape == [1, 4, 4])
    #expect(train.name == root)
    // The class that it lacks keeps its number.
    let test = try load(.test)
    #expect(test.labels == [1])
    #expect(test.classNames == ["cat", "dog"])
  }

  @Test func aFolderWithoutFoldersHasNoClasses() throws {
    for value in 0..<10 { try write("\(value).png", grey(UInt8(value))) }
    let train = try load()
    #expect(train.labels == nil)
    #expect(train.classNames.isEmpty)
    #expect(try train.labels(of: [0]) == nil)
    #expect(train.count == 9)
  }

  @Test func aRandomPartIsHeldOutWhereThereIsNone() throws {
    for value in 10..<30 { try write("\(value).png", grey(UInt8(value))) }
    let options = ImageOptions(testFraction: 0.25)
    let (train, test) = (try load(.train, options), try load(.test, options))
    #expect(test.count == 5)
    #expect(try (firsts(train) + firsts(test)).sorted() == Array(10..<30))
    #expect(try firsts(test) == firsts(load(.test, options)).sorted())
    #expect(try firsts(test) != Array(10..<15))
    #expect(try firsts(load(.test, ImageOptions(testFraction: 0.25, splitSeed: 1))) != firsts(test))
    // A limit takes the first of the same part.
    let few = try load(.train, ImageOptions(testFraction: 0.25, limit: 3))
    #expect(try firsts(few) == Array(firsts(train).prefix(3)))
  }

  @Test(arguments: [("train", "val"), ("training", "validation"), ("train", "valid")])
  func otherNamesOfThePartsAreKnown(train: String, test: String) throws {
    try write("\(train)/a.png", grey(1))
    try write("\(test)/a.png", grey(2))
    #expect(try firsts(load()) == [1])
    #expect(try firsts(load(.test)) == [2])
  }

  @Test func withATrainingPartAloneSomeOfItIsHeldOut() throws {
    for value in 1...4 { try write("train/\(value).png", grey(UInt8(value))) }
    try write("elsewhere/9.png", grey(9))
    #expect(try (firsts(load()) + firsts(load(.test))).sorted() == [1, 2, 3, 4])
  }

  @Test func picturesOfAllSizesBecomeImagesOfOne() throws {
    try write("train/a.png", PNGFile(width: 8, height: 4, .rgb, (0..<96).map { $0 % 3 == 0 ? 255 : 0 }).bytes)
    try write(
      "train/b.jpg", try JPEGFile.bytes(width: 9, height: 30, .grey, [UInt8](repeating: 100, count: 270)))
    try write("test/a.png", grey(0))
    let wanted = try load(.train, ImageOptions(modelShape: [3, 2, 2]))
    #expect(wanted.imageShape == [3, 2, 2])
    #expect(try wanted.image(0) == [255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try wanted.image(1) == [UInt8](repeating: 100, count: 12))
    let asked = try load(
      .train,
      ImageOptions(size: PixelSize("3x5"), channels: 1, crop: .fit, background: .black, modelShape: [3, 2, 2]))
    #expect(asked.imageShape == [1, 3, 5])
    // Without a model and an option: as the first picture is.
    #expect(try load().imageShape == [3, 4, 8])
  }

  @Test func parallelDecodingEqualsSerial() throws {
    var mutations = Mutations(seed: 5)
    for number in 100..<300 {
      let (width, height) = (1 + mutations.below(20), 1 + mutations.below(20))
      let samples = (0..<width * height * 3).map { _ in UInt8(truncatingIfNeeded: mutations.next()) }
      try write(
        "\(number % 3)/\(number).\(number % 2 == 0 ? "png" : "jpg")",
        number % 2 == 0
          ? PNGFile(width: width, height: height, .rgb, samples).bytes
          : JPEGFile.bytes(width: width, height: height, .rgb, samples))
    }
    func all(_ threads: Int, cached: Bool) throws -> Dataset {
      try load(
        .train, ImageOptions(usesCache: cached, modelShape: [3, 7, 7], threads: threads), cache: "\(threads)")
    }
    let serial = try all(1, cached: false)
    let bytes = try serial.allBytes()
    #expect(serial.count == 180)
    for threads in [2, 5] { #expect(try all(threads, cached: false).allBytes() == bytes) }
    for _ in 0..<2 {
      let cached = try all(3, cached: true)
      #expect(try cached.allBytes() == bytes)
      #expect(cached.labels == serial.labels)
    }
  }

  /// The files of a cache folder.
  private func cached(_ cache: String = "cache") throws -> [String] {
    let path = folder.path + "/" + cache + "/decoded"
    return (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted().map { path + "/" + $0 } ?? []
  }

  @Test func decodedPicturesAreKeptAndReadAgain() throws {
    for value in 1...4 { try write("train/\(value).png", grey(UInt8(value))) }
    try write("test/5.png", grey(5))
    #expect(try firsts(load()) == [1, 2, 3, 4])
    let file = try #require(cached().first)
    #expect(try cached().count == 1)
    // The same inode: it was not made again.
    let before = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
    #expect(try firsts(load()) == [1, 2, 3, 4])
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int == before)
    // Another form is another file; so is another picture.
    _ = try load(.train, ImageOptions(size: PixelSize("2")))
    #expect(try cached().count == 2)
    try write("train/2.png", grey(77))
    #expect(try firsts(load()) == [1, 77, 3, 4])
    #expect(try cached().count == 3)
  }

  @Test func withoutTheCacheNothingIsWritten() throws {
    for value in 1...4 { try write("\(value).png", grey(UInt8(value))) }
    _ = try load(.train, ImageOptions(usesCache: false))
    #expect(try cached().isEmpty)
    #expect(try DatasetCatalog(environment: [:]).load(root, split: .train).count == 3)
  }

  @Test func aDamagedCacheIsMadeAgain() throws {
    for value in 1...4 { try write("train/\(value).png", grey(UInt8(value))) }
    try write("test/5.png", grey(5))
    _ = try load()
    let file = try #require(cached().first)
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
    var mutations = Mutations(seed: 9)
    for round in 0..<60 {
      let damaged = mutations.mutated(whole)
      try Data(damaged).write(to: URL(fileURLWithPath: file))
      #expect(try firsts(load()) == [1, 2, 3, 4], "seed 9, round \(round)")
      #expect(try Array(Data(contentsOf: URL(fileURLWithPath: file))).count == whole.count)
    }
  }

  @Test func whereNothingCanBeKeptPicturesAreHeldInMemory() throws {
    for value in 1...4 { try write("train/\(value).png", grey(UInt8(value))) }
    try write("test/5.png", grey(5))
    _ = try folder.write("file", [])
    let told = Mutex<[String]>([])
    var options = ImageOptions()
    options.warn = { text in told.withLock { $0.append(text) } }
    #expect(try firsts(load(.train, options, cache: "file")) == [1, 2, 3, 4])
    #expect(
      told.withLock { $0 } == [
        "the decoded pictures cannot be kept in '\(folder.path)/file/decoded' (a part of the path is a file, not a "
          + "folder) and are held in memory this time: set VAEC_CACHE_DIR to another folder, or pass --no-cache"
      ])
  }

  /// A file that is whole in itself and has fewer images than the folder, or leaves some out that are in order.
  @Test(arguments: [(2, []), (0, []), (3, [1]), (2, [1, 1]), (2, [4, 5]), (2, [2, 1])])
  func aCacheWithOtherImagesThanTheSourceIsMadeAgain(_ count: Int, _ skipped: [Int]) throws {
    for value in 1...4 { try write("train/\(value).png", grey(UInt8(value))) }
    try write("test/5.png", grey(5))
    // Where images may be left out their numbers alone can be wrong.
    let options = ImageOptions(skipsDamaged: count < 3)
    _ = try load(.train, options)
    let path = try #require(cached().first)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = Int(whole[whole.count - 20]) + Int(whole[whole.count - 19]) << 8
    let text = whole[(whole.count - 20 - length)..<(whole.count - 20)]
    var footer = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    #expect(footer["count"] as? Int == 4)
    // Of a file of gzip the sum stands before the length.
    func check(_ data: Data) -> Int {
      gzipped(Array(data)).suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let images = Data(whole.prefix(16 * count))
    footer["count"] = count
    footer["skipped"] = skipped
    footer["digests"] = count == 0 ? [] : [SHA256.hex(of: images)]
    let other = try JSONSerialization.data(withJSONObject: footer)
    func little(_ value: Int, bytes: Int) -> Data { Data((0..<bytes).map { UInt8(value >> (8 * $0) & 255) }) }
    let trailer = little(other.count, bytes: 8) + little(check(other), bytes: 4) + Data("vaecimg2".utf8)
    let forged = images + other + trailer
    try forged.write(to: URL(fileURLWithPath: path))
    #expect(try firsts(load(.train, options)) == [1, 2, 3, 4])
    // The names in its text have no order.
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == whole.count)
  }

  @Test func theDigestIsThatOfTheImagesWhereverTheyLie() throws {
    for value in 1...5 { try write("\(value).png", grey(UInt8(value))) }
    let fresh = try Dataset.digest(of: [load(.train, ImageOptions(usesCache: false))])
    _ = try load()
    #expect(try cached().count == 1)
    #expect(try Dataset.digest(of: [load()]) == fresh)
  }

  @Test func whatAKilledProgramHasLeftInTheCacheIsRemoved() throws {
    for value in 1...4 { try write("\(value).png", grey(UInt8(value))) }
    let left = try folder.write("cache/decoded/.pictures-0.images.abc.tmp", [1])
    _ = try load()
    #expect(!FileManager.default.fileExists(atPath: left))
    #expect(try cached().count == 1)
  }

  @Test func damagedPicturesAreNamedOrLeftOut() throws {
    for value in 1...6 { try write("train/c/\(value).png", grey(UInt8(value))) }
    try write("test/c/1.png", grey(1))
    try write("train/c/3.png", Array(grey(3).prefix(50)))
    try write("train/c/5.png", [1, 2, 3, 4])
    #expect(
      message { try load() }
        == "'\(root)/train/c/3.png' is a damaged PNG file: read beyond end of data; get it again, or leave it out with --skip-damaged"
    )
    #expect(try cached().isEmpty)
    for _ in 0..<2 {
      let rest = try load(.train, ImageOptions(skipsDamaged: true))
      #expect(try firsts(rest) == [1, 2, 4, 6])
      #expect(rest.labels == [0, 0, 0, 0])
      #expect(rest.leftOut == 2)
    }
    for value in 1...6 { try write("train/c/\(value).png", [0]) }
    #expect(
      message { try load(.train, ImageOptions(skipsDamaged: true, modelShape: [1, 4, 4])) }
        == "'\(root)/train' has no picture that can be decoded; get it again")
  }

  @Test func foldersThatWillNotDoSayWhy() throws {
    #expect(
      message { try load() }.hasPrefix(
        "there is no data set '\(root)', and no file or folder of this name; the names are"))
    try write("notes.txt", [1])
    #expect(
      message { try load() }
        == "'\(root)' has no pictures; name a folder of .png and .jpg files, or of folders with them")
    try write("a.png", grey(1))
    #expect(
      message { try load() }
        == "'\(root)' has 1 image, too few to hold some out for testing; add some, or folders train and test")
    try write("cats/b.png", grey(1))
    #expect(
      message { try load() }
        == "'\(root)' holds a picture, a.png, beside the folder of pictures cats; move the pictures into folders, one for "
        + "each class, or leave none in folders")
    #expect(
      message { try load(.train, ImageOptions(testFraction: 1)) }.hasSuffix(
        "the fraction 1.0 is not between 0 and 1"))
    #expect(
      message { try load(.train, ImageOptions(classes: "hair")) }.hasPrefix("'\(root)' holds a picture"))
    try FileManager.default.removeItem(atPath: root + "/cats")
    try write("b.png", grey(2))
    #expect(
      message { try load(.train, ImageOptions(classes: "hair")) }
        == "\(root) has no attributes, and so no 'hair'; leave --classes away")
  }

  @Test func foldersThatContainThemselvesEnd() throws {
    try write("a/b.png", grey(1))
    try FileManager.default.createSymbolicLink(atPath: root + "/a/again", withDestinationPath: root)
    #expect(
      message { try load() } == "'\(root)' holds folders in folders deeper than 16; name one further down")
  }

  @Test func aPictureThatCannotBeReadIsNamed() throws {
    for value in 1...3 { try write("\(value).png", grey(UInt8(value))) }
    try FileManager.default.createSymbolicLink(atPath: root + "/4.png", withDestinationPath: "/nowhere")
    #expect(
      message { try load() }
        == "'\(root)/4.png' cannot be read: No such file or directory; check the path and its permissions")
  }
}

@Suite struct FormTests {
  @Test func aNamedDataSetIsScaledWhereThatIsAskedFor() throws {
    let catalog = DatasetCatalog(environment: [:])
    let digits = try catalog.load("digits", split: .test, limit: 3)
    let large = try catalog.load(
      "digits", split: .test, options: ImageOptions(size: PixelSize("32"), channels: 3, limit: 3))
    #expect(large.imageShape == [3, 32, 32])
    #expect(large.labels == digits.labels)
    let picture = try #require(PixelImage(width: 28, height: 28, channels: 1, bytes: digits.image(2)))
    let fitting = Fitting(size: PixelSize(height: 32, width: 32), channels: 3)
    #expect(try large.image(2) == fitting.bytes(of: picture, path: ""))
    // The model alone does not change what a data set is.
    #expect(
      try catalog.load("digits", split: .test, options: ImageOptions(limit: 3, modelShape: [3, 64, 64]))
        .imageShape
        == [1, 28, 28])
  }
}
