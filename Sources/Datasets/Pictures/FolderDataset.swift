import Foundation
internal import ImageFiles
internal import Random

/// A folder of pictures as a data set.
enum FolderDataset {
  /// Loads one split.
  ///
  /// - Parameters:
  ///   - path: the folder; sub-folders for the parts are honoured, else a random part is held out for testing.
  ///   - cache: the folder to keep decoded pictures in.
  static func load(
    _ path: String, split: DatasetSplit, options: ImageOptions, cache: String?
  ) throws -> Dataset {
    try load(
      pictures(path, split: split, options: options), name: path, split: split, options: options, cache: cache)
  }

  /// Decodes the files of a folder with the classes that it gives them.
  static func load(
    _ folder: PictureFolder, name: String, split: DatasetSplit, options: ImageOptions, cache: String?
  ) throws -> Dataset {
    try load(
      folder, name: name, split: split, labels: folder.files.map(\.label), classNames: folder.classNames,
      attributes: [], crop: .center, options: options, cache: cache)
  }

  /// Decodes the files of a folder, whose classes and attributes are given.
  static func load(
    _ folder: PictureFolder, name: String, split: DatasetSplit, labels: [Int32?], classNames: [String],
    attributes: [ImageAttribute], crop: Crop, options: ImageOptions, cache: String?
  ) throws -> Dataset {
    let files = folder.files
    let fitting = try options.fitting(crop: crop) { try firstShape(folder, options) }
    let feed = ImageFeed(count: files.count) {
      { range in
        files[range].map { file in
          { @Sendable in
            let path = join(folder.path, file.name)
            return try fitting.bytes(
              of: ImageDecoder.decode(path: path, background: fitting.background), path: path)
          }
        }
      }
    }
    let work = ImageImport(feed: feed, imageBytes: fitting.imageShape.reduce(1, *), options: options)
    var key = CacheKey("folder", fitting, skipsDamaged: options.skipsDamaged)
    key.add(absolute(folder.path))
    for file in files { key.add(file.name, "\(file.bytes) \(file.modified.0) \(file.modified.1)") }
    let images = try work.images(key: key.finish(), name: folder.path, cache: cache)
    let left = Set(images.skipped)
    func kept<T>(_ values: [T]) -> [T] {
      left.isEmpty ? values : values.indices.filter { !left.contains($0) }.map { values[$0] }
    }
    let known = kept(labels).compactMap { $0 }
    return try Dataset(
      name: name, split: split, imageShape: fitting.imageShape, store: images.store,
      labels: known.count == images.store.count ? known : nil, classNames: classNames,
      attributes: attributes.map {
        ImageAttribute(name: $0.name, valueNames: $0.valueNames, values: kept($0.values))
      }, source: folder.path, leftOut: images.skipped.count)
  }

  /// The pictures of a split, no more than the limit.
  private static func pictures(
    _ path: String, split: DatasetSplit, options: ImageOptions
  ) throws -> PictureFolder {
    let parts = try PictureFolder.splits(of: path)
    var folder: PictureFolder
    if let train = parts.train, let test = parts.test {
      let both = (train: try PictureFolder(train), test: try PictureFolder(test))
      folder = split == .train ? both.train : both.test
      // One numbering for both, also where one of them lacks a class.
      let names = Set(both.train.classNames + both.test.classNames)
      if !names.isEmpty { folder.setClasses(names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }) }
    } else {
      folder = try PictureFolder(parts.train ?? path)
      guard folder.files.count > 1 else {
        throw DatasetError.folder(path: path, fault: .tooFew(count: folder.files.count))
      }
      folder.keep(
        HeldOut.images(of: folder.files.count, split, fraction: options.testFraction, seed: options.splitSeed))
    }
    if let limit = options.limit, limit < folder.files.count { folder.keep(Array(0..<limit)) }
    return folder
  }

  /// Channels, height and width of the first picture that can be decoded.
  private static func firstShape(_ folder: PictureFolder, _ options: ImageOptions) throws -> [Int] {
    var firstError: (any Error)?
    for file in folder.files.prefix(options.skipsDamaged ? .max : 1) {
      let path = join(folder.path, file.name)
      do {
        let picture = try ImageDecoder.decode(path: path)
        guard picture.width <= 4096, picture.height <= 4096 else {
          throw DatasetError.file(
            path: path,
            fault: .unsuitable(
              problem: "is \(picture.width) x \(picture.height) pixels, more than images may have (4096)",
              remedy: "pass --size"))
        }
        return [picture.channels, picture.height, picture.width]
      } catch {
        firstError = firstError ?? error
      }
    }
    throw firstError ?? DatasetError.folder(path: folder.path, fault: .noPictures)
  }
}

/// Which images are held out for testing where the data do not say: a random part, which follows from the number of
/// images, the fraction and the seed alone.
enum HeldOut {
  /// The images of a part, ascending. Both parts have at least one image where there are two.
  static func images(of count: Int, _ split: DatasetSplit, fraction: Double, seed: UInt64) -> [Int] {
    let held = min(max(Int((fraction * Double(count)).rounded()), 1), max(1, count - 1))
    let order = RandomStream(seed: seed, domain: .shuffle, stream: streamIdentifier(of: "test"))
      .permutation(count: count, epoch: 0)
    return (split == .test ? order[..<held] : order[held...]).sorted()
  }
}
