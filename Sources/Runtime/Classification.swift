import Artifact

extension ModelInstance {
  /// How many classes the decoder tells apart; nil where it makes no class.
  public var classCount: Int? {
    manifest.entry("reconstruct")?.probabilities.flatMap { result in
      manifest.classes.first { $0.name == result.name }?.count
    }
  }

  /// The classes that images have and those that the model takes them for: those of the largest probability, of several the
  /// lowest, the code the posterior's mean. Nil for a model whose decoder makes no class.
  /// - Parameter images: the images' numbers; all where nil.
  /// - Throws: `RunError` where the images have no classes, or others than the model knows.
  public func classes(
    of source: any ImageSource, images: [Int]? = nil, inputs: EntryInputs = EntryInputs()
  ) throws -> (truth: [Int], predicted: [Int])? {
    guard let result = manifest.entry("reconstruct")?.probabilities, let classes = classCount else {
      return nil
    }
    let labels = try labels(of: source, named: result.name, inputs: inputs)
    let images = images ?? Array(0..<source.count)
    var predicted: [Int] = []
    try forEachBatch(of: source, images: images, entry: "reconstruct", inputs: inputs) { range, results in
      let probabilities = results[result.name]?.floats ?? []
      for image in 0..<range.count {
        let row = probabilities[image * classes..<(image + 1) * classes]
        predicted.append((row.indices.max { (row[$0], $1) < (row[$1], $0) } ?? row.startIndex) - row.startIndex)
      }
    }
    return (images.map { Int(labels[$0]) }, predicted)
  }

  /// The share of images whose class the model tells; nil for a model whose decoder makes no class.
  func accuracy(of source: any ImageSource, images: [Int]? = nil, inputs: EntryInputs) throws -> Double? {
    guard let (truth, predicted) = try classes(of: source, images: images, inputs: inputs) else { return nil }
    return Double(zip(truth, predicted).count { $0 == $1 }) / Double(max(1, truth.count))
  }
}
