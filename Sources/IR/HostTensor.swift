/// A tensor of the reference interpreter: float64 whatever its element type, row-major, with every extent a number.
public struct HostTensor: Sendable, Equatable {
  public var shape: [Int]
  public var data: [Double]

  /// - Precondition: `data.count` is the product of `shape`; shorter data is filled with zeros, longer is cut.
  public init(shape: [Int], data: [Double]) {
    self.shape = shape
    let count = shape.reduce(1, *)
    if data.count == count {
      self.data = data
    } else {
      self.data = Array(data.prefix(count)) + Array(repeating: 0, count: max(0, count - data.count))
    }
  }

  public init(zeros shape: [Int]) {
    self.shape = shape
    data = Array(repeating: 0, count: shape.reduce(1, *))
  }

  public init(scalar: Double) {
    shape = []
    data = [scalar]
  }

  public var count: Int { data.count }
}
