import Foundation

/// A mark on an axis: where, and what is written there.
public struct Tick: Sendable, Equatable {
  public let value: Double
  public let label: String
}

/// Round numbers for axes: 1, 2 or 5 times a power of ten apart.
public enum Ticks {
  /// Values beyond this cannot be drawn and count as missing.
  static let largest = 1e100

  /// The round numbers in `range`, about `count` of them (at least 2); with `integral`, whole ones only. Empty for a
  /// range that has no extent or is not finite.
  public static func nice(in range: ClosedRange<Double>, count: Int = 6, integral: Bool = false) -> [Tick] {
    let extent = range.upperBound - range.lowerBound
    guard extent > 0, abs(range.lowerBound) < largest, abs(range.upperBound) < largest else { return [] }
    let larger = max(abs(range.lowerBound), abs(range.upperBound))
    var step = roundStep(extent / Double(min(max(count, 2), 100) - 1))
    if integral { step = max(step, 1) }
    // A millionth of a step forgives the rounding of ends such as 0.1 + 0.2.
    let first = (range.lowerBound / step - 1e-6).rounded(.up)
    let last = (range.upperBound / step + 1e-6).rounded(.down)
    guard last >= first, last - first <= 1000 else { return [] }
    return (0...Int(last - first)).map { index in
      // Division by the reciprocal gives 0.3 and not 0.30000000000000004.
      let multiple = first + Double(index)
      let value = step < 1 ? multiple / (1 / step).rounded() : multiple * step
      return Tick(value: value, label: label(value, step: step, largest: larger))
    }
  }

  /// The multiple of a power of ten among 1, 2 and 5 that is nearest to `size` by ratio.
  private static func roundStep(_ size: Double) -> Double {
    let power = pow(10, log10(size).rounded(.down))
    let leading = size / power
    // The boundaries are the geometric means of neighbours.
    let factor =
      leading < 2.0.squareRoot() ? 1.0 : leading < 10.0.squareRoot() ? 2 : leading < 50.0.squareRoot() ? 5 : 10
    return factor * power
  }

  /// A value with as many decimals as the step needs, with the true minus sign. Axes whose `largest` magnitude is a
  /// million or more, or whose steps are very small, are labelled in scientific notation throughout.
  public static func label(_ value: Double, step: Double, largest: Double? = nil) -> String {
    guard value.isFinite, step.isFinite, step > 0 else { return "" }
    let largest = max(largest ?? 0, abs(value), step)
    let text: String
    if value == 0 {
      text = "0"
    } else if largest >= 1e6 || step < 1e-4 {
      let digits = min(max(exponent(value) - exponent(step), 0), 15)
      let parts = String(format: "%.\(digits)e", value).split(separator: "e")
      text = parts.count == 2 ? "\(parts[0])e\(Int(parts[1]) ?? 0)" : ""
    } else {
      let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
      text = String(format: "%.\(decimals)f", value)
    }
    return text.replacing("-", with: "−")
  }

  /// The power of ten of the leading digit; what rounding left just under a power counts as that power.
  private static func exponent(_ value: Double) -> Int { Int((log10(abs(value)) + 1e-9).rounded(.down)) }
}
