public import Datasets
public import Runtime

extension ImageArray {
  /// A data set's images for the runtime, with the same numbers; the bytes are shared, not copied.
  public init(_ dataset: Dataset) {
    self.init(
      imageShape: dataset.imageShape, bytes: dataset.images, labels: dataset.labels.map { Int32($0) })
  }
}
