/// The axis beside a grid of images decoded from a plane: `values[i]` belongs to the i-th column or row. The values
/// rise or fall throughout but need not be equally far apart (quantiles of the prior are not).
struct GridAxis: Sendable {
  var name: String
  var values: [Double]

  /// Round numbers between the first and the last value; the values themselves where there are few.
  var ticks: [Tick] {
    guard let first = values.first, let last = values.last else { return [] }
    if values.count == 1 { return [Tick(value: first, label: Ticks.label(first, step: 0.01))] }
    return Ticks.nice(in: min(first, last)...max(first, last), count: 7)
  }

  /// How far numbers and name reach under a horizontal axis.
  var depth: Double { Style.tickLength + 14 + (name.isEmpty ? 0 : 18) }

  func widestLabel(on canvas: Canvas) -> Double {
    ticks.map { canvas.width(of: $0.label, Style.tick) }.max() ?? 0
  }

  /// Where a value lies among the centers of the images, by straight lines between neighbours.
  func position(of value: Double, centers: [Double]) -> Double? {
    guard values.count == centers.count, let first = values.first, let last = values.last else { return nil }
    let rises = last >= first
    let upper = values.firstIndex { rises ? $0 >= value : $0 <= value } ?? values.count - 1
    guard upper > 0 else { return centers[0] }
    let extent = values[upper] - values[upper - 1]
    guard extent != 0 else { return centers[upper] }
    let share = min(max((value - values[upper - 1]) / extent, 0), 1)
    return centers[upper - 1] + share * (centers[upper] - centers[upper - 1])
  }

  func drawHorizontal(on canvas: Canvas, under rect: Rect, centers: [Double]) {
    for tick in ticks {
      guard let offset = position(of: tick.value, centers: centers) else { continue }
      let at = canvas.crisp(rect.x + offset)
      canvas.stroke(
        [Point(x: at, y: rect.bottom), Point(x: at, y: rect.bottom + Style.tickLength)], Style.frame)
      canvas.text(
        tick.label, at: Point(x: at, y: rect.bottom + Style.tickLength + 4), Style.tick, horizontal: .center,
        vertical: .top)
    }
    canvas.text(
      name, at: Point(x: rect.center.x, y: rect.bottom + depth), Style.label, horizontal: .center)
  }

  func drawVertical(on canvas: Canvas, leftOf rect: Rect, centers: [Double]) {
    for tick in ticks {
      guard let offset = position(of: tick.value, centers: centers) else { continue }
      let at = canvas.crisp(rect.y + offset)
      canvas.stroke([Point(x: rect.x - Style.tickLength, y: at), Point(x: rect.x, y: at)], Style.frame)
      canvas.text(
        tick.label, at: Point(x: rect.x - Style.tickLength - 3, y: at), Style.tick, horizontal: .right,
        vertical: .middle)
    }
    canvas.text(
      name, at: Point(x: rect.x - widestLabel(on: canvas) - Style.tickLength - 10, y: rect.center.y),
      Style.label,
      horizontal: .center, upward: true)
  }
}
