/// The Street View House Numbers, cropped digits (Netzer, Wang, Coates, Bissacco, Wu, Ng: "Reading digits in natural images
/// with unsupervised feature learning", 2011): MATLAB files with X [32, 32, 3, N] and y [N, 1], in which 10 means 0.
enum SVHN {
  static let side = 32
  private static let mostImages = 10_000_000

  static func fileName(_ split: DatasetSplit) -> String { "\(split.rawValue)_32x32.mat" }

  static func load(
    folder: String, split: DatasetSplit, options: ImageOptions, cache: String?
  ) throws -> Dataset {
    let path = join(folder, fileName(split))
    let arrays = try MATFile(path: path).arrays
    func array(_ name: String) throws -> MATArray {
      guard let array = arrays.first(where: { $0.name == name }) else {
        throw DatasetError.file(
          path: path, fault: .unsuitable(problem: "has no variable \(name)", remedy: "get the file again"))
      }
      return array
    }
    let (images, labels) = (try array("X"), try array("y"))
    // One image makes an array of three dimensions: MATLAB leaves the last 1 away.
    let count = images.shape.count == 3 ? 1 : images.shape.last ?? 0
    guard images.element == .u8, Array(images.shape.prefix(3)) == [side, side, 3], images.shape.count <= 4,
      (1...mostImages).contains(count)
    else {
      throw DatasetError.file(
        path: path,
        fault: .unsuitable(
          problem: "has X of \(images.shape) \(images.element.name)", remedy: "X has to be [32, 32, 3, N] of u1"
        ))
    }
    guard labels.count == count else {
      throw DatasetError.countMismatch(
        images: images.path, imageCount: count, labels: labels.path, labelCount: labels.count)
    }
    let classes = try labels.wholeNumbers(most: mostImages).enumerated().map { index, label -> Int32 in
      guard (1...10).contains(label) else {
        throw DatasetError.file(
          path: path,
          fault: .unsuitable(
            problem: "gives image \(index) the label \(label) where labels run from 1 to 10",
            remedy: "get the file again"))
      }
      return Int32(label % 10)
    }
    let records = RecordImages(files: [path], kind: "svhn", shape: [3, side, side], count: count) {
      let reader = try images.open()
      return {
        let bytes = try reader.read(count: 3 * side * side)
        guard bytes.count == 3 * side * side else {
          throw DatasetError.file(
            path: images.path, fault: .truncated(expected: 3 * side * side, available: bytes.count))
        }
        return byRows(bytes)
      }
    }
    let (store, fitting) = try records.store(options, cache: cache)
    return try Dataset(
      name: DatasetCatalog.svhn, split: split, imageShape: fitting.imageShape, store: store,
      labels: Array(classes.prefix(store.count)), classNames: (0...9).map(String.init), source: folder)
  }

  /// An image by columns, as MATLAB has it, by rows.
  private static func byRows(_ columns: [UInt8]) -> [UInt8] {
    var rows: [UInt8] = []
    rows.reserveCapacity(columns.count)
    for channel in 0..<3 {
      for row in 0..<side {
        for column in 0..<side { rows.append(columns[(channel * side + column) * side + row]) }
      }
    }
    return rows
  }
}
