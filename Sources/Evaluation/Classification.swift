public import Runtime
public import Statistics

extension ModelInstance {
  /// How many classes the decoder tells apart; nil where it makes no class.
  public var classCount: Int? {
    manifest.entry("reconstruct")?.probabilities.flatMap { result in
      manifest.classes.first { $0.name == result.name }?.count
    }
  }

  /// How a model takes images of each class: for the class of the largest probability, of several the lowest. Nil for a model
  /// whose decoder makes no class.
  /// - Throws: `RunError` where the images have no classes, or others than the model knows.
  public func confusion(
    of source: any ImageSource, inputs: EntryInputs = EntryInputs()
  ) throws -> ConfusionMatrix? {
    guard let result = manifest.entry("reconstruct")?.probabilities, let classes = classCount else {
      return nil
    }
    let truth = try labels(of: source, named: result.name, inputs: inputs)
    var predicted: [Int] = []
    try forEachBatch(of: source, entry: "reconstruct", inputs: inputs) { range, results in
      let probabilities = results[result.name]?.floats ?? []
      for image in 0..<range.count {
        let row = probabilities[image * classes..<(image + 1) * classes]
        predicted.append((row.indices.max { (row[$0], $1) < (row[$1], $0) } ?? row.startIndex) - row.startIndex)
      }
    }
    return ConfusionMatrix(truth: truth.map { Int($0) }, predicted: predicted, classes: classes)
  }
}
