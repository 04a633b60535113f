internal import Artifact
import Foundation
internal import ImageFiles

/// The data sets that have a name, and where they are looked for.
///
/// Folders, in this order: the given one (`--data-dir`), the environment's VAEC_DATA_DIR, the cache folder
/// (`CacheFolder`). In each: NAME/ (or the layout of torchvision, such as MNIST/raw/), and then the folder itself. The
/// files are the four of MNIST (`train-images-idx3-ubyte`, ...), plain or .gz. The data set `digits` is built in and
/// needs no file, like the other built-in ones. What is no name is the path of a folder of pictures or of an array file.
public struct DatasetCatalog: Sendable {
  public static let mnist = "mnist"
  public static let fashionMNIST = "fashion-mnist"
  /// The built-in digits: see `BuiltInDigits`.
  public static let digits = "digits"

  public static let svhn = "svhn"
  public static let cifar10 = "cifar-10"
  public static let cifar100 = "cifar-100"
  public static let celebA = "celeba"
  public static let dsprites = "dsprites"
  /// The built-in house numbers: see `StreetDigits`.
  public static let streetDigits = "street-digits"
  /// The built-in faces: see `CartoonFaces`.
  public static let cartoonFaces = "cartoon-faces"

  /// All names, in the order in which they are to be listed.
  public static let names = entries.map(\.name) + FileSet.all.map(\.name) + builtIn.map(\.name)

  /// The folders that are searched, in order.
  public let folders: [String]
  /// Where decoded pictures are kept; nil where the environment names no place.
  public let cacheFolder: String?

  /// A catalog that searches the given folder, and then what the environment says.
  public init(
    directory: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    func named(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
    var folders: [String] = []
    if let directory, !directory.isEmpty { folders.append(directory) }
    if let directory = named("VAEC_DATA_DIR") { folders.append(directory) }
    cacheFolder = CacheFolder.path(environment)
    if let cacheFolder { folders.append(cacheFolder) }
    self.folders = folders
  }

  /// The data set to take where none is named: MNIST where it is found, else the built-in digits.
  public var defaultName: String { isAvailable(Self.mnist) ? Self.mnist : Self.digits }

  /// Whether all files of a data set are there. The built-in ones always are; an unknown name never is.
  public func isAvailable(_ name: String) -> Bool {
    if Self.builtIn.contains(where: { $0.name == name }) { return true }
    if let set = FileSet.all.first(where: { $0.name == name }) { return (try? set.folder(in: folders)) != nil }
    guard let entry = Self.entries.first(where: { $0.name == name }) else { return false }
    return DatasetSplit.allCases.allSatisfy { (try? files(of: entry, split: $0)) != nil }
  }

  /// The folder in which a data set's files lie; nil for what is built in.
  ///
  /// - Throws: `DatasetError`: no such name, not found, or incomplete.
  public func folder(of name: String) throws -> String? {
    if Self.builtIn.contains(where: { $0.name == name }) { return nil }
    if let set = FileSet.all.first(where: { $0.name == name }) { return try set.folder(in: folders) }
    guard let entry = Self.entries.first(where: { $0.name == name }) else {
      throw DatasetError.unknownDataset(name: name, known: Self.names)
    }
    let images = try DatasetSplit.allCases.map { try files(of: entry, split: $0).images }
    return images.first.map { ($0 as NSString).deletingLastPathComponent }
  }

  /// Loads one split of a data set as it is.
  ///
  /// - Parameters:
  ///   - name: one of `names`, or a path.
  ///   - split: train or test.
  ///   - limit: at most so many images, the first ones; all where nil.
  /// - Throws: `DatasetError`: no such name, not found, a file that is missing or not in order; `ImageFileError`.
  public func load(_ name: String, split: DatasetSplit, limit: Int? = nil) throws -> Dataset {
    try load(name, split: split, options: ImageOptions(limit: limit))
  }

  /// Loads one split of a data set in the form that the options ask for.
  ///
  /// - Parameters:
  ///   - name: one of `names`, or a path: of a folder of pictures, or of an .npy or .npz file.
  ///   - split: train or test.
  /// - Throws: `DatasetError`: no such name, not found, a file that is missing or not in order; `ImageFileError`.
  public func load(_ name: String, split: DatasetSplit, options: ImageOptions) throws -> Dataset {
    if let limit = options.limit, limit < 1 {
      throw DatasetError.outOfRange(what: "the number of images", value: limit, least: 1, most: Int.max)
    }
    guard options.testFraction > 0, options.testFraction < 1 else {
      throw DatasetError.inconsistent(reason: "the fraction \(options.testFraction) is not between 0 and 1")
    }
    let dataset: Dataset
    if let set = FileSet.all.first(where: { $0.name == name }) {
      dataset = try set.load(
        try set.folder(in: folders), split, options, options.usesCache ? cacheFolder : nil)
    } else if Self.names.contains(name) {
      dataset = try loadNamed(name, split: split, options: options).fitted(options)
    } else {
      dataset = try loadOwn(name, split: split, options: options)
    }
    guard let classes = options.classes else { return dataset }
    return try dataset.labelled(by: classes)
  }

  /// All images of a folder, of a picture or of an array file, in their order and without parts.
  ///
  /// - Throws: `DatasetError`, `ImageFileError`.
  public func allImages(_ path: String, options: ImageOptions) throws -> Dataset {
    let cache = options.usesCache ? cacheFolder : nil
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw DatasetError.file(path: path, fault: .unreadable(reason: String(cString: strerror(errno))))
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      return try FolderDataset.load(
        try PictureFolder(path), name: path, split: .test, options: options, cache: cache)
    }
    if PictureFolder.isPicture(Array(path.utf8)) {
      return try FolderDataset.load(
        PictureFolder(picture: path), name: path, split: .test, options: options, cache: nil)
    }
    return try NumpyDataset.all(path, options: options, cache: cache)
  }

  /// A data set of the catalog that is small enough to be held in memory.
  private func loadNamed(_ name: String, split: DatasetSplit, options: ImageOptions) throws -> Dataset {
    if let builtIn = Self.builtIn.first(where: { $0.name == name }) {
      let standard = builtIn.standardCount(split)
      return try builtIn.make(split, min(options.limit ?? standard, standard))
    }
    guard let entry = Self.entries.first(where: { $0.name == name }) else {
      throw DatasetError.unknownDataset(name: name, known: Self.names)
    }
    return try read(entry, try files(of: entry, split: split), split: split, options).prefix(options.limit)
  }

  /// A folder or a file of the user's.
  private func loadOwn(_ path: String, split: DatasetSplit, options: ImageOptions) throws -> Dataset {
    var status = stat()
    guard stat(path, &status) == 0 else { throw DatasetError.unknownDataset(name: path, known: Self.names) }
    let load = status.st_mode & S_IFMT == S_IFDIR ? FolderDataset.load : NumpyDataset.load
    return try load(path, split, options, options.usesCache ? cacheFolder : nil)
  }
}

extension Dataset {
  /// The images in the form that the options ask for; as they are where they ask for none.
  fileprivate func fitted(_ options: ImageOptions) throws -> Dataset {
    guard options.asksForForm else { return self }
    // The model's shape is not asked for here: a data set of one size is not to be scaled without a word.
    let fitting = Fitting(
      size: options.size ?? PixelSize(height: imageShape[1], width: imageShape[2]),
      channels: options.channels ?? imageShape[0], crop: options.crop ?? .center, filter: options.filter,
      background: options.background)
    guard !fitting.keeps(imageShape) else { return self }
    let feed = ImageFeed(count: count) {
      { range in
        range.map { image in
          { @Sendable in
            try ArrayImages.fitted(
              try self.image(image), imageShape, areInterleaved: false, fitting, path: "\(name), image \(image)"
            )
          }
        }
      }
    }
    var own = options
    own.usesCache = false
    let images = try ImageImport(feed: feed, imageBytes: fitting.imageShape.reduce(1, *), options: own)
      .images(key: "", name: name, cache: nil)
    return try Dataset(
      name: name, split: split, imageShape: fitting.imageShape, store: images.store, labels: labels,
      classNames: classNames, attributes: attributes, source: source)
  }
}

extension DatasetCatalog {
  /// A data set that is read from files.
  private struct Entry: Sendable {
    let name: String
    /// Folders under a searched folder, in order.
    let subfolders: [String]
    let classNames: [String]
  }

  /// A data set that is made.
  private struct BuiltIn: Sendable {
    let name: String
    let standardCount: @Sendable (DatasetSplit) -> Int
    let make: @Sendable (DatasetSplit, _ count: Int) throws -> Dataset
  }

  private static let builtIn = [
    BuiltIn(name: digits, standardCount: BuiltInDigits.standardCount) { try BuiltInDigits.make($0, count: $1) },
    BuiltIn(name: streetDigits, standardCount: StreetDigits.standardCount) {
      try StreetDigits.make($0, count: $1)
    },
    BuiltIn(name: cartoonFaces, standardCount: CartoonFaces.standardCount) {
      try CartoonFaces.make($0, count: $1)
    },
  ]

  private struct Files {
    let images: String
    let labels: String
  }

  private static let entries = [
    Entry(name: mnist, subfolders: ["mnist", "MNIST", "MNIST/raw"], classNames: (0...9).map(String.init)),
    Entry(
      name: fashionMNIST, subfolders: ["fashion-mnist", "FashionMNIST", "FashionMNIST/raw"],
      classNames: [
        "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
      ]),
  ]

  /// Images of both are 28 x 28.
  private static let imageSides = [28, 28]

  private func read(
    _ entry: Entry, _ files: Files, split: DatasetSplit, _ options: ImageOptions
  ) throws -> Dataset {
    let labels = try IDXArray.read(path: files.labels, rank: 1, purpose: "labels")
    let images = try IDXImages(path: files.images)
    guard images.sides == Self.imageSides else {
      throw DatasetError.file(
        path: files.images, fault: .imageSides(found: images.sides, needed: Self.imageSides))
    }
    guard images.count == labels.dimensions[0] else {
      throw DatasetError.countMismatch(
        images: files.images, imageCount: images.count, labels: files.labels,
        labelCount: labels.dimensions[0])
    }
    if let index = labels.elements.firstIndex(where: { Int($0) >= entry.classNames.count }) {
      let label = Int(labels.elements[index])
      throw DatasetError.file(
        path: files.labels,
        fault: .labelOutOfRange(index: index, label: label, classes: entry.classNames.count))
    }
    let store = try images.store(options, cache: cacheFolder)
    return try Dataset(
      name: entry.name, split: split, imageShape: [1] + images.sides, store: store,
      labels: labels.elements.prefix(store.count).map { Int32($0) },
      classNames: entry.classNames, source: (files.images as NSString).deletingLastPathComponent)
  }

  private func files(of entry: Entry, split: DatasetSplit) throws -> Files {
    var half: (present: String, missing: String)?
    for folder in folders.flatMap({ Self.candidates(entry, in: $0) }) {
      let prefix = split == .train ? "train" : "t10k"
      let images = Self.find("\(prefix)-images", "idx3-ubyte", in: folder)
      let labels = Self.find("\(prefix)-labels", "idx1-ubyte", in: folder)
      switch (images, labels) {
      case (let images?, let labels?): return Files(images: images, labels: labels)
      case (let images?, nil):
        half = half ?? (images, join(folder, "\(prefix)-labels-idx1-ubyte[.gz]"))
      case (nil, let labels?):
        half = half ?? (labels, join(folder, "\(prefix)-images-idx3-ubyte[.gz]"))
      case (nil, nil): continue
      }
    }
    if let half {
      throw DatasetError.incomplete(name: entry.name, present: half.present, missing: half.missing)
    }
    throw DatasetError.notFound(
      name: entry.name, searched: folders, files: "its IDX files", standIn: Self.digits)
  }

  /// The folders that may hold the data set's files. The searched folder itself is not taken where its name is that of
  /// another data set: the file names of all are the same.
  private static func candidates(_ entry: Entry, in folder: String) -> [String] {
    let last = (folder as NSString).lastPathComponent
    let others = entries.filter { $0.name != entry.name }.flatMap(\.subfolders)
    return entry.subfolders.map { join(folder, $0) } + (others.contains(last) ? [] : [folder])
  }

  /// The first file there is: plain before compressed, the original name before that of some mirrors. Where there is
  /// only a directory of such a name, that: it is reported when it is opened, and not passed over.
  private static func find(_ stem: String, _ kind: String, in folder: String) -> String? {
    var directory: String?
    for path in ["-\(kind)", ".\(kind)", "-\(kind).gz", ".\(kind).gz"].map({ join(folder, stem + $0) }) {
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { continue }
      if !isDirectory.boolValue { return path }
      directory = directory ?? path
    }
    return directory
  }
}
