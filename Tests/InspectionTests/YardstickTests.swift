import Inspection
import Testing

/// The models that speed is measured on: their figures are the fixed denominators of every share of a machine's peak.
@Suite struct YardstickTests {
  /// Parameters, and MFLOPs of products of an image, counted by hand: two for a multiply-add, taps in the padding counted, no
  /// gradient for the image.
  static let figures = [
    ("m1", 668_709, 5.094, 15.169), ("m2", 829_232, 1.655, 4.162), ("m3", 53_193, 0.553, 1.631),
    ("m4", 4_999_571, 19.939, 59.376), ("m5", 1_218_467, 29.557, 85.524),
  ]

  @Test(arguments: figures)
  func modelsHaveTheirParametersAndFlops(name: String, parameters: Int, forward: Double, training: Double)
    throws
  {
    let summary = ModelSummary(try Example.beforeLayouts("bench/\(name)"))
    #expect(summary.parameters == parameters)
    #expect(abs(Double(summary.forwardFlops) / 1e6 - forward) < 0.0006)
    #expect(abs(Double(summary.trainingFlops) / 1e6 - training) < 0.0006)
  }
}
