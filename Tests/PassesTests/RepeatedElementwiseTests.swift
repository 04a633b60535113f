import IR
import Passes
import Testing

/// Values that several chains compute again instead of reading what one has stored.
@Suite struct RepeatedElementwiseTests {
  private func fused(_ body: String) throws -> [String] {
    let text = try run(
      [.fuseElementwise],
      on: """
        parameter @w : f32[3,6] init constant(0)
        entry @f(latent %x : f32[N,6], latent %y : f32[N,6], latent %n : f32[N]) {
        \(body)
        }
        """)
    return text.split(separator: "\n").map { $0.drop { $0 == " " } }.drop { !$0.hasPrefix("entry") }.dropFirst()
      .prefix { $0 != "}" }.map { String($0.split(separator: " : ")[0]) }
  }

  /// The mean square error and its gradient: the difference is stored for neither.
  @Test func aDifferenceIsComputedAgainByEachOfItsReaders() throws {
    #expect(
      try fused(
        """
        %0 = sub %x, %y : f32[N,6]
        %1 = square %0 : f32[N,6]
        %2 = mean_per_image %1 : f32[N]
        %3 = mul %n, %0 : f32[N,6]
        return metric m = %2, latent d = %3
        """) == [
          "%0 = map_sum_per_image %x, %y {formula = mul(sub(a, b), sub(a, b)), scale = 0.16666666666666666}",
          "%1 = map %n, %x, %y {formula = mul(a, sub(b, c))}", "return metric m = %0, latent d = %1",
        ])
  }

  @Test func whatItReadsAloneGoesWithIt() throws {
    #expect(
      try fused(
        """
        %0 = neg %x : f32[N,6]
        %1 = add %0, %y : f32[N,6]
        %2 = exp %1 : f32[N,6]
        %3 = sum_per_image %1 : f32[N]
        return latent e = %2, metric m = %3
        """) == [
          "%0 = map %y, %x {formula = exp(add(neg(b), a))}",
          "%1 = map_sum_per_image %y, %x {formula = add(neg(b), a)}", "return latent e = %0, metric m = %1",
        ])
  }

  static let kept = [
    ("an exponential is dear", "%0 = exp %x", "%1 = square %0 : f32[N,6]\n%2 = neg %0 : f32[N,6]", ""),
    ("a quotient is dear", "%0 = div %x, %y", "%1 = square %0 : f32[N,6]\n%2 = neg %0 : f32[N,6]", ""),
    (
      "the caller wants it", "%0 = add %x, %y", "%1 = square %0 : f32[N,6]\n%2 = neg %0 : f32[N,6]",
      ", latent c = %0"
    ),
    ("a product reads it", "%0 = add %x, %y", "%1 = square %0 : f32[N,6]\n%2 = dense %0, @w : f32[N,3]", ""),
    (
      "there are four readers", "%0 = add %x, %y",
      "%1 = square %0 : f32[N,6]\n%2 = neg %0 : f32[N,6]\n%3 = exp %0 : f32[N,6]\n%4 = tanh %0 : f32[N,6]",
      ", latent c = %3, latent d = %4"
    ),
  ]

  @Test(arguments: kept)
  func whatIsNotWorthItIsStored(why: String, value: String, readers: String, more: String) throws {
    let lines = try fused("\(value) : f32[N,6]\n\(readers)\nreturn latent a = %1, latent b = %2\(more)")
    #expect(lines.contains(value), "\(why): \(lines)")
  }
}
