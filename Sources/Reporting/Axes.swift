/// The look that all figures share, in units.
enum Style {
  static let title = Canvas.TextStyle(size: 13, bold: true)
  static let label = Canvas.TextStyle(size: 11)
  static let tick = Canvas.TextStyle(size: 9.5, color: .gray(0.25))
  static let note = Canvas.TextStyle(size: 9.5, color: .gray(0.4))
  static let frame = Color.gray(0.35)
  static let grid = Color.gray(0.91)
  /// White space around every figure.
  static let margin = 10.0
  static let titleHeight = 26.0
  static let tickLength = 4.0
}

/// One axis of a plot: the values that it spans, its marks, its name.
struct Axis {
  var range: ClosedRange<Double>
  var ticks: [Tick]
  var name: String

  init(range: ClosedRange<Double>, name: String, count: Int, integral: Bool = false) {
    self.range = range
    self.name = name
    ticks = Ticks.nice(in: range, count: count, integral: integral)
  }

  /// Where a value lies: 0 at the lower end, 1 at the upper.
  func fraction(_ value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }
}

/// The rectangle that data are drawn in, with its two axes.
struct PlotArea {
  var rect: Rect
  var x: Axis
  var y: Axis

  func point(_ xValue: Double, _ yValue: Double) -> Point {
    Point(x: rect.x + x.fraction(xValue) * rect.width, y: rect.bottom - y.fraction(yValue) * rect.height)
  }

  /// Room to the left of the data for the y axis's numbers and name.
  static func leftMargin(of y: Axis, on canvas: Canvas) -> Double {
    let numbers = y.ticks.map { canvas.width(of: $0.label, Style.tick) }.max() ?? 0
    return Style.margin + (y.name.isEmpty ? 0 : 18) + numbers.rounded(.up) + Style.tickLength + 4
  }

  /// Room under the data for the x axis's numbers and name.
  static func bottomMargin(of x: Axis) -> Double {
    Style.margin + Style.tickLength + 14 + (x.name.isEmpty ? 0 : 18)
  }

  /// Light lines at the ticks, to be drawn before the data.
  func drawGrid(on canvas: Canvas) {
    canvas.fill(rect, .white)
    for tick in x.ticks {
      let at = canvas.crisp(point(tick.value, y.range.lowerBound).x)
      canvas.stroke([Point(x: at, y: rect.y), Point(x: at, y: rect.bottom)], Style.grid)
    }
    for tick in y.ticks {
      let at = canvas.crisp(point(x.range.lowerBound, tick.value).y)
      canvas.stroke([Point(x: rect.x, y: at), Point(x: rect.right, y: at)], Style.grid)
    }
  }

  /// Frame, ticks, numbers and names, to be drawn after the data.
  func drawAxes(on canvas: Canvas) {
    canvas.stroke(rect, Style.frame)
    for tick in x.ticks {
      let at = canvas.crisp(point(tick.value, y.range.lowerBound).x)
      canvas.stroke(
        [Point(x: at, y: rect.bottom), Point(x: at, y: rect.bottom + Style.tickLength)], Style.frame)
      canvas.text(
        tick.label, at: Point(x: at, y: rect.bottom + Style.tickLength + 4), Style.tick, horizontal: .center,
        vertical: .top)
    }
    for tick in y.ticks {
      let at = canvas.crisp(point(x.range.lowerBound, tick.value).y)
      canvas.stroke([Point(x: rect.x - Style.tickLength, y: at), Point(x: rect.x, y: at)], Style.frame)
      canvas.text(
        tick.label, at: Point(x: rect.x - Style.tickLength - 3, y: at), Style.tick, horizontal: .right,
        vertical: .middle)
    }
    drawNames(on: canvas)
  }

  private func drawNames(on canvas: Canvas) {
    canvas.text(
      canvas.shortened(x.name, to: rect.width, Style.label),
      at: Point(x: rect.center.x, y: rect.bottom + PlotArea.bottomMargin(of: x) - Style.margin), Style.label,
      horizontal: .center)
    canvas.text(
      canvas.shortened(y.name, to: rect.height, Style.label),
      at: Point(x: rect.x - PlotArea.leftMargin(of: y, on: canvas) + Style.margin + 11, y: rect.center.y),
      Style.label, horizontal: .center, upward: true)
  }
}

/// The numbers that can be drawn: finite, and not so large that differences overflow.
func isDrawable(_ value: Double) -> Bool { value.isFinite && abs(value) < Ticks.largest }

/// A range that has an extent: one value is given room around it, so that it lands in the middle.
func widened(_ low: Double, _ high: Double) -> ClosedRange<Double> {
  let (low, high) = (min(low, high), max(low, high))
  let least = max(abs(low), abs(high)) * 1e-9
  guard high - low <= least else { return low...high }
  let room = low == 0 && high == 0 ? 0.5 : max(abs(low), abs(high)) * 0.05
  return (low - room)...(high + room)
}

extension ClosedRange<Double> {
  var extent: Double { upperBound - lowerBound }

  /// The range itself if it can be drawn, otherwise a stand-in.
  var drawable: ClosedRange<Double> {
    isDrawable(lowerBound) && isDrawable(upperBound) ? widened(lowerBound, upperBound) : -1...1
  }

  /// The range with room of `share` times its extent at both ends.
  func padded(by share: Double) -> ClosedRange<Double> {
    (lowerBound - share * extent)...(upperBound + share * extent)
  }

  /// The range with the same middle and a larger extent.
  func grown(to extent: Double) -> ClosedRange<Double> {
    let room = Swift.max(0, extent - self.extent) / 2
    return (lowerBound - room)...(upperBound + room)
  }
}

/// The `fraction` quantile (0...1) of sorted numbers, between neighbours by straight lines; nil where there are none.
func quantile(_ sorted: [Double], _ fraction: Double) -> Double? {
  guard let last = sorted.last else { return nil }
  let position = fraction * Double(sorted.count - 1)
  let lower = Int(position)
  guard lower + 1 < sorted.count else { return last }
  let share = position - Double(lower)
  return sorted[lower] * (1 - share) + sorted[lower + 1] * share
}
