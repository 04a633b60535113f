internal import Artifact

/// Which images of a data set: those to train on, or those to test on.
public enum DatasetSplit: String, Sendable, CaseIterable {
  case train
  case test
}

/// A property of each image besides its class: a factor that it was made from, or what somebody has marked in it.
public struct ImageAttribute: Sendable, Equatable {
  public let name: String
  /// What its values are called, such as `no` and `yes`.
  public let valueNames: [String]
  /// One for each image: an index into `valueNames`.
  public let values: [UInt8]

  public init(name: String, valueNames: [String], values: [UInt8]) {
    self.name = name
    self.valueNames = valueNames
    self.values = values
  }
}

/// Images with their classes: a view of images that lie in memory or in a file.
public struct Dataset: Sendable {
  /// The data set's name as the catalog knows it, such as `mnist`, or the path of a folder or file.
  public let name: String
  /// Which of its images these are.
  public let split: DatasetSplit
  /// Channels, height and width of an image.
  public let imageShape: [Int]
  /// The class of each image: an index into `classNames`. Nil where the images have no classes.
  public let labels: [Int32]?
  /// The names of the classes.
  public let classNames: [String]
  /// What else is known of each image.
  public let attributes: [ImageAttribute]
  /// Where the images came from, for reports: a folder, a file, or `built in`.
  public let source: String
  /// The number of images.
  public let count: Int
  /// How many pictures were left out because they could not be decoded.
  public let leftOut: Int

  let store: ImageStore
  /// The images' numbers in the store; nil for all in their order.
  let selection: [Int]?
  /// The images' numbers in the pool that they were taken from; nil where an image's number is its index.
  private let numbers: [Int]?

  /// The number of bytes of one image: the product of `imageShape`.
  public var imageBytes: Int { store.imageBytes }

  /// Puts a data set together of images in memory.
  ///
  /// - Parameter images: count x channels x height x width (NCHW) bytes, contiguous.
  /// - Throws: `DatasetError.inconsistent` where the shape is not three positive sizes, the arrays are not as long as
  ///   shape and labels say, or a label has no class.
  public init(
    name: String, split: DatasetSplit, imageShape: [Int], images: [UInt8], labels: [Int32]?,
    classNames: [String], attributes: [ImageAttribute] = [], source: String
  ) throws {
    let bytes = try Self.imageBytes(imageShape)
    if let labels {
      let (total, overflow) = labels.count.multipliedReportingOverflow(by: bytes)
      guard !overflow, images.count == total else {
        throw DatasetError.inconsistent(
          reason: "\(labels.count) labels and images of \(bytes) bytes do not go with \(images.count) bytes")
      }
    }
    try self.init(
      name: name, split: split, imageShape: imageShape, store: ImageStore(images, imageBytes: bytes),
      labels: labels, classNames: classNames, attributes: attributes, source: source)
  }

  /// Puts a data set together of stored images.
  ///
  /// - Parameter selection: the images' numbers in the store; nil for all. Labels and attributes are those of the
  ///   selected images.
  init(
    name: String, split: DatasetSplit, imageShape: [Int], store: ImageStore, selection: [Int]? = nil,
    labels: [Int32]?, classNames: [String], attributes: [ImageAttribute] = [], source: String, leftOut: Int = 0,
    numbers: [Int]? = nil
  ) throws {
    guard try Self.imageBytes(imageShape) == store.imageBytes else {
      throw DatasetError.inconsistent(
        reason: "an image of \(imageShape) does not have the \(store.imageBytes) bytes of those stored")
    }
    count = selection?.count ?? store.count
    if let labels {
      guard labels.count == count else {
        throw DatasetError.inconsistent(reason: "\(labels.count) labels do not go with \(count) images")
      }
      if let index = labels.firstIndex(where: { $0 < 0 || Int($0) >= classNames.count }) {
        throw DatasetError.inconsistent(
          reason: "image \(index) has the label \(labels[index]), and there are \(classNames.count) classes")
      }
    }
    let images = count
    let odd = attributes.first { attribute in
      attribute.values.count != images || attribute.values.contains { $0 >= attribute.valueNames.count }
    }
    if let attribute = odd {
      throw DatasetError.inconsistent(
        reason: "the attribute \(attribute.name) does not have one of its values for each image")
    }
    self.name = name
    self.split = split
    self.imageShape = imageShape
    self.store = store
    self.selection = selection
    self.labels = labels
    self.classNames = labels == nil ? [] : classNames
    self.attributes = attributes
    self.source = source
    self.leftOut = leftOut
    self.numbers = numbers
  }

  private static func imageBytes(_ shape: [Int]) throws -> Int {
    guard shape.count == 3, shape.allSatisfy({ (1...65_536).contains($0) }) else {
      throw DatasetError.inconsistent(reason: "an image's shape is channels, height, width, not \(shape)")
    }
    return shape.reduce(1, *)
  }
}

extension Dataset {
  /// The bytes of one image, channels x height x width.
  ///
  /// - Throws: `DatasetError` where there is no such image or it cannot be read.
  public func image(_ index: Int) throws -> [UInt8] { try bytes(of: CollectionOfOne(index)) }

  /// The bytes of all images, one behind the other: for data sets that are known to be small.
  ///
  /// - Throws: `DatasetError` where they cannot be read.
  public func allBytes() throws -> [UInt8] { try bytes(of: 0..<count) }

  /// The bytes of some images, one behind the other.
  ///
  /// - Parameter indices: images of this data set; an image may come more than once.
  /// - Throws: `DatasetError` where there is no such image or it cannot be read.
  public func bytes(of indices: some Collection<Int>) throws -> [UInt8] {
    let bytes = indices.count * imageBytes
    return try [UInt8](unsafeUninitializedCapacity: bytes) { buffer, filled in
      try gather(indices, into: UnsafeMutableRawBufferPointer(buffer))
      filled = bytes
    }
  }

  /// SHA-256 of data sets, one behind the other: of each the image's shape, the number of images, the labels, and the SHA-256 of
  /// each part of the images' bytes. Names and places do not count. Parts, so that threads share the work, or it was done when
  /// the images were read.
  ///
  /// - Parameter threads: that share the work; nil: one for each processor.
  /// - Throws: `DatasetError` where images cannot be read.
  public static func digest(of datasets: [Dataset], threads: Int? = nil) throws -> String {
    var digest = SHA256()
    for dataset in datasets {
      let numbers = (dataset.imageShape + [dataset.count]).map(String.init).joined(separator: " ")
      digest.update((numbers + "\n").utf8)
      // One byte where that is enough.
      let bits = dataset.classNames.count <= 256 ? 8 : 32
      var bytes: [UInt8] = []
      for label in dataset.labels ?? [] {
        for shift in stride(from: 0, to: bits, by: 8) {
          bytes.append(UInt8(truncatingIfNeeded: label >> Int32(shift)))
        }
      }
      digest.update(bytes)
      for part in try dataset.partDigests(threads: threads) { digest.update(part.utf8) }
    }
    return Self.digestMark + digest.finish()
  }

  /// What a digest begins with: others, of earlier versions, were made of the images' bytes as one.
  public static let digestMark = "parts:"

  private func partDigests(threads: Int?) throws -> [String] {
    if selection == nil, let known = store.partDigests { return known }
    let size = ImageStore.imagesPerPart(of: imageBytes)
    let parts = ImageImport.map((count + size - 1) / size, threads: threads) { part in
      Result { SHA256.hex(of: try bytes(of: part * size..<min((part + 1) * size, count))) }
    }
    return try parts.map { try $0.get() }
  }

  /// The numbers of some images, on which their random noise depends: their indices, or where data sets were pooled and parted
  /// anew, their places in the pool.
  ///
  /// - Throws: `DatasetError.outOfRange` where there is no such image.
  public func numbers(of indices: some Collection<Int>) throws -> [Int] {
    guard let numbers else { return Array(indices) }
    return try indices.map {
      try check($0)
      return numbers[$0]
    }
  }

  /// The classes of some images; nil where the data have none.
  ///
  /// - Throws: `DatasetError.outOfRange` where there is no such image.
  public func labels(of indices: some Collection<Int>) throws -> [Int32]? {
    guard let labels else { return nil }
    return try indices.map {
      try check($0)
      return labels[$0]
    }
  }

  /// Copies images into a caller's buffer, in the order of the indices, each channels x height x width bytes.
  ///
  /// - Parameters:
  ///   - indices: images of this data set; an image may come more than once.
  ///   - buffer: at least `indices.count * imageBytes` bytes; what lies behind them stays as it is.
  /// - Throws: `DatasetError.outOfRange` where there is no such image or the buffer is too small.
  public func gather(_ indices: some Collection<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
    let bytes = imageBytes
    guard indices.count <= buffer.count / bytes else {
      throw DatasetError.outOfRange(
        what: "the number of images to gather", value: indices.count, least: 0, most: buffer.count / bytes)
    }
    var offset = 0
    // Images that lie one behind the other are read at once.
    var run = 0..<0
    func copyRun() throws {
      // The guard: there is room for every image.
      try store.copy(run, into: UnsafeMutableRawBufferPointer(rebasing: buffer[offset...]))
      offset += run.count * bytes
    }
    for index in indices {
      try check(index)
      let place = selection?[index] ?? index
      if place == run.upperBound, !run.isEmpty {
        run = run.lowerBound..<place + 1
      } else {
        try copyRun()
        run = place..<place + 1
      }
    }
    try copyRun()
  }

  /// The data set of the images with these indices, in their order. The images themselves are not copied.
  ///
  /// - Throws: `DatasetError.outOfRange` where there is no such image.
  public func subset(_ indices: [Int], split: DatasetSplit? = nil) throws -> Dataset {
    for index in indices { try check(index) }
    return try Dataset(
      name: name, split: split ?? self.split, imageShape: imageShape, store: store,
      selection: indices.map { selection?[$0] ?? $0 },
      labels: labels.map { labels in indices.map { labels[$0] } },
      classNames: classNames,
      attributes: attributes.map { attribute in
        ImageAttribute(
          name: attribute.name, valueNames: attribute.valueNames, values: indices.map { attribute.values[$0] })
      }, source: source, leftOut: leftOut, numbers: numbers.map { numbers in indices.map { numbers[$0] } })
  }

  /// The first images, at most `limit` of them; all where nil.
  func prefix(_ limit: Int?) throws -> Dataset {
    guard let limit, limit < count else { return self }
    return try subset(Array(0..<limit))
  }

  /// The data set with an attribute's values for classes.
  ///
  /// - Throws: `DatasetError.noAttribute` where there is none of this name.
  public func labelled(by name: String) throws -> Dataset {
    guard let attribute = attributes.first(where: { $0.name == name }) else {
      throw DatasetError.noAttribute(name: name, dataset: self.name, there: attributes.map(\.name))
    }
    return try Dataset(
      name: self.name, split: split, imageShape: imageShape, store: store, selection: selection,
      labels: attribute.values.map { Int32($0) }, classNames: attribute.valueNames, attributes: attributes,
      source: source, leftOut: leftOut, numbers: numbers)
  }

  private func check(_ index: Int) throws {
    guard index >= 0, index < count else {
      throw DatasetError.outOfRange(what: "the image's index", value: index, least: 0, most: count - 1)
    }
  }
}
