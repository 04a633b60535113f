import IR
import Passes
import Testing

@Suite struct FuseOptimizerTests {
  private static let globals = """
    parameter @w : f32[8,5] init constant(0)
    state @m : f32[8,5] init constant(0)
    state @v : f32[8,5] init constant(0)

    """

  private static let adam = """
    %m = decay_average @m, %d {decay = 0.9} : f32[8,5]
    %v = decay_average_square @v, %d {decay = 0.999} : f32[8,5]
    %p = adam_apply @w, %m, %v, %rate, %s, %s {epsilon = 0.5} : f32[8,5]

    """

  /// The lines of the entry's operations, without types, and its results.
  private func fused(_ body: String) throws -> [String] {
    let head = "entry @f(hyper %s : f32[], rate %rate : f32[], latent %x : f32[N,5], latent %y : f32[N,8]) {\n"
    let text = try run([.fuseOptimizer], on: Self.globals + head + body + "\n}\n")
    let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
    return lines.drop { !$0.hasPrefix("entry") }.dropFirst().prefix { $0 != "}" }.map { line in
      String(line.split(separator: " : ")[0])
    }
  }

  private static let step = "%p, %m, %v = adam @w, %d, @m, @v, %rate, %s, %s"
  private static let attributes = "{beta1 = 0.9, beta2 = 0.999, epsilon = 0.5}"
  private static let results = "return @w = %p, @m = %m, @v = %v"

  @Test func adamIsOneOperation() throws {
    #expect(
      try fused("%d = exp @w : f32[8,5]\n" + Self.adam + Self.results)
        == ["%d = exp @w", "\(Self.step) \(Self.attributes)", Self.results])
  }

  @Test func momentsWithWhichSomethingElseComputesStay() throws {
    let lines = try fused(
      "%d = exp @w : f32[8,5]\n" + Self.adam + "%n = sum_elements %m : f32[]\nreturn @w = %p, metric n = %n")
    #expect(lines.contains { $0.hasPrefix("%p = adam_apply") })
  }

  static let decays = [
    "%0 = mul %s, @w : f32[8,5]\n%d = add %g, %0", "%0 = mul @w, %s : f32[8,5]\n%d = add %g, %0",
    "%0 = mul %s, @w : f32[8,5]\n%d = add %0, %g",
  ]

  @Test(arguments: decays)
  func theDecayIsPartOfTheStep(text: String) throws {
    let step = Self.step.replacing("%d", with: "%g") + ", %s"
    #expect(
      try fused("%g = exp @w : f32[8,5]\n\(text) : f32[8,5]\n" + Self.adam + Self.results)
        == ["%g = exp @w", "\(step) \(Self.attributes)", Self.results])
  }

  static let others = [
    // What is added is not a number times the parameter, or is needed elsewhere.
    ("%0 = mul %s, @m : f32[8,5]\n%d = add %g, %0", results),
    ("%0 = mul @w, @w : f32[8,5]\n%d = add %g, %0", results),
    ("%0 = mul %s, @w : f32[8,5]\n%d = sub %g, %0", results),
    ("%0 = mul %s, @w : f32[8,5]\n%d = add %g, %0", results + ", gradient w = %d"),
  ]

  @Test(arguments: others)
  func otherSumsStayOutsideTheStep(text: String, results: String) throws {
    let lines = try fused("%g = exp @w : f32[8,5]\n\(text) : f32[8,5]\n" + Self.adam + results)
    #expect(lines.contains("\(Self.step) \(Self.attributes)"))
    #expect(lines.contains { $0.hasPrefix("%d = ") })
  }

  @Test func aProductThatIsReadElsewhereStays() throws {
    let lines = try fused(
      "%g = exp @w : f32[8,5]\n%0 = mul %s, @w : f32[8,5]\n%d = add %g, %0 : f32[8,5]\n" + Self.adam
        + "%n = sum_elements %0 : f32[]\n" + Self.results + ", metric n = %n")
    #expect(lines.contains("%0 = mul %s, @w"))
    #expect(lines.contains { $0.contains("= adam @w, %g, @m, @v, %rate, %s, %s, %s") })
  }

  /// Behind the last reader of the old parameter and the gradient, before all that has to do with neither.
  @Test func theStepStandsWhereTheGradientIsMade() throws {
    let lines = try fused(
      """
      %d = dense_weight_gradient %y, %x : f32[8,5]
      %1 = dense_data_gradient %y, @w : f32[N,5]
      %2 = square %1 : f32[N,5]
      %3 = sum_per_image %2 : f32[N]

      """ + Self.adam + Self.results + ", metric n = %3")
    #expect(
      lines == [
        "%d = dense_weight_gradient %y, %x", "%0 = dense_data_gradient %y, @w",
        "\(Self.step) \(Self.attributes)",
        "%1 = square %0", "%2 = sum_per_image %1", Self.results + ", metric n = %2",
      ])
  }
}
