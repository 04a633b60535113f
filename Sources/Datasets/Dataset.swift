internal import Artifact

/// Which images of a data set: those to train on, or those to test on.
public enum DatasetSplit: String, Sendable, CaseIterable {
  case train
  case test
}

/// Labelled images in memory.
public struct Dataset: Sendable, Equatable {
  /// The data set's name as the catalog knows it, such as `mnist`.
  public let name: String
  /// Which of its images these are.
  public let split: DatasetSplit
  /// Channels, height and width of an image.
  public let imageShape: [Int]
  /// The images: count x channels x height x width (NCHW) bytes, contiguous.
  public let images: [UInt8]
  /// The class of each image: an index into `classNames`.
  public let labels: [UInt8]
  /// The names of the classes.
  public let classNames: [String]
  /// Where the images came from, for reports: a folder, or `built in`.
  public let source: String

  /// The number of images.
  public var count: Int { labels.count }
  /// The number of bytes of one image: the product of `imageShape`.
  public var imageBytes: Int { imageShape.reduce(1, *) }

  /// Puts a data set together.
  ///
  /// - Throws: `DatasetError.inconsistent` where the shape is not three positive sizes, the arrays are not as long as
  ///   shape and labels say, or a label has no class.
  public init(
    name: String, split: DatasetSplit, imageShape: [Int], images: [UInt8], labels: [UInt8],
    classNames: [String],
    source: String
  ) throws {
    guard imageShape.count == 3, imageShape.allSatisfy({ (1...65_536).contains($0) }) else {
      throw DatasetError.inconsistent(reason: "an image's shape is channels, height, width, not \(imageShape)")
    }
    let bytes = imageShape.reduce(1, *)
    let (total, overflow) = labels.count.multipliedReportingOverflow(by: bytes)
    guard !overflow, images.count == total else {
      throw DatasetError.inconsistent(
        reason: "\(labels.count) labels and images of \(bytes) bytes do not go with \(images.count) bytes")
    }
    if let index = labels.firstIndex(where: { Int($0) >= classNames.count }) {
      throw DatasetError.inconsistent(
        reason: "image \(index) has the label \(labels[index]), and there are \(classNames.count) classes")
    }
    self.name = name
    self.split = split
    self.imageShape = imageShape
    self.images = images
    self.labels = labels
    self.classNames = classNames
    self.source = source
  }

  /// The bytes of one image, channels x height x width.
  ///
  /// - Throws: `DatasetError.outOfRange` where there is no such image.
  public func image(_ index: Int) throws -> ArraySlice<UInt8> {
    try check(index)
    return images[(index * imageBytes)..<((index + 1) * imageBytes)]
  }

  /// SHA-256 of data sets, one behind the other: of each the image's shape, the number of images, the labels and the
  /// bytes of the images. Names and places do not count.
  public static func digest(of datasets: [Dataset]) -> String {
    var digest = SHA256()
    for dataset in datasets {
      let numbers = (dataset.imageShape + [dataset.count]).map(String.init).joined(separator: " ")
      digest.update((numbers + "\n").utf8)
      digest.update(dataset.labels)
      digest.update(dataset.images)
    }
    return digest.finish()
  }

  func check(_ index: Int) throws {
    guard labels.indices.contains(index) else {
      throw DatasetError.outOfRange(what: "the image's index", value: index, least: 0, most: count - 1)
    }
  }
}
