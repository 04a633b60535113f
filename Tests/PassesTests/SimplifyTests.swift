import IR
import Passes
import Testing

@Suite struct SimplifyTests {
  private static let arguments = "latent %x : f32[N,2], latent %y : f32[N,2], hyper %s : f32[]"

  /// The operations that simplification leaves, each without its type.
  private func simplified(_ operations: String, returning value: String) throws -> [String] {
    let text = try run(
      [.simplify],
      on: """
        entry @f(\(Self.arguments)) {
        \(operations)
          return latent r = \(value)
        }
        """)
    return text.split(separator: "\n").dropFirst().prefix { $0 != "}" }.map { line in
      String(line.split(separator: " : ")[0].drop { $0 == " " })
    }
  }

  static let identities: [(String, String, [String])] = [
    (
      "x + 0 = x", "%0 = constant {value = 0.0} : f32[]\n%1 = add %x, %0 : f32[N,2]", ["return latent r = %x"]
    ),
    ("1 * x = x", "%0 = constant {value = 1.0} : f32[]\n%1 = mul %0, %x : f32[N,2]", ["return latent r = %x"]),
    (
      "-1 * x = -x", "%0 = constant {value = -1.0} : f32[]\n%1 = mul %0, %x : f32[N,2]",
      ["%0 = neg %x", "return latent r = %0"]
    ),
    ("-(-x) = x", "%0 = neg %x : f32[N,2]\n%1 = neg %0 : f32[N,2]", ["return latent r = %x"]),
    (
      "-(x - y) = y - x", "%0 = sub %x, %y : f32[N,2]\n%1 = neg %0 : f32[N,2]",
      ["%0 = sub %y, %x", "return latent r = %0"]
    ),
    (
      "-x + y = y - x", "%0 = neg %x : f32[N,2]\n%1 = add %0, %y : f32[N,2]",
      ["%0 = sub %y, %x", "return latent r = %0"]
    ),
    (
      "reshapes in a row",
      "%0 = reshape %x {shape = [2, 1]} : f32[N,2,1]\n%1 = reshape %0 {shape = [2]} : f32[N,2]",
      ["return latent r = %x"]
    ),
    (
      "layouts there and back",
      "%0 = relayout %x {to = n8} : f32[N,2]{n8}\n%1 = relayout %0 {to = canonical} : f32[N,2]",
      ["return latent r = %x"]
    ),
    (
      "constants are folded",
      """
      %2 = constant {value = 2.0} : f32[]
      %3 = constant {value = 3.0} : f32[]
      %4 = sub %2, %3 : f32[]
      %1 = add %x, %4 : f32[N,2]
      """, ["%0 = constant {value = -1.0}", "%1 = add %x, %0", "return latent r = %1"]
    ),
    (
      "a constant without a finite value is not folded",
      "%2 = constant {value = -1.0} : f32[]\n%3 = log %2 : f32[]\n%1 = mul %3, %x : f32[N,2]",
      ["%0 = constant {value = -1.0}", "%1 = log %0", "%2 = mul %1, %x", "return latent r = %2"]
    ),
    (
      "a broadcast beside a full operand is not spread out",
      """
      %2 = sum_per_image %y : f32[N]
      %3 = broadcast_per_image %2 {shape = [2]} : f32[N,2]
      %1 = mul %3, %x : f32[N,2]
      """, ["%0 = sum_per_image %y", "%1 = mul %0, %x", "return latent r = %1"]
    ),
    (
      "numbers that are spread out are combined before",
      """
      %2 = sum_per_image %x : f32[N]
      %3 = broadcast_per_image %2 {shape = [2]} : f32[N,2]
      %5 = sum_per_image %y : f32[N]
      %4 = broadcast_per_image %5 {shape = [2]} : f32[N,2]
      %6 = add %3, %4 : f32[N,2]
      %1 = mul %s, %6 : f32[N,2]
      """,
      [
        "%0 = sum_per_image %x", "%1 = sum_per_image %y", "%2 = add %0, %1", "%3 = mul %s, %2",
        "%4 = broadcast_per_image %3 {shape = [2]}", "return latent r = %4",
      ]
    ),
    (
      "the mean of what is spread out is the number, the sum many of it",
      """
      %2 = sum_per_image %x : f32[N]
      %3 = broadcast_per_image %2 {shape = [4]} : f32[N,4]
      %4 = mean_per_image %3 : f32[N]
      %5 = sum_per_image %3 : f32[N]
      %6 = sub %5, %4 : f32[N]
      %1 = add %6, %x : f32[N,2]
      """,
      [
        "%0 = sum_per_image %x", "%1 = constant {value = 4.0}", "%2 = mul %0, %1", "%3 = sub %2, %0",
        "%4 = add %3, %x", "return latent r = %4",
      ]
    ),
    (
      "what is reshaped is spread out in that shape",
      """
      %2 = sum_per_image %x : f32[N]
      %3 = broadcast_per_image %2 {shape = [4]} : f32[N,4]
      %1 = reshape %3 {shape = [2, 2]} : f32[N,2,2]
      """,
      ["%0 = sum_per_image %x", "%1 = broadcast_per_image %0 {shape = [2, 2]}", "return latent r = %1"]
    ),
    (
      "a factor is applied before the scalar is split",
      """
      %2 = split_images %s : f32[N]
      %3 = neg %2 : f32[N]
      %1 = mul %3, %x : f32[N,2]
      """, ["%0 = neg %s", "%1 = split_images %0", "%2 = mul %1, %x", "return latent r = %2"]
    ),
    (
      "a factor goes to the smaller operand",
      """
      %2 = sum_per_image %y : f32[N]
      %3 = mul %s, %x : f32[N,2]
      %1 = mul %2, %3 : f32[N,2]
      """, ["%0 = sum_per_image %y", "%1 = mul %0, %s", "%2 = mul %1, %x", "return latent r = %2"]
    ),
    (
      "equal operations are merged",
      "%2 = exp %x : f32[N,2]\n%3 = exp %x : f32[N,2]\n%1 = mul %2, %3 : f32[N,2]",
      ["%0 = exp %x", "%1 = mul %0, %0", "return latent r = %1"]
    ),
    (
      "dead operations go", "%2 = exp %y : f32[N,2]\n%3 = log %2 : f32[N,2]\n%1 = exp %x : f32[N,2]",
      ["%0 = exp %x", "return latent r = %0"]
    ),
    (
      "run-time numbers are not folded", "%2 = mul %s, %s : f32[]\n%1 = mul %2, %x : f32[N,2]",
      ["%0 = mul %s, %s", "%1 = mul %0, %x", "return latent r = %1"]
    ),
  ]

  @Test(arguments: identities)
  func identityHolds(name: String, before: String, after: [String]) throws {
    #expect(try simplified(before, returning: "%1") == after, "\(name)")
  }

  @Test func drawsOfDifferentStreamsAreNotMerged() throws {
    let text = try run(
      [.simplify],
      on: """
        entry @f(seed %seed : i32[2], epoch %epoch : i32[], index %index : i32[N]) {
          %0 = normal_noise %seed, %epoch, %index {stream = 0x1, domain = train} : f32[N,2]
          %1 = normal_noise %seed, %epoch, %index {stream = 0x2, domain = train} : f32[N,2]
          %2 = normal_noise %seed, %epoch, %index {stream = 0x1, domain = train} : f32[N,2]
          %3 = normal_noise %seed, %epoch, %index {stream = 0x1, domain = train} : f32[N,3]
          return latent a = %0, latent b = %1, latent c = %2, latent d = %3
        }
        """)
    #expect(text.split(separator: "\n").filter { $0.contains("normal_noise") }.count == 3)
    #expect(text.contains("latent a = %0, latent b = %1, latent c = %0, latent d = %2"))
  }

  @Test func mergedOperationsKeepAllTheirPlaces() throws {
    let text = try run(
      [.simplify],
      on: """
        source "m.vdl"
        entry @f(latent %x : f32[N,2]) {
          %0 = exp %x : f32[N,2]  at 1:1-2
          %1 = exp %x : f32[N,2]  at 2:1-2
          %2 = mul %0, %1 : f32[N,2]  at 3:1-2
          return latent r = %2
        }
        """)
    #expect(text.contains("at 1:1-2, 2:1-2"))
  }
}
