import Foundation

/// The data sets that have a name, and where they are looked for.
///
/// Folders, in this order: the given one (`--data-dir`), the environment's VAEC_DATA_DIR, the cache folder
/// ($XDG_CACHE_HOME/vaec, or ~/.cache/vaec). In each: NAME/ (or the layout of torchvision, such as MNIST/raw/), and
/// then the folder itself. The files are the four of MNIST (`train-images-idx3-ubyte`, ...), plain or .gz. The data
/// set `digits` is built in and needs no file.
public struct DatasetCatalog: Sendable {
  public static let mnist = "mnist"
  public static let fashionMNIST = "fashion-mnist"
  /// The built-in digits: see `BuiltInDigits`.
  public static let digits = "digits"

  /// All names, in the order in which they are to be listed.
  public static let names = entries.map(\.name) + [digits]

  /// The folders that are searched, in order.
  public let folders: [String]

  /// A catalog that searches the given folder, and then what the environment says.
  public init(
    directory: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    func named(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
    var folders: [String] = []
    if let directory, !directory.isEmpty { folders.append(directory) }
    if let directory = named("VAEC_DATA_DIR") { folders.append(directory) }
    if let cache = named("XDG_CACHE_HOME") {
      folders.append(Self.join(cache, "vaec"))
    } else if let home = named("HOME") {
      folders.append(Self.join(home, ".cache/vaec"))
    }
    self.folders = folders
  }

  /// The data set to take where none is named: MNIST where it is found, else the built-in digits.
  public var defaultName: String { isAvailable(Self.mnist) ? Self.mnist : Self.digits }

  /// Whether all files of a data set are there. The built-in digits always are; an unknown name never is.
  public func isAvailable(_ name: String) -> Bool {
    if name == Self.digits { return true }
    guard let entry = Self.entries.first(where: { $0.name == name }) else { return false }
    return DatasetSplit.allCases.allSatisfy { (try? files(of: entry, split: $0)) != nil }
  }

  /// Loads one split of a data set.
  ///
  /// - Parameters:
  ///   - name: one of `names`.
  ///   - split: train or test.
  ///   - limit: at most so many images, the first ones; all where nil.
  /// - Throws: `DatasetError`: no such name, not found, a file that is missing or not in order.
  public func load(_ name: String, split: DatasetSplit, limit: Int? = nil) throws -> Dataset {
    if let limit, limit < 1 {
      throw DatasetError.outOfRange(what: "the number of images", value: limit, least: 1, most: Int.max)
    }
    if name == Self.digits {
      let standard = BuiltInDigits.standardCount(of: split)
      return try BuiltInDigits.make(split, count: min(limit ?? standard, standard))
    }
    guard let entry = Self.entries.first(where: { $0.name == name }) else {
      throw DatasetError.unknownDataset(name: name, known: Self.names)
    }
    let files = try files(of: entry, split: split)
    let dataset = try Self.read(entry, files, split: split)
    guard let limit, limit < dataset.count else { return dataset }
    return try dataset.subset(Array(0..<limit))
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

  private static func read(_ entry: Entry, _ files: Files, split: DatasetSplit) throws -> Dataset {
    let labels = try IDXArray.read(path: files.labels, rank: 1, purpose: "labels")
    let images = try IDXArray.read(path: files.images, rank: 3, purpose: "images")
    let sides = Array(images.dimensions.dropFirst())
    guard sides == imageSides else {
      throw DatasetError.file(path: files.images, fault: .imageSides(found: sides, needed: imageSides))
    }
    guard images.dimensions[0] == labels.dimensions[0] else {
      throw DatasetError.countMismatch(
        images: files.images, imageCount: images.dimensions[0], labels: files.labels,
        labelCount: labels.dimensions[0])
    }
    if let index = labels.elements.firstIndex(where: { Int($0) >= entry.classNames.count }) {
      let label = Int(labels.elements[index])
      throw DatasetError.file(
        path: files.labels,
        fault: .labelOutOfRange(index: index, label: label, classes: entry.classNames.count))
    }
    return try Dataset(
      name: entry.name, split: split, imageShape: [1] + sides, images: images.elements, labels: labels.elements,
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
        half = half ?? (images, Self.join(folder, "\(prefix)-labels-idx1-ubyte[.gz]"))
      case (nil, let labels?):
        half = half ?? (labels, Self.join(folder, "\(prefix)-images-idx3-ubyte[.gz]"))
      case (nil, nil): continue
      }
    }
    if let half {
      throw DatasetError.incomplete(name: entry.name, present: half.present, missing: half.missing)
    }
    throw DatasetError.notFound(name: entry.name, searched: folders)
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

  private static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }
}
