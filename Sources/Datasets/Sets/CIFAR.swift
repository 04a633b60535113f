internal import Artifact
import Foundation

/// CIFAR-10 and CIFAR-100 in their binary versions (Krizhevsky: "Learning multiple layers of features from tiny images",
/// 2009): records of one label (CIFAR-100: the superclass and the class) and 3 x 32 x 32 bytes.
enum CIFAR {
  private static let shape = [3, 32, 32]
  private static let imageBytes = 3072
  private static let mostNames = 1 << 16

  private static let classNames10 = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  static func files10(_ split: DatasetSplit) -> [String] {
    split == .train ? (1...5).map { "data_batch_\($0).bin" } : ["test_batch.bin"]
  }

  static func files100(_ split: DatasetSplit) -> [String] { ["\(split.rawValue).bin"] }

  static func load10(folder: String, split: DatasetSplit, options: ImageOptions, cache: String?) throws
    -> Dataset
  {
    let files = files10(split).map { join(folder, $0) }
    let (labels, records) = try read(files, labelBytes: 1, classes: [10], kind: "cifar-10")
    let (store, fitting) = try records.store(options, cache: cache)
    return try Dataset(
      name: DatasetCatalog.cifar10, split: split, imageShape: fitting.imageShape, store: store,
      labels: labels[0].prefix(store.count).map { Int32($0) }, classNames: classNames10, source: folder)
  }

  static func load100(folder: String, split: DatasetSplit, options: ImageOptions, cache: String?) throws
    -> Dataset
  {
    let files = files100(split).map { join(folder, $0) }
    let (labels, records) = try read(files, labelBytes: 2, classes: [20, 100], kind: "cifar-100")
    let (store, fitting) = try records.store(options, cache: cache)
    let fine = try names(join(folder, "fine_label_names.txt"), count: 100)
    let coarse = try names(join(folder, "coarse_label_names.txt"), count: 20)
    return try Dataset(
      name: DatasetCatalog.cifar100, split: split, imageShape: fitting.imageShape, store: store,
      labels: labels[1].prefix(store.count).map { Int32($0) }, classNames: fine,
      attributes: [
        ImageAttribute(name: "class", valueNames: fine, values: Array(labels[1].prefix(store.count))),
        ImageAttribute(name: "superclass", valueNames: coarse, values: Array(labels[0].prefix(store.count))),
      ], source: folder)
  }

  /// The labels of all records, for each place in a record, and the images.
  private static func read(
    _ paths: [String], labelBytes: Int, classes: [Int], kind: String
  ) throws -> (labels: [[UInt8]], images: RecordImages) {
    let record = labelBytes + imageBytes
    let files = try paths.map { try PositionedFile(path: $0) }
    var labels = [[UInt8]](repeating: [], count: labelBytes)
    var counts: [Int] = []
    for file in files {
      guard file.size > 0, file.size.isMultiple(of: record) else {
        throw DatasetError.file(
          path: file.path,
          fault: .unsuitable(
            problem: "has \(file.size) bytes, no whole number of records of \(record)",
            remedy: "get the file again"))
      }
      let count = file.size / record
      counts.append(count)
      for index in 0..<count {
        let known = try FileReader(file, range: (index * record)..<(index * record + labelBytes)).read(
          count: labelBytes)
        guard known.count == labelBytes else { throw DatasetError.file(path: file.path, fault: .shrunk) }
        for (place, label) in known.enumerated() {
          guard Int(label) < classes[place] else {
            throw DatasetError.file(
              path: file.path,
              fault: .labelOutOfRange(index: index, label: Int(label), classes: classes[place]))
          }
          labels[place].append(label)
        }
      }
    }
    let images = RecordImages(files: paths, kind: kind, shape: shape, count: counts.reduce(0, +)) {
      var readers = files.map { FileReader($0, range: 0..<$0.size) }[...]
      return {
        if let first = readers.first, first.mostBytesLeft == 0 { readers.removeFirst() }
        guard let reader = readers.first else { throw DatasetError.file(path: paths[0], fault: .shrunk) }
        let bytes = try reader.read(count: record)
        guard bytes.count == record else { throw DatasetError.file(path: reader.path, fault: .shrunk) }
        return Array(bytes.dropFirst(labelBytes))
      }
    }
    return (labels, images)
  }

  /// The lines of a file of names; numbers where it is not there.
  private static func names(_ path: String, count: Int) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return (0..<count).map(String.init) }
    let text = String(decoding: try readFile(path, limit: mostNames), as: UTF8.self)
    let names = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    guard names.count == count else {
      throw DatasetError.file(
        path: path,
        fault: .unsuitable(problem: "has \(names.count) names of \(count)", remedy: "get the file again"))
    }
    return names
  }
}
