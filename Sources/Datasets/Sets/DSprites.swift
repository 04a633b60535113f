/// dSprites (Matthey, Higgins, Hassabis, Lerchner: "dSprites: Disentanglement testing Sprites dataset", 2017): 737,280
/// images of 64 x 64, white on black, one for each combination of five factors, in an .npz file.
enum DSprites {
  static let fileName = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
  /// The factors in the order of the file's columns, with the values' names.
  private static let factors: [(name: String, values: [String])] = [
    ("color", ["white"]), ("shape", ["square", "ellipse", "heart"]), ("scale", (0..<6).map(String.init)),
    ("orientation", (0..<40).map(String.init)), ("x", (0..<32).map(String.init)),
    ("y", (0..<32).map(String.init)),
  ]

  static func load(
    folder: String, split: DatasetSplit, options: ImageOptions, cache: String?
  ) throws -> Dataset {
    let path = join(folder, fileName)
    let arrays = try NumpyFile.arrays(path)
    func array(_ name: String) throws -> NumpyArray {
      guard let array = arrays.first(where: { $0.name == name }) else {
        throw DatasetError.file(
          path: path, fault: .unsuitable(problem: "has no array \(name)", remedy: "get the file again"))
      }
      return array
    }
    let images = try array("imgs")
    guard images.element == .u8, images.shape.count == 3, images.shape[1...] == [64, 64], images.shape[0] > 1,
      !images.header.isFortranOrder
    else {
      throw DatasetError.file(
        path: path,
        fault: .unsuitable(
          problem: "has imgs of \(images.shape) \(images.element.name)",
          remedy: "imgs has to be [N, 64, 64] of u1"))
    }
    let count = images.shape[0]
    let classes = try array("latents_classes")
    guard classes.shape == [count, factors.count] else {
      throw DatasetError.file(
        path: path,
        fault: .unsuitable(
          problem: "has latents_classes of \(classes.shape) where there are \(count) images",
          remedy: "get the file again"))
    }
    // The images vary by one factor at a time: a random part is held out, and any limit takes every so many-th.
    let part = HeldOut.images(of: count, split, fraction: options.testFraction, seed: options.splitSeed)
    let wanted = min(options.limit ?? part.count, part.count)
    let chosen = (0..<wanted).map { part[$0 * part.count / wanted] }
    let facts = try classes.wholeNumbers()
    let attributes = try factors.enumerated().map { number, factor in
      ImageAttribute(
        name: factor.name, valueNames: factor.values,
        values: try chosen.map { image in
          let value = facts[image * factors.count + number]
          guard factor.values.indices.contains(value) else {
            throw DatasetError.file(
              path: path, fault: .labelOutOfRange(index: image, label: value, classes: factor.values.count))
          }
          return UInt8(value)
        })
    }
    var records = RecordImages(files: [path], kind: "dsprites", shape: [1, 64, 64], count: count) {
      let reader = try images.open()
      return {
        let bytes = try reader.read(count: 4096)
        guard bytes.count == 4096 else { throw DatasetError.file(path: path, fault: .shrunk) }
        // 0 and 1.
        return bytes.map { $0 == 0 ? 0 : 255 }
      }
    }
    records.chosen = (chosen, "\(split.rawValue) \(options.testFraction) \(options.splitSeed)")
    let (store, fitting) = try records.store(options, cache: cache)
    return try Dataset(
      name: DatasetCatalog.dsprites, split: split, imageShape: fitting.imageShape, store: store,
      labels: attributes[1].values.map { Int32($0) }, classNames: factors[1].values, attributes: attributes,
      source: folder)
  }
}
