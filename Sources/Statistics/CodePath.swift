#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A way from one code to another.
public enum CodePath: String, Sendable, CaseIterable {
  /// The straight line.
  case linear
  /// Along the arc between the directions of both (Shoemake: "Animating rotation with quaternion curves", 1985; for codes
  /// White: "Sampling generative networks", 2016): codes of a normal prior keep a usual length.
  case spherical

  /// The code at a share of the way: `from` at 0, `to` at 1.
  public func point(from: [Double], to: [Double], at share: Double) -> [Double] {
    var weights = (1 - share, share)
    if self == .spherical, let angle = Self.angle(from, to) {
      weights = (sin((1 - share) * angle) / sin(angle), sin(share * angle) / sin(angle))
    }
    return zip(from, to).map { weights.0 * $0 + weights.1 * $1 }
  }

  /// The angle between two codes; nil where no single arc joins them: a code is zero, or both lie on one line.
  private static func angle(_ a: [Double], _ b: [Double]) -> Double? {
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let lengths = (product(a, a) * product(b, b)).squareRoot()
    guard lengths > 0, lengths.isFinite else { return nil }
    let angle = acos(min(max(product(a, b) / lengths, -1), 1))
    return sin(angle) > 1e-6 ? angle : nil
  }
}
