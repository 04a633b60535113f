import Diagnostics
import IR
import Passes
import Testing

@Suite struct NarrowProductsTests {
  private static let head = """
    parameter @w : f32[3,4] init constant(0.5)
    parameter @b : f32[3] init constant(0.5)

    """

  /// The lines of an entry's operations and results.
  private func narrowed(_ arguments: String, _ body: String) throws -> [String] {
    let text = try run([.narrowProducts], on: Self.head + "entry @f(\(arguments)) {\n\(body)\n}\n")
    let lines = text.split(separator: "\n").map { String($0.drop { $0 == " " }) }
    return Array(lines.drop { !$0.hasPrefix("entry") }.dropFirst().prefix { $0 != "}" })
  }

  @Test func factorsAreRoundedOnceAndTheRestStays() throws {
    #expect(
      try narrowed(
        "latent %x : f32[N,4], latent %dy : f32[N,3]",
        """
        %y = dense %x, @w, @b {epilogue = relu} : f32[N,3]
        %d = relu_gradient %dy, %y : f32[N,3]
        %dw = dense_weight_gradient %d, %x : f32[3,4]
        %dx = dense_data_gradient %d, @w : f32[N,4]
        return latent y = %y, gradient w = %dw, latent dx = %dx
        """) == [
          "%0 = to_bf16 %x : bf16[N,4]",
          "%1 = to_bf16 @w : bf16[3,4]",
          "%y = dense %0, %1, @b {epilogue = relu} : f32[N,3]",
          "%d = relu_gradient %dy, %y : f32[N,3]",
          "%2 = to_bf16 %d : bf16[N,3]",
          "%dw = dense_weight_gradient %2, %0 : f32[3,4]",
          "%dx = dense_data_gradient %2, %1 : f32[N,4]",
          "return latent y = %y, gradient w = %dw, latent dx = %dx",
        ])
  }

  @Test func entriesWithoutGradientsOfWeightsAreLeftAlone() throws {
    let lines = ["%y = dense %x, @w, @b {epilogue = relu} : f32[N,3]", "return latent y = %y"]
    #expect(try narrowed("latent %x : f32[N,4]", lines.joined(separator: "\n")) == lines)
  }

  /// Results differ from those of float32 by bfloat16's rounding: far more than by another order of sums in float64, less than
  /// by another model.
  @Test(arguments: SmallModel.allCases)
  func resultsChangeByRounding(model: SmallModel) throws {
    let exact = try Pipeline.standard.run(try model.module()).module
    let narrow = try Pipeline.standard(.bf16).run(try model.module()).module
    var (first, second) = (Evaluation(seed: 3, images: 3), Evaluation(seed: 3, images: 3))
    let (wanted, made) = (try first.results(of: exact), try second.results(of: narrow))
    #expect(Set(made.keys) == Set(wanted.keys))
    for entry in exact.entries {
      let trains = entry.operations.contains { $0.name.hasSuffix("_weight_gradient") }
      let (wanted, made) = (wanted[entry.name] ?? [], made[entry.name] ?? [])
      let difference = distance(made.flatMap(\.data), wanted.flatMap(\.data))
      #expect(
        trains ? difference > 1e-9 && difference < 0.01 : difference == 0, "@\(entry.name): \(difference)")
    }
  }

  /// ||a - b|| / ||b||.
  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    let difference = zip(a, b).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
    return (difference / b.map { $0 * $0 }.reduce(1e-30, +)).squareRoot()
  }
}
