public import Runtime
public import Statistics

/// Principal components of images: the linear autoencoder that others are held against.
public struct PixelComponents: Sendable {
  public let analysis: PrincipalComponents

  /// How far reconstructions are from their images, in grey levels from 0 to 255.
  public struct Distance: Sendable, Equatable {
    /// The root of the mean over images and pixels of the squared difference.
    public var rootMeanSquare: Double
    /// The mean over pixels of the root of the mean over images.
    public var meanOfPixels: Double
  }

  public init(of source: any ImageSource) throws {
    analysis = try PrincipalComponents(
      rows: source.count, columns: source.imageShape.reduce(1, *),
      block: { try source.bytes(of: Array($0)[...]).map(Double.init) })
  }

  /// - Parameter count: the components that images are reconstructed from.
  public func distance(of source: any ImageSource, components count: Int) throws -> Distance {
    let pixels = source.imageShape.reduce(1, *)
    var squares = [Double](repeating: 0, count: pixels)
    try forEachBlock(of: source) { images in
      let again = try reconstruct(images, components: count)
      for (index, pair) in zip(images.values, again.values).enumerated() {
        squares[index % pixels] += (pair.0 - pair.1) * (pair.0 - pair.1)
      }
    }
    let means = squares.map { $0 / Double(max(1, source.count)) }
    return Distance(
      rootMeanSquare: (means.reduce(0, +) / Double(max(1, pixels))).squareRoot(),
      meanOfPixels: means.reduce(0) { $0 + $1.squareRoot() } / Double(max(1, pixels)))
  }

  /// Images [n, pixels] as the first components give them back.
  public func reconstruct(_ images: Matrix, components count: Int) throws -> Matrix {
    try analysis.reconstruct(try analysis.project(images, count: count))
  }

  /// Coordinates of all images along the first components.
  public func project(_ source: any ImageSource, components count: Int) throws -> [Float] {
    var coordinates: [Float] = []
    try forEachBlock(of: source) { images in
      coordinates += try analysis.project(images, count: count).codes
    }
    return coordinates
  }

  private static let blockImages = 4096

  private func forEachBlock(of source: any ImageSource, _ body: (Matrix) throws -> Void) throws {
    let pixels = source.imageShape.reduce(1, *)
    for start in stride(from: 0, to: source.count, by: Self.blockImages) {
      let range = start..<min(start + Self.blockImages, source.count)
      let values = try source.bytes(of: Array(range)[...]).map(Double.init)
      guard let images = Matrix(rows: range.count, columns: pixels, values: values) else {
        throw StatisticsError.shape(what: "the reconstruction")
      }
      try body(images)
    }
  }
}
