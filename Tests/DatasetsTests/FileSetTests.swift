import Datasets
import Foundation
import ImageFiles
import PictureTesting
import Testing

/// Data sets in their true file formats.
@Suite struct FileSetTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private var catalog: DatasetCatalog {
    DatasetCatalog(directory: folder.path, environment: ["VAEC_CACHE_DIR": folder.path + "/cache"])
  }

  private func load(_ name: String, _ split: DatasetSplit = .train, _ options: ImageOptions = ImageOptions())
    throws
    -> Dataset
  { try catalog.load(name, split: split, options: options) }

  // MARK: SVHN

  /// The byte of a pixel of an image: different for all places of an image.
  private static func pixel(_ image: Int, _ channel: Int, _ row: Int, _ column: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: image * 101 + channel * 67 + row * 7 + column * 31)
  }

  /// X of `count` images by columns, as MATLAB stores it.
  private static func columns(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for image in 0..<count {
      for channel in 0..<3 {
        for column in 0..<32 { for row in 0..<32 { bytes.append(pixel(image, channel, row, column)) } }
      }
    }
    return bytes
  }

  private static func rows(_ image: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for channel in 0..<3 {
      for row in 0..<32 { for column in 0..<32 { bytes.append(pixel(image, channel, row, column)) } }
    }
    return bytes
  }

  private func svhn(_ labels: [UInt8], isCompressed: Bool = true, isBigEndian: Bool = false) -> [UInt8] {
    let shape = labels.count == 1 ? [32, 32, 3] : [32, 32, 3, labels.count]
    return MATBytes.file(
      [
        MATBytes.variable("other", [1, 1], .cell, [], isCompressed: isCompressed, isBigEndian: isBigEndian),
        MATBytes.variable(
          "X", shape, .uint8, Self.columns(labels.count), isCompressed: isCompressed, isBigEndian: isBigEndian),
        MATBytes.variable(
          "y", [labels.count, 1], .uint8, labels, isCompressed: isCompressed, isBigEndian: isBigEndian),
      ], isBigEndian: isBigEndian)
  }

  @Test(arguments: [(true, false), (false, false), (false, true), (true, true)])
  func houseNumbersAreReadFromMATLABFiles(isCompressed: Bool, isBigEndian: Bool) throws {
    _ = try folder.write(
      "svhn/train_32x32.mat", svhn([1, 10, 9, 5, 2, 3], isCompressed: isCompressed, isBigEndian: isBigEndian))
    _ = try folder.write(
      "svhn/test_32x32.mat", svhn([10], isCompressed: isCompressed, isBigEndian: isBigEndian))
    #expect(catalog.isAvailable("svhn"))
    let train = try load("svhn")
    #expect(train.imageShape == [3, 32, 32])
    #expect(train.labels == [1, 0, 9, 5, 2, 3])
    for image in 0..<6 { #expect(try train.image(image) == Self.rows(image)) }
    let test = try load("svhn", .test)
    #expect(test.labels == [0])
    #expect(try test.allBytes() == Self.rows(0))
    #expect(try load("svhn", .train, ImageOptions(limit: 2)).labels == [1, 0])
    #expect(
      try load("svhn", .train, ImageOptions(size: PixelSize("16"), channels: 1)).imageShape == [1, 16, 16])
    #expect(try load("svhn", .train, ImageOptions(usesCache: false)).image(5) == Self.rows(5))
  }

  @Test func labelsMayBeDoubles() throws {
    let labels = NumpyBytes.doubles([10, 4])
    let file = MATBytes.file([
      MATBytes.variable("X", [32, 32, 3, 2], .uint8, Self.columns(2)),
      MATBytes.variable("y", [2, 1], .double, labels),
    ])
    for split in ["train", "test"] { _ = try folder.write("SVHN/\(split)_32x32.mat", file) }
    #expect(try load("svhn").labels == [0, 4])
  }

  @Test func otherMATLABFilesSayWhatIsWrong() throws {
    _ = try folder.write("svhn/test_32x32.mat", svhn([1]))
    func text(_ file: [UInt8]) throws -> String {
      let path = try folder.write("svhn/train_32x32.mat", file)
      return message { try load("svhn") }.replacing(path, with: "FILE")
    }
    #expect(
      try text(Array("MATLAB 7.3 MAT-file, Platform: GLNXA64".utf8))
        == "'FILE' is a MATLAB file of version 7.3; save it with -v7 in MATLAB")
    #expect(
      try text([1, 2, 3])
        == "'FILE' is no MATLAB file, or a damaged one: its header has no sign of the byte order; get the file again"
    )
    #expect(try text(MATBytes.file([])) == "'FILE' has no variable X; get the file again")
    #expect(
      try text(
        MATBytes.file([
          MATBytes.variable("X", [2, 2], .uint8, [1, 2, 3, 4]), MATBytes.variable("y", [1, 1], .uint8, [1]),
        ]))
        == "'FILE' has X of [2, 2] u1; X has to be [32, 32, 3, N] of u1")
    #expect(
      try text(svhn([1, 11]))
        == "'FILE' gives image 1 the label 11 where labels run from 1 to 10; get the file again")
    let parts = MATBytes.file([
      MATBytes.variable("X", [32, 32, 3, 2], .uint8, Self.columns(2)),
      MATBytes.variable("y", [1, 1], .uint8, [1]),
    ])
    #expect(
      try text(parts)
        == "'FILE' variable 'X' holds 2 images and 'FILE' variable 'y' 1 labels; take both files from one source"
    )
    #expect(
      try text(MATBytes.file([MATBytes.variable("X", [32, 32, 3, 9], .uint8, Self.columns(2))]))
        == "'FILE' variable 'X' is no MATLAB file, or a damaged one: its sizes and its length disagree; get the file again"
    )
    let whole = svhn([1, 2], isCompressed: false)
    #expect(try text(Array(whole.prefix(4000))).hasPrefix("'FILE' is truncated: its header promises "))
  }

  @Test func mutatedMATLABFilesAreReadOrRefused() throws {
    _ = try folder.write("svhn/test_32x32.mat", svhn([1]))
    let files = [svhn([1, 2]), svhn([1, 2], isCompressed: false), svhn([3], isBigEndian: true)]
    let seed: UInt64 = 77
    var mutations = Mutations(seed: seed)
    var refused = 0
    for round in 0..<600 {
      var file = files[round % files.count]
      // The tags are few among many pixels: damage them more often.
      if round % 2 == 0 {
        file = mutations.mutated(Array(file.prefix(260))) + file.dropFirst(260)
      } else {
        file = mutations.mutated(file)
      }
      let path = try folder.write("svhn/train_32x32.mat", file)
      do {
        #expect(try load("svhn", .train, ImageOptions(usesCache: false)).count < 10)
      } catch {
        #expect("\(error)".hasPrefix("'\(path)"), "seed \(seed), round \(round): \(error)")
        refused += 1
      }
    }
    #expect(refused > 100)
  }

  private static let hasSciPy = python("import scipy.io, numpy", in: "/") == 0

  @Test(.enabled(if: hasSciPy, "needs python3 with SciPy"), arguments: ["True", "False"])
  func filesOfSciPyAreRead(isCompressed: String) throws {
    let program = """
      import numpy as np, scipy.io
      n, c, r, x = np.meshgrid(np.arange(3), np.arange(3), np.arange(32), np.arange(32), indexing='ij')
      images = ((n * 101 + c * 67 + r * 7 + x * 31) % 256).astype(np.uint8)
      for split, labels in [('train', [10, 1, 2]), ('test', [7, 8, 9])]:
        scipy.io.savemat(split + '_32x32.mat', {'X': images.transpose(2, 3, 1, 0), 'y': np.array(labels, np.uint8)[:, None]},
          do_compression=\(isCompressed))
      """
    try #require(python(program, in: folder.path) == 0)
    let train = try load("svhn")
    #expect(train.labels == [0, 1, 2])
    for image in 0..<3 { #expect(try train.image(image) == Self.rows(image)) }
    #expect(try load("svhn", .test).labels == [7, 8, 9])
  }

  // MARK: CIFAR

  @Test func cifar10IsReadFromItsFiveBatches() throws {
    func record(_ label: UInt8, _ value: UInt8) -> [UInt8] { [label] + [UInt8](repeating: value, count: 3072) }
    for batch in 1...5 {
      _ = try folder.write(
        "cifar-10-batches-bin/data_batch_\(batch).bin",
        record(UInt8(batch), UInt8(10 * batch)) + record(9, UInt8(10 * batch + 1)))
    }
    #expect(!catalog.isAvailable("cifar-10"))
    _ = try folder.write("cifar-10-batches-bin/test_batch.bin", record(0, 200))
    let train = try load("cifar-10")
    #expect(train.labels == [1, 9, 2, 9, 3, 9, 4, 9, 5, 9])
    #expect(train.classNames[9] == "truck")
    #expect(try (0..<10).map { try train.image($0)[3071] } == [10, 11, 20, 21, 30, 31, 40, 41, 50, 51])
    #expect(try load("cifar-10", .test).image(0) == [UInt8](repeating: 200, count: 3072))
    let path = try folder.write("cifar-10-batches-bin/test_batch.bin", record(10, 0))
    #expect(
      message { try load("cifar-10", .test) }
        == "'\(path)' gives image 0 the label 10 where labels run from 0 to 9; get the file again")
    _ = try folder.write("cifar-10-batches-bin/test_batch.bin", [1, 2, 3])
    #expect(
      message { try load("cifar-10", .test) }
        == "'\(path)' has 3 bytes, no whole number of records of 3073; get the file again")
  }

  @Test func cifar100HasClassesAndSuperclasses() throws {
    let record = [19, 99] + (0..<3072).map { UInt8(truncatingIfNeeded: $0) }
    for name in ["train", "test"] { _ = try folder.write("cifar-100-binary/\(name).bin", record) }
    let train = try load("cifar-100")
    #expect(train.labels == [99])
    #expect(try train.image(0) == Array(record.dropFirst(2)))
    #expect(train.attributes.map(\.name) == ["class", "superclass"])
    _ = try folder.write(
      "cifar-100-binary/coarse_label_names.txt",
      Array((0..<20).map { "kind\($0)" }.joined(separator: "\n").utf8))
    let coarse = try load("cifar-100", .train, ImageOptions(classes: "superclass"))
    #expect(coarse.classNames[19] == "kind19")
    #expect(coarse.labels == [19])
  }

  // MARK: CelebA

  /// Pictures of 178 x 218 whose central 148 x 148 pixels have one color, in the layout of the data set.
  private func writeCelebA(_ count: Int) throws {
    var parts = ""
    var attributes = "\(count)\n5_o_Clock_Shadow Smiling Young\n"
    for number in 1...count {
      let name = String(repeating: "0", count: 6 - "\(number)".count) + "\(number).jpg"
      let pixels = (0..<218 * 178).flatMap { place -> [UInt8] in
        let (x, y) = (place % 178, place / 178)
        let isInside = (15..<163).contains(x) && (35..<183).contains(y)
        return isInside ? [UInt8(20 * number), 100, 50] : [0, 0, 255]
      }
      _ = try folder.write(
        "celeba/img_align_celeba/\(name)", JPEGFile.bytes(width: 178, height: 218, .rgb, pixels))
      parts += "\(name) \(number % 3)\n"
      attributes += "\(name)  1 \(number % 2 == 0 ? " 1" : "-1") -1\n"
    }
    _ = try folder.write("celeba/list_eval_partition.txt", Array(parts.utf8))
    _ = try folder.write("celeba/list_attr_celeba.txt", Array(attributes.utf8))
  }

  @Test func celebAIsReadInItsLayoutWithItsAttributes() throws {
    try writeCelebA(9)
    #expect(catalog.isAvailable("celeba"))
    // Part 0 has the numbers 3, 6 and 9; part 2 has 2, 5 and 8.
    let train = try load("celeba")
    #expect(train.imageShape == [3, 64, 64])
    #expect(train.count == 3)
    #expect(train.labels == nil)
    #expect(train.attributes.map(\.name) == ["5_o_Clock_Shadow", "Smiling", "Young"])
    #expect(train.attributes[1].values == [0, 1, 0])
    for (index, number) in [3, 6, 9].enumerated() {
      let image = try train.image(index)
      #expect(image[..<4096].allSatisfy { abs(Int($0) - 20 * number) <= 4 }, "image \(index)")
      #expect(image[8192...].allSatisfy { abs(Int($0) - 50) <= 4 })
    }
    let test = try load("celeba", .test, ImageOptions(limit: 2, classes: "Smiling"))
    #expect(test.labels == [1, 0])
    #expect(test.classNames == ["no", "yes"])
    #expect(
      try load("celeba", .train, ImageOptions(limit: 1, modelShape: [3, 32, 32])).imageShape == [3, 32, 32])
    let whole = try load("celeba", .train, ImageOptions(crop: .stretch, limit: 1))
    #expect(try whole.image(0)[8192] > 200)
  }

  @Test func celebAWithTablesOfCommasIsTheSame() throws {
    try writeCelebA(3)
    let rows = ["000001.jpg,1,-1,1", "000002.jpg,-1,1,1", "000003.jpg,1,1,-1"]
    _ = try folder.write(
      "celeba/list_attr_celeba.csv", Array(("image_id,A,B,C\n" + rows.joined(separator: "\n")).utf8))
    _ = try folder.write(
      "celeba/list_eval_partition.csv",
      Array("image_id,partition\n000001.jpg,0\n000002.jpg,2\n000003.jpg,0\n".utf8))
    for name in ["list_attr_celeba.txt", "list_eval_partition.txt"] {
      try FileManager.default.removeItem(atPath: folder.path + "/celeba/" + name)
    }
    let train = try load("celeba", .train, ImageOptions(classes: "C"))
    #expect(train.labels == [1, 0])
    #expect(train.attributes[0].values == [1, 1])
  }

  @Test func aCelebAThatIsNotWholeSaysWhatIsMissing() throws {
    try writeCelebA(3)
    let root = folder.path + "/celeba"
    try FileManager.default.removeItem(atPath: root + "/img_align_celeba/000003.jpg")
    #expect(
      message { try load("celeba") }
        == "'\(root)/img_align_celeba/000003.jpg' cannot be read: No such file or directory; check the path and its permissions"
    )
    for (name, text, problem) in [
      ("list_attr_celeba.txt", "3\nA B\n000001.jpg 1\n", "is not in order in line 3"),
      ("list_attr_celeba.txt", "3\nA B\n000003.jpg 1 2\n", "is not in order in line 3"),
      ("list_attr_celeba.txt", "3\nA B\n000001.jpg 1 1\n", "says nothing of 000003.jpg"),
      ("list_attr_celeba.txt", "", "is not in order in line 1"),
      ("list_eval_partition.txt", "../../etc/passwd 0\n", "is not in order in line 1"),
      ("list_eval_partition.txt", "000001.jpg 1\n", "names no picture for the train part"),
    ] {
      let path = try folder.write("celeba/" + name, Array(text.utf8))
      #expect(message { try load("celeba") } == "'\(path)' \(problem); get the file again")
    }
    try FileManager.default.removeItem(atPath: root + "/img_align_celeba")
    #expect(
      message { try load("celeba") }
        == "the data set 'celeba' is incomplete: '\(root)/list_eval_partition.txt' is there without "
        + "'\(root)/img_align_celeba'; add that file")
  }

  // MARK: dSprites

  @Test func dSpritesHasItsFactors() throws {
    let count = 20
    let pixels = (0..<count * 4096).map { UInt8($0 / 4096 == $0 % 4096 ? 1 : 0) }
    let factors = (0..<count).flatMap { image in [0, image % 3, image % 6, image, image % 32, 31 - image] }
    let file = NumpyBytes.zip(
      [
        ("metadata.npy", NumpyBytes.npy("|O", [], [1, 2, 3])),
        ("imgs.npy", NumpyBytes.npy("|u1", [count, 64, 64], pixels)),
        (
          "latents_classes.npy",
          NumpyBytes.npy("<i8", [count, 6], factors.flatMap { NumpyBytes.little($0, 8) })
        ),
      ], isDeflated: true)
    _ = try folder.write("dsprites/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz", file)
    let (train, test) = (try load("dsprites"), try load("dsprites", .test))
    #expect(train.count == 18 && test.count == 2)
    #expect(train.imageShape == [1, 64, 64])
    #expect(train.classNames == ["square", "ellipse", "heart"])
    #expect(train.attributes.map(\.name) == ["color", "shape", "scale", "orientation", "x", "y"])
    for part in [train, test] {
      for index in 0..<part.count {
        // The one white pixel of image i is its i-th, and so is its orientation.
        let image = try part.image(index)
        let place = try #require(image.firstIndex(of: 255))
        #expect(image.count { $0 != 0 } == 1)
        #expect(Int(part.attributes[3].values[index]) == place)
        #expect(part.labels?[index] == Int32(place % 3))
      }
    }
    #expect(try load("dsprites", .train, ImageOptions(limit: 5)).count == 5)
  }

  @Test func dataSetsThatAreNotThereAreExplained() throws {
    #expect(
      message { try load("svhn") }
        == "the data set 'svhn' was not found (looked in '\(folder.path)', '\(folder.path)/cache'); put train_32x32.mat "
        + "and test_32x32.mat into DIR/svhn and pass --data-dir DIR or set VAEC_DATA_DIR, or take --data street-digits, "
        + "which is built in")
  }
}

@Suite struct TarArchiveTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func header(_ name: String, _ size: Int, kind: Character = "0") -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) {
      for (index, byte) in text.utf8.enumerated() { header[place + index] = byte }
    }
    put(name, at: 0)
    let digits = String(size, radix: 8)
    put(String(repeating: "0", count: 11 - digits.count) + digits, at: 124)
    header[156] = kind.asciiValue ?? 0
    put("        ", at: 148)
    put(String(header.reduce(0) { $0 + Int($1) }, radix: 8), at: 148)
    return header
  }

  private func archive(_ files: [(String, [UInt8])]) -> [UInt8] {
    let blocks = files.flatMap { name, bytes in
      header(name, bytes.count) + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }
    return header("a/", 0, kind: "5") + blocks + [UInt8](repeating: 0, count: 1024)
  }

  @Test func filesComeOutUnderTheirLastNames() throws {
    let path = try folder.write(
      "a.tar.gz", stored(archive([("a/b.bin", [1, 2, 3]), ("../../up.bin", Array(repeating: 7, count: 600))])))
    #expect(try TarArchive.extract(path, into: folder.path) == ["b.bin", "up.bin"])
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: folder.path + "/b.bin"))) == [1, 2, 3])
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/up.bin")).count == 600)
  }

  @Test func damagedArchivesSayWhy() throws {
    let whole = archive([("a/b.bin", [UInt8](repeating: 1, count: 2000))])
    let cut = try folder.write("cut.tar.gz", stored(Array(whole.prefix(1200))))
    #expect(
      message { try TarArchive.extract(cut, into: folder.path) }
        == "'\(cut)' is no tar file, or a damaged one: it ends inside a file; get the file again")
    var wrong = whole
    wrong[600] ^= 1
    let header = try folder.write("wrong.tar.gz", stored(wrong))
    #expect(
      message { try TarArchive.extract(header, into: folder.path) }
        == "'\(header)' is no tar file, or a damaged one: a header is not one; get the file again")
    let large = try folder.write("large.tar.gz", stored(whole))
    #expect(
      message { try TarArchive.extract(large, into: folder.path, most: 100) }.contains(
        "its files have more than 100 bytes"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/b.bin"))
  }
}
