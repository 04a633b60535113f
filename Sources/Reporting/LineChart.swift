/// Curves over epochs or steps: losses, mostly.
///
/// The y range is robust: where a few values lie far above or below the rest of their curve (the first epochs), they
/// are cut off and marked by a triangle at the edge, so that they do not flatten everything else. Values that are
/// not finite leave a gap. A chart without data is an empty frame that says so.
public struct LineChart: Figure {
  /// One curve.
  public struct Series: Sendable {
    public var name: String
    /// In the order in which they are to be joined.
    public var points: [Point]
    /// Index into `Palette.lines`, for curves that belong together; nil takes the series' position.
    public var color: Int?
    /// nil takes the series' position.
    public var dash: Canvas.Dash?
    /// False draws the points alone, all of them.
    public var isJoined = true

    public init(_ name: String, points: [Point], color: Int? = nil, dash: Canvas.Dash? = nil) {
      self.name = name
      self.points = points
      self.color = color
      self.dash = dash
    }

    /// One value per epoch, the first at `start`.
    public init(
      _ name: String, values: [Double], start: Int = 1, color: Int? = nil, dash: Canvas.Dash? = nil
    ) {
      let points = values.enumerated().map { Point(x: Double(start) + Double($0.offset), y: $0.element) }
      self.init(name, points: points, color: color, dash: dash)
    }
  }

  public var title: String
  public var xName: String
  public var yName: String
  public var series: [Series]
  /// The values at the lower and upper edge; nil chooses them.
  public var yRange: ClosedRange<Double>?
  public var chartSize: Size

  public init(
    title: String = "", xName: String = "epoch", yName: String = "", series: [Series],
    yRange: ClosedRange<Double>? = nil, chartSize: Size = Size(width: 460, height: 320)
  ) {
    self.title = title
    self.xName = xName
    self.yName = yName
    self.series = series
    self.yRange = yRange
    self.chartSize = chartSize
  }

  public func size() throws(PictureError) -> Size {
    let longest = Double(Canvas.maximumSide)
    guard abs(chartSize.width) <= longest, abs(chartSize.height) <= longest else {
      throw .badInput(
        "a chart of \(chartSize.width) x \(chartSize.height) units cannot be drawn; 460 x 320 is usual")
    }
    return Size(width: max(chartSize.width, 160), height: max(chartSize.height, 120))
  }

  public func draw(on canvas: Canvas, at origin: Point) throws(PictureError) {
    let size = try size()
    let legend = Legend(
      entries: series.enumerated().map { style(of: $0.element, at: $0.offset) }, width: size.width - 60,
      on: canvas)
    let area = plotArea(size: size, legendHeight: legend.height, origin: origin, canvas: canvas)
    if !title.isEmpty {
      canvas.text(
        canvas.shortened(title, to: area.rect.width, Style.title),
        at: Point(x: area.rect.x, y: origin.y + Style.margin), Style.title, vertical: .top)
    }
    area.drawGrid(on: canvas)
    try canvas.clipped(to: area.rect) { () throws(PictureError) in
      for (index, series) in series.enumerated() {
        draw(series, at: index, in: area, on: canvas)
      }
    }
    area.drawAxes(on: canvas)
    let headHeight = Style.margin + (title.isEmpty ? 0 : Style.titleHeight - 6)
    legend.draw(on: canvas, at: Point(x: area.rect.x, y: origin.y + headHeight))
    if !series.contains(where: { $0.points.contains(where: Self.isDrawn) }) {
      canvas.text("no data", at: area.rect.center, Style.note, horizontal: .center, vertical: .middle)
    }
  }

  private static func isDrawn(_ point: Point) -> Bool { isDrawable(point.x) && isDrawable(point.y) }

  private func style(of series: Series, at index: Int) -> LineStyle {
    // Dashes turn to noise where the points lie closer than they are long; markers tell such curves apart.
    let isCrowded = series.points.count > 150
    let dash = isCrowded ? Canvas.Dash.solid : Canvas.Dash.allCases[index % Canvas.Dash.allCases.count]
    return LineStyle(
      name: series.name, color: Palette.line(series.color ?? index), dash: series.dash ?? dash,
      marker: Marker.allCases[index % Marker.allCases.count], isJoined: series.isJoined)
  }

  private func plotArea(size: Size, legendHeight: Double, origin: Point, canvas: Canvas) -> PlotArea {
    let xs = series.flatMap { $0.points.filter(Self.isDrawn).map(\.x) }
    let wholeNumbers = xs.allSatisfy { $0 == $0.rounded() }
    let xRange = widened(xs.min() ?? 0, xs.max() ?? 1)
    let top = Style.margin + (title.isEmpty ? 0 : Style.titleHeight - 6) + legendHeight
    let x = Axis(
      range: xRange.padded(by: 0.02), name: xName, count: Int(size.width / 48), integral: wholeNumbers)
    let height = max(20, size.height - top - PlotArea.bottomMargin(of: x))
    let y = Axis(range: yRange?.drawable ?? robustRange(), name: yName, count: Int(height / 38))
    let left = PlotArea.leftMargin(of: y, on: canvas)
    let rect = Rect(
      x: origin.x + left, y: origin.y + top, width: max(20, size.width - left - Style.margin - 6),
      height: height)
    return PlotArea(rect: rect, x: x, y: y)
  }

  /// All values, but of each curve none beyond three interquartile ranges from its middle half (Tukey's outer fences)
  /// where keeping them would take half of the height from the rest.
  private func robustRange() -> ClosedRange<Double> {
    let curves = series.map { $0.points.filter(Self.isDrawn).map(\.y).sorted() }.filter { !$0.isEmpty }
    guard let least = curves.compactMap(\.first).min(), let greatest = curves.compactMap(\.last).max() else {
      return 0...1
    }
    let fenced = curves.map(Self.fence)
    let low = fenced.map(\.lowerBound).min() ?? least
    let high = fenced.map(\.upperBound).max() ?? greatest
    let isWorthCutting = high - low < 0.5 * (greatest - least)
    return (isWorthCutting ? widened(low, high) : widened(least, greatest)).padded(by: 0.06)
  }

  private static func fence(_ sorted: [Double]) -> ClosedRange<Double> {
    guard let least = sorted.first, let greatest = sorted.last, let lower = quantile(sorted, 0.25),
      let upper = quantile(sorted, 0.75)
    else { return 0...0 }
    // Quartiles of fewer values say little, and a short curve is read as a whole.
    guard sorted.count >= 8, upper > lower else { return least...greatest }
    let reach = 3 * (upper - lower)
    // Bounds are values of the curve, so that the range ends where data do.
    let inside = sorted.filter { $0 >= lower - reach && $0 <= upper + reach }
    return (inside.first ?? least)...(inside.last ?? greatest)
  }

  private func draw(_ series: Series, at index: Int, in area: PlotArea, on canvas: Canvas) {
    let style = style(of: series, at: index)
    for run in series.points.split(whereSeparator: { !Self.isDrawn($0) }) where series.isJoined {
      canvas.stroke(run.map { Self.bounded(area.point($0.x, $0.y)) }, style.color, width: 1.6, dash: style.dash)
    }
    let drawn = series.points.filter(Self.isDrawn)
    let spacing = series.isJoined ? max(1, (drawn.count + 39) / 40) : 1
    var pointerEnd = -Double.infinity
    for (position, point) in drawn.enumerated() {
      if area.y.range.contains(point.y) {
        guard position.isMultiple(of: spacing) || position == drawn.count - 1 else { continue }
        style.marker.draw(on: canvas, at: area.point(point.x, point.y), style.color)
      } else {
        let above = point.y > area.y.range.upperBound
        // Each curve has a row of its own, so that no pointer hides another.
        let row = 2 + 9 * Double(index % 5)
        let tip = Point(x: area.point(point.x, 0).x, y: above ? area.rect.y + row : area.rect.bottom - row)
        guard tip.x >= pointerEnd else { continue }
        pointerEnd = tip.x + 4
        Self.drawPointer(on: canvas, at: tip, up: above, style.color)
      }
    }
  }

  /// Cairo's coordinates have 24 bits before the point; a point far outside keeps its direction well enough.
  private static func bounded(_ point: Point) -> Point {
    Point(x: min(max(point.x, -1e5), 1e5), y: min(max(point.y, -1e5), 1e5))
  }

  /// A triangle at the edge: the curve goes on beyond it.
  private static func drawPointer(on canvas: Canvas, at tip: Point, up: Bool, _ color: Color) {
    let base = tip.y + (up ? 7 : -7)
    canvas.fill(
      [Point(x: tip.x, y: tip.y), Point(x: tip.x - 4, y: base), Point(x: tip.x + 4, y: base)], color)
  }
}
