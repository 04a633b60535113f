import Foundation
internal import ImageFiles

/// Images in an .npy or .npz file as a data set.
enum NumpyDataset {
  /// Names of members that hold images, and those that hold their classes; `_train` and `_test` behind them name parts.
  private static let imageNames = ["images", "x", "X", "imgs", "data", "arr_0"]
  private static let labelNames = ["labels", "y", "Y", "label", "targets"]
  private static let mostClasses = 65_536

  static func load(
    _ path: String, split: DatasetSplit, options: ImageOptions, cache: String?
  ) throws -> Dataset {
    let arrays = try NumpyFile.arrays(path)
    func find(_ names: [String]) -> NumpyArray? { Self.find(names, in: arrays) }
    // Parts of its own: x_train and x_test, as Keras has them, or train_images.
    func parts(_ names: [String], _ part: DatasetSplit) -> [String] {
      names.flatMap { ["\($0)_\(part.rawValue)", "\(part.rawValue)_\($0)"] }
    }
    let hasParts = DatasetSplit.allCases.allSatisfy { find(parts(imageNames, $0)) != nil }
    if hasParts, let images = find(parts(imageNames, split)) {
      return try load(
        images, labels: find(parts(labelNames, split)), name: path, split: split, options: options, cache: cache
      )
      .prefix(options.limit)
    }
    let all = try load(arrays, path: path, split: split, options: options, cache: cache)
    guard all.count > 1 else { throw DatasetError.folder(path: path, fault: .tooFew(count: all.count)) }
    let chosen = HeldOut.images(
      of: all.count, split, fraction: options.testFraction, seed: options.splitSeed)
    return try all.subset(Array(chosen.prefix(options.limit ?? .max)))
  }

  /// All images of a file.
  static func all(_ path: String, options: ImageOptions, cache: String?) throws -> Dataset {
    try load(try NumpyFile.arrays(path), path: path, split: .test, options: options, cache: cache)
      .prefix(options.limit)
  }

  private static func load(
    _ arrays: [NumpyArray], path: String, split: DatasetSplit, options: ImageOptions, cache: String?
  ) throws -> Dataset {
    let isWhole = arrays.count == 1 && arrays[0].name.isEmpty
    let images = try isWhole ? arrays[0] : find(imageNames, in: arrays) ?? onlyImages(arrays, path: path)
    let labels = try isWhole ? labelFile(beside: path) : find(labelNames, in: arrays)
    return try load(images, labels: labels, name: path, split: split, options: options, cache: cache)
  }

  /// The array of the first name that there is.
  private static func find(_ names: [String], in arrays: [NumpyArray]) -> NumpyArray? {
    names.lazy.compactMap { name in arrays.first { $0.name == name } }.first
  }

  private static func load(
    _ images: NumpyArray, labels: NumpyArray?, name: String, split: DatasetSplit, options: ImageOptions,
    cache: String?
  ) throws -> Dataset {
    let source = try ArrayImages(images, modelShape: options.modelShape)
    let fitting = try options.fitting { source.imageShape }
    let store = try source.store(fitting, options: options, cache: cache)
    let (numbers, classNames) =
      try labels.map { try classes($0, images: images, count: source.count) } ?? (nil, [])
    return try Dataset(
      name: name, split: split, imageShape: fitting.imageShape, store: store, labels: numbers,
      classNames: classNames, source: name)
  }

  /// The array of images where no name says which it is: the only one that has as many dimensions.
  private static func onlyImages(_ arrays: [NumpyArray], path: String) throws -> NumpyArray {
    let candidates = arrays.filter { (3...4).contains($0.shape.count) }
    guard let only = candidates.first, candidates.count == 1 else {
      let names = arrays.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
      throw DatasetError.file(
        path: path,
        fault: .unsuitable(
          problem: "does not say which of its arrays are images (it has \(names))",
          remedy: "call them images, or x_train and x_test"))
    }
    return only
  }

  /// FILE_labels.npy beside FILE.npy, where it is there.
  private static func labelFile(beside path: String) throws -> NumpyArray? {
    let stem = path.hasSuffix(".npy") ? String(path.dropLast(4)) : path
    let labels = stem + "_labels.npy"
    guard FileManager.default.fileExists(atPath: labels) else { return nil }
    return try NumpyFile.arrays(labels).first
  }

  /// Whole numbers as classes: themselves where they are 0, 1, ..., else in their order.
  private static func classes(
    _ labels: NumpyArray, images: NumpyArray, count: Int
  ) throws -> (labels: [Int32]?, names: [String]) {
    guard labels.count == count, labels.shape.filter({ $0 != 1 }).count <= 1 else {
      throw DatasetError.file(
        path: labels.path,
        fault: .unsuitable(
          problem: "has the shape \(labels.shape) where there are \(count) images",
          remedy: "give one whole number for each image"))
    }
    let values = try labels.wholeNumbers()
    let distinct = Set(values).sorted()
    guard distinct.count <= mostClasses else {
      throw DatasetError.file(
        path: labels.path,
        fault: .unsuitable(
          problem: "has \(distinct.count) different labels, more than \(mostClasses)",
          remedy: "leave it away, or give fewer classes"))
    }
    if let first = distinct.first, let last = distinct.last, first >= 0, last < mostClasses,
      last < max(10, 2 * distinct.count)
    {
      return (values.map { Int32($0) }, (0...last).map(String.init))
    }
    let numbers = Dictionary(uniqueKeysWithValues: zip(distinct, Int32(0)...))
    return (values.compactMap { numbers[$0] }, distinct.map(String.init))
  }
}

/// The images of an array: its first dimension counts them.
struct ArrayImages {
  let array: NumpyArray
  let count: Int
  /// Channels, height, width.
  let imageShape: [Int]
  /// Whether the channels of a pixel stand together.
  private let areInterleaved: Bool

  /// Says how an array holds images: [N, H, W], [N, C, H, W], [N, H, W, C], or [N, P] with the model's shape.
  init(_ array: NumpyArray, modelShape: [Int]? = nil) throws {
    let shape = array.shape
    let isChannels = { (size: Int) in size == 1 || size == 3 }
    switch shape.count {
    case 2 where modelShape?.reduce(1, *) == shape[1]:
      imageShape = modelShape ?? []
      areInterleaved = false
    case 3:
      imageShape = [1, shape[1], shape[2]]
      areInterleaved = false
    case 4
    where isChannels(shape[1]) && (!isChannels(shape[3]) || modelShape != [shape[3], shape[1], shape[2]]):
      imageShape = Array(shape[1...])
      areInterleaved = false
    case 4 where isChannels(shape[3]):
      imageShape = [shape[3], shape[1], shape[2]]
      areInterleaved = true
    default:
      throw DatasetError.file(
        path: array.path,
        fault: .unsuitable(
          problem: "has the shape \(shape)",
          remedy: "images are [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or 3 channels"))
    }
    guard !shape.contains(0), imageShape.allSatisfy({ $0 <= 4096 }) else {
      throw DatasetError.file(
        path: array.path,
        fault: .unsuitable(problem: "has the shape \(shape)", remedy: "give images of 1 to 4096 pixels a side"))
    }
    self.array = array
    count = shape[0]
  }

  /// The images in another form: from the file itself where they stand there as they are needed, else converted.
  func store(_ fitting: Fitting, options: ImageOptions, cache: String?) throws -> ImageStore {
    let isAsNeeded =
      fitting.keeps(imageShape) && !array.header.isFortranOrder && array.element == .u8
      && (!areInterleaved || imageShape[0] == 1)
    if isAsNeeded, let place = try array.place {
      // Members of archives have a check sum: reading to the end verifies it.
      if !array.name.isEmpty { _ = try array.open().skip(.max) }
      return try ImageStore(
        place.file, offset: place.offset, count: count, imageBytes: imageShape.reduce(1, *))
    }
    let work = ImageImport(
      feed: try feed(fitting), imageBytes: fitting.imageShape.reduce(1, *), options: options)
    var key = CacheKey("array", fitting, skipsDamaged: false)
    var status = stat()
    guard stat(array.filePath, &status) == 0 else {
      throw DatasetError.file(
        path: array.filePath, fault: .unreadable(reason: String(cString: strerror(errno))))
    }
    key.add(absolute(array.filePath), array.name)
    key.add("\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)", "\(imageShape)")
    return try work.images(key: key.finish(), name: array.filePath, cache: cache).store
  }

  private func feed(_ fitting: Fitting) throws -> ImageFeed {
    let rawBytes = imageShape.reduce(array.element.size, *)
    let convert = PixelConversion(array.element, path: array.path)
    let (shape, areInterleaved, path) = (imageShape, areInterleaved, array.path)
    let work: @Sendable ([UInt8]) throws -> [UInt8] = { raw in
      try Self.fitted(try convert.bytes(raw), shape, areInterleaved: areInterleaved, fitting, path: path)
    }
    if array.header.isFortranOrder {
      // The first index varies fastest: an image's elements are strewn over the whole array.
      let all = try array.bytes()
      return ImageFeed(count: count) {
        { range in
          range.map { image in { try work(Array(all[(image * rawBytes)..<((image + 1) * rawBytes)])) } }
        }
      }
    }
    return ImageFeed(count: count) {
      let reader = try array.open()
      return { range in
        try range.map { _ in
          let raw = try reader.read(count: rawBytes)
          guard raw.count == rawBytes else {
            throw DatasetError.file(path: path, fault: .truncated(expected: rawBytes, available: raw.count))
          }
          return { try work(raw) }
        }
      }
    }
  }

  /// An image's bytes in the form that is wanted.
  static func fitted(
    _ bytes: [UInt8], _ shape: [Int], areInterleaved: Bool, _ fitting: Fitting, path: String
  ) throws -> [UInt8] {
    let (channels, height, width) = (shape[0], shape[1], shape[2])
    if fitting.keeps(shape), !areInterleaved || channels == 1 { return bytes }
    let plane = height * width
    let pixels =
      areInterleaved || channels == 1
      ? bytes : (0..<bytes.count).map { bytes[$0 % channels * plane + $0 / channels] }
    guard let picture = PixelImage(width: width, height: height, channels: channels, bytes: pixels) else {
      throw DatasetError.inconsistent(reason: "an image of \(shape) does not have \(bytes.count) bytes")
    }
    return try fitting.bytes(of: picture, path: path)
  }
}
