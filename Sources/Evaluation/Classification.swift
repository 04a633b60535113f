public import Runtime
public import Statistics

extension ModelInstance {
  /// How a model takes images of each class; nil for a model whose decoder makes no class.
  /// - Throws: `RunError` where the images have no classes, or others than the model knows.
  public func confusion(
    of source: any ImageSource, inputs: EntryInputs = EntryInputs()
  ) throws -> ConfusionMatrix? {
    guard let count = classCount, let found = try classes(of: source, inputs: inputs) else { return nil }
    return ConfusionMatrix(truth: found.truth, predicted: found.predicted, classes: count)
  }
}
