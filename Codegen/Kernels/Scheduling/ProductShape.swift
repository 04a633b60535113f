import IR

/// A product as far as its schedule depends on it.
public enum ProductShape: Sendable, Hashable {
  /// A dense layer, or its data gradient, whose rows of the product are columns of the weights.
  case dense(rows: Int, depth: Int, isGradient: Bool)
  case denseWeightGradient(outputs: Int, inputs: Int)
  case convolution(ConvolutionGeometry, isTransposed: Bool)
  case convolutionWeightGradient(ConvolutionGeometry)
}
