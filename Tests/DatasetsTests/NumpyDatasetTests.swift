import Datasets
import Foundation
import ImageFiles
import PictureTesting
import Testing

@Suite struct NumpyDatasetTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private var catalog: DatasetCatalog {
    DatasetCatalog(environment: ["VAEC_CACHE_DIR": folder.path + "/cache"])
  }

  private func load(
    _ name: String, _ bytes: [UInt8], _ split: DatasetSplit = .train, _ options: ImageOptions = ImageOptions()
  ) throws -> Dataset { try catalog.load(folder.write(name, bytes), split: split, options: options) }

  /// Ten images of one pixel, 0, 1, ..., in an archive with labels.
  @Test func anArrayIsPartedAtRandomWithItsLabels() throws {
    let images = NumpyBytes.npy("|u1", [10, 1, 1], Array(0..<10))
    let labels = NumpyBytes.npy("|u1", [10, 1], (0..<10).map { $0 % 2 })
    let file = NumpyBytes.zip([("images.npy", images), ("labels.npy", labels)])
    let options = ImageOptions(testFraction: 0.3)
    let (train, test) = (try load("a.npz", file, .train, options), try load("a.npz", file, .test, options))
    #expect(train.count == 7 && test.count == 3)
    #expect(try (train.allBytes() + test.allBytes()).sorted() == Array(0..<10))
    #expect(try train.labels == train.allBytes().map { Int32($0 % 2) })
    #expect(train.classNames == ["0", "1"])
    #expect(
      try load("a.npz", file, .train, ImageOptions(testFraction: 0.3, limit: 2)).allBytes()
        == train.bytes(of: 0..<2))
  }

  @Test func theLayoutOfTheChannelsFollowsFromTheShape() throws {
    // Two images of 2 x 1 pixels: channels together, and one behind the other.
    let interleaved = NumpyBytes.npy("|u1", [2, 2, 1, 3], Array(0..<12))
    let planar = NumpyBytes.npy("|u1", [2, 3, 2, 1], [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
    for (name, file) in [("i.npy", interleaved), ("p.npy", planar)] {
      let both = try [DatasetSplit.train, .test].map { try load(name, file, $0) }
      #expect(both[0].imageShape == [3, 2, 1])
      #expect(
        try both.map { try $0.image(0) }.sorted { $0[0] < $1[0] } == [
          [0, 3, 1, 4, 2, 5], [6, 9, 7, 10, 8, 11],
        ])
    }
    // Either would do: the model decides.
    let either = NumpyBytes.npy("|u1", [2, 3, 1, 3], Array(0..<18))
    #expect(try load("e.npy", either).imageShape == [3, 1, 3])
    #expect(try load("e.npy", either, .train, ImageOptions(modelShape: [3, 3, 1])).imageShape == [3, 3, 1])
    // Rows of pixels, with the model's shape.
    let rows = NumpyBytes.npy("|u1", [2, 6], Array(0..<12))
    #expect(try load("r.npy", rows, .train, ImageOptions(modelShape: [1, 2, 3])).imageShape == [1, 2, 3])
    #expect(
      message { try load("r.npy", rows) }.hasSuffix(
        "has the shape [2, 6]; images are [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or 3 channels"))
  }

  @Test func allFormsOfTheSameImagesAreTheSame() throws {
    let values = (0..<2 * 3 * 2 * 4).map { UInt8($0 * 5) }
    let fortran = (0..<48).map { (place: Int) -> UInt8 in
      let (n, c, y, x) = (place % 2, place / 2 % 3, place / 6 % 2, place / 12)
      return values[24 * n + 8 * c + 4 * y + x]
    }
    let files = [
      NumpyBytes.npy("|u1", [2, 3, 2, 4], values),
      NumpyBytes.npy("|u1", [2, 3, 2, 4], fortran, isFortran: true),
      NumpyBytes.npy("<f4", [2, 3, 2, 4], NumpyBytes.floats(values.map { Float($0) / 255 })),
      NumpyBytes.npy(
        ">f8", [2, 3, 2, 4], NumpyBytes.doubles(values.map { Double($0) / 255 }, isBigEndian: true)),
      NumpyBytes.npy("<i8", [2, 3, 2, 4], values.flatMap { [$0, 0, 0, 0, 0, 0, 0, 0] }),
    ]
    let expected = try load("0.npy", files[0]).allBytes()
    #expect(expected.count == 24)
    for (number, file) in files.enumerated() {
      for usesCache in [true, false, true] {
        #expect(
          try load("\(number).npy", file, .train, ImageOptions(usesCache: usesCache)).allBytes() == expected)
      }
      let zipped = NumpyBytes.zip([("x.npy", file)], isDeflated: number % 2 == 0)
      #expect(try load("\(number).npz", zipped).allBytes() == expected)
    }
  }

  @Test func partsOfTheFilesOwnAreTaken() throws {
    let file = NumpyBytes.zip([
      ("x_train.npy", NumpyBytes.npy("|u1", [3, 1, 1], [1, 2, 3])),
      ("y_train.npy", NumpyBytes.npy("|u1", [3], [5, 5, 0])),
      ("x_test.npy", NumpyBytes.npy("|u1", [1, 1, 1], [9])), ("y_test.npy", NumpyBytes.npy("|u1", [1], [5])),
    ])
    let train = try load("k.npz", file)
    #expect(try train.allBytes() == [1, 2, 3])
    #expect(train.labels == [5, 5, 0])
    #expect(train.classNames == ["0", "1", "2", "3", "4", "5"])
    #expect(try load("k.npz", file, .test).allBytes() == [9])
  }

  @Test func labelsMayLieBesideAndMayBeAnyNumbers() throws {
    let images = NumpyBytes.npy("|u1", [4, 1, 1], [1, 2, 3, 4])
    #expect(try load("s.npy", images).labels == nil)
    _ = try folder.write("s_labels.npy", NumpyBytes.npy("<i2", [4], [0xFF, 0xFF, 0, 1, 0xFF, 0xFF, 7, 0]))
    let train = try load("s.npy", images)
    #expect(train.classNames == ["-1", "7", "256"])
    #expect(try train.labels == train.allBytes().map { [0, 0, 2, 0, 1][Int($0)] })
    _ = try folder.write("s_labels.npy", NumpyBytes.npy("|u1", [3], [1, 2, 3]))
    #expect(
      message { try load("s.npy", images) }.hasSuffix(
        "has the shape [3] where there are 4 images; give one whole number for each image"))
  }

  @Test func imagesOfAnotherSizeAreFitted() throws {
    let file = NumpyBytes.npy("|u1", [2, 2, 4], [UInt8](repeating: 9, count: 16))
    let fitted = try load("f.npy", file, .train, ImageOptions(modelShape: [3, 2, 2]))
    #expect(fitted.imageShape == [3, 2, 2])
    #expect(try fitted.allBytes() == [UInt8](repeating: 9, count: 12))
    #expect(
      message { try load("f.npy", file, .train, ImageOptions(crop: Crop("3"))) }.hasSuffix(
        "is 4 x 2 pixels, smaller than the crop of 3 x 3; take a smaller --crop, or leave it out with --skip-damaged"
      ))
  }

  @Test func whichArrayHoldsTheImagesIsAskedWhereItIsNotClear() throws {
    let array = NumpyBytes.npy("|u1", [2, 1, 1], [1, 2])
    #expect(try load("one.npz", NumpyBytes.zip([("pixels.npy", array)])).count == 1)
    #expect(
      message { try load("two.npz", NumpyBytes.zip([("a.npy", array), ("b.npy", array)])) }
        == "'\(folder.path)/two.npz' does not say which of its arrays are images (it has a [2, 1, 1], b [2, 1, 1]); call "
        + "them images, or x_train and x_test")
  }

  /// A file that becomes shorter while it is used is an error, not the end of the program.
  @Test func aFileThatShrinksIsNamed() throws {
    let path = try folder.write("s.npy", NumpyBytes.npy("|u1", [4, 1, 1], [1, 2, 3, 4]))
    let dataset = try catalog.load(path, split: .train)
    try #require(truncate(path, 100) == 0)
    #expect(
      message { try dataset.image(0) }
        == "'\(path)' has become shorter while it was read; leave it alone while it is used")
  }
}
