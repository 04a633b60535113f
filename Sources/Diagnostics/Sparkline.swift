/// A curve in a word of text, `█▇▅▃▂▂▁▁` (Tufte: "Beautiful evidence", 2006), of numbers that come one by one. It shows
/// all of them, however many they are: each sign is the mean of an equally long run, the last one of what is left.
public struct Sparkline: Sendable {
  private let width: Int
  /// Means of `runLength` numbers each.
  private var means: [Double] = []
  private var runLength = 1
  private var sum = 0.0
  private var count = 0

  /// - Parameter width: the most signs, at least 2.
  public init(width: Int) { self.width = max(2, width) }

  /// Numbers that are not finite are left out.
  public mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    sum += value
    count += 1
    guard count == runLength else { return }
    means.append(sum / Double(count))
    (sum, count) = (0, 0)
    guard means.count == width else { return }
    means = stride(from: 0, to: width - 1, by: 2).map { (means[$0] + means[$0 + 1]) / 2 }
    runLength *= 2
  }

  /// The signs; empty before there are two numbers to compare.
  public var text: String {
    let values = means + (count > 0 ? [sum / Double(count)] : [])
    guard values.count >= 2, let low = values.min() else { return "" }
    // A loss begins far above where it ends: the highest tenth is drawn as high as what comes behind it.
    let high = values.sorted()[values.count - 1 - values.count / 10]
    let signs = Array("▁▂▃▄▅▆▇█")
    return String(
      values.map { value in
        guard high > low else { return value > high ? signs[signs.count - 1] : signs[0] }
        let share = min(1, (value - low) / (high - low))
        return signs[Int((share * Double(signs.count - 1)).rounded())]
      })
  }
}
