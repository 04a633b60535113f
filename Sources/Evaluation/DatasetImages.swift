public import Datasets
public import Runtime

/// A data set's images for the runtime, with the same numbers.
extension Dataset: ImageSource {
  // Written out: the protocol's defaults take the same type, and would be preferred to what takes any collection.
  public func numbers(of images: ArraySlice<Int>) throws -> [Int] { try numbers(of: Array(images)) }
  public func labels(of images: ArraySlice<Int>) throws -> [Int32]? { try labels(of: Array(images)) }
}
