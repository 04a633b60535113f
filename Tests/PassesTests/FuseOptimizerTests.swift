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
    %m = decay_average @m, %d {decay = 0.5} : f32[8,5]
    %v = decay_average_square @v, %d {decay = 0.75} : f32[8,5]
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

  /// Adam's step of the gradient `b`; the letters of the other operands are those that they first stand in.
  private static func step(_ gradient: String, rest: [String] = ["b"]) -> String {
    let (g, d) = (rest[0], gradient)
    let mean = "add(mul(0.5, a), mul(0.5, \(d)))"
    let letters = g == "b" ? ["c", "d", "e", "f"] : rest.dropFirst().map { $0 }
    let square = "add(mul(0.75, \(letters[0])), mul(0.25, mul(\(d), \(d))))"
    let (w, rate, s) = (letters[1], letters[2], letters[3])
    return
      "{formula = sub(\(w), div(mul(\(rate), div(\(mean), \(s))), add(sqrt(div(\(square), \(s))), 0.5))), "
      + "second = \(mean), third = \(square)}"
  }
  private static let results = "return @w = %p, @m = %m, @v = %v"

  @Test func adamIsOneOperation() throws {
    #expect(
      try fused("%d = dense_weight_gradient %y, %x : f32[8,5]\n" + Self.adam + Self.results)
        == [
          "%d = dense_weight_gradient %y, %x",
          "%p, %m, %v = map3 @m, %d, @v, @w, %rate, %s \(Self.step("b"))", Self.results,
        ])
  }

  /// The formulas of other optimizers are those of their parts too.
  static let optimizers = [
    ("%p = descend @w, %d, %rate : f32[8,5]", "return @w = %p", ["%p = descend @w, %d, %rate"]),
    (
      "%m = momentum @m, %d {momentum = 0.5} : f32[8,5]\n%p = descend @w, %m, %rate : f32[8,5]",
      "return @w = %p, @m = %m",
      [
        "%p, %m = map2 @m, %d, @w, %rate {formula = sub(c, mul(d, add(mul(0.5, a), b))), "
          + "second = add(mul(0.5, a), b)}"
      ]
    ),
    (
      "%0 = clip_value %d, %s : f32[8,5]\n%p = descend @w, %0, %rate : f32[8,5]", "return @w = %p",
      ["%p = map %d, %s, @w, %rate {formula = sub(c, mul(d, max(min(a, b), neg(b))))}"]
    ),
    // No learning rate: not a step.
    (
      "%0 = square %d : f32[8,5]\n%m = decay_average @m, %0 {decay = 0.5} : f32[8,5]", "return @m = %m",
      ["%0 = square %d", "%m = decay_average @m, %0 {decay = 0.5}"]
    ),
  ]

  @Test(arguments: optimizers)
  func everyOptimizerIsOneOperation(text: String, results: String, expected: [String]) throws {
    #expect(
      try fused("%d = dense_weight_gradient %y, %x : f32[8,5]\n\(text)\n\(results)")
        == ["%d = dense_weight_gradient %y, %x"] + expected + [results])
  }

  @Test func momentsWithWhichSomethingElseComputesStay() throws {
    let lines = try fused(
      "%d = dense_weight_gradient %y, %x : f32[8,5]\n" + Self.adam
        + "%n = sum_elements %m : f32[]\nreturn @w = %p, @m = %m, @v = %v, metric n = %n")
    #expect(lines.contains { $0.hasPrefix("%m = decay_average @m, %d") })
    #expect(lines.contains { $0.hasPrefix("%p, %v = map2") }, "\(lines)")
  }

  static let decays = [
    "%0 = mul %s, @w : f32[8,5]\n%d = add %g, %0", "%0 = mul @w, %s : f32[8,5]\n%d = add %g, %0",
    "%0 = mul %s, @w : f32[8,5]\n%d = add %0, %g", "%0 = mul @w, @w : f32[8,5]\n%d = add %g, %0",
    "%0 = mul %s, @m : f32[8,5]\n%d = sub %g, %0",
  ]

  @Test(arguments: decays)
  func whatIsDoneToTheGradientIsPartOfTheStep(text: String) throws {
    let lines = try fused(
      "%g = dense_weight_gradient %y, %x : f32[8,5]\n\(text) : f32[8,5]\n" + Self.adam + Self.results)
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("%p, %m, %v = map3"))
  }

  @Test func aGradientThatIsReturnedStays() throws {
    let lines = try fused(
      "%g = dense_weight_gradient %y, %x : f32[8,5]\n%0 = mul %s, @w : f32[8,5]\n%d = add %g, %0 : f32[8,5]\n"
        + Self.adam + Self.results + ", gradient w = %d")
    #expect(lines.contains("%d = add %g, %0"))
    #expect(lines.contains { $0.hasPrefix("%p, %m, %v = map3 @m, %d") })
  }

  @Test func aProductThatIsReadElsewhereStays() throws {
    let lines = try fused(
      "%g = dense_weight_gradient %y, %x : f32[8,5]\n%0 = mul %s, @w : f32[8,5]\n%d = add %g, %0 : f32[8,5]\n"
        + Self.adam + "%n = sum_elements %0 : f32[]\n" + Self.results + ", metric n = %n")
    #expect(lines.contains("%0 = mul %s, @w"))
    #expect(lines.contains { $0.hasPrefix("%p, %m, %v = map3 %g, %0, @m") }, "\(lines)")
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
      lines.map { String($0.prefix { $0 != "{" }) } == [
        "%d = dense_weight_gradient %y, %x", "%0 = dense_data_gradient %y, @w",
        "%p, %m, %v = map3 @m, %d, @v, @w, %rate, %s ", "%1 = square %0", "%2 = sum_per_image %1",
        Self.results + ", metric n = %2",
      ])
  }

  /// Numbers that come of gradients, such as a norm, are not made early.
  @Test func aStepWaitsForTheNormOfItsGradient() throws {
    let lines = try fused(
      """
      %d = dense_weight_gradient %y, %x : f32[8,5]
      %1 = square_sums %d : f32[1]
      %2 = square %x : f32[N,5]
      %3 = sum_per_image %2 : f32[N]
      %4 = sum_elements %1 : f32[]
      %5 = clip_scale %4, %s : f32[]
      %6 = sum_per_image %y : f32[N]
      %7 = mul %5, %d : f32[8,5]
      %p = descend @w, %7, %rate : f32[8,5]
      return @w = %p, metric a = %3, metric b = %6
      """)
    #expect(
      lines.map { String($0.split(separator: " = ")[1].prefix { $0 != " " }) }
        == [
          "dense_weight_gradient", "square_sums", "square", "sum_per_image", "sum_elements", "clip_scale",
          "map",
          "sum_per_image", "%p,",
        ])
  }
}
