import Foundation

/// Counts as bars side by side. With `isLogarithmic` the heights are logarithms, so that rare values are seen beside common
/// ones: the activations of a sparse code are nearly all zero.
public struct Histogram: Figure {
  public var title: String
  public var xName: String
  public var yName: String
  /// One more than there are bars, rising.
  public var edges: [Double]
  /// The heights: not negative.
  public var heights: [Double]
  public var isLogarithmic: Bool
  public var chartSize: Size

  public init(
    title: String = "", xName: String, yName: String, edges: [Double], heights: [Double],
    isLogarithmic: Bool = false, chartSize: Size = Size(width: 420, height: 300)
  ) {
    self.title = title
    self.xName = xName
    self.yName = yName
    self.edges = edges
    self.heights = heights
    self.isLogarithmic = isLogarithmic
    self.chartSize = chartSize
  }

  public func size() throws(PictureError) -> Size {
    guard edges.count == heights.count + 1, zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }),
      edges.allSatisfy(isDrawable), heights.allSatisfy({ isDrawable($0) && $0 >= 0 })
    else {
      throw .badInput("a histogram has one more edge than bars, rising, and heights of at least 0")
    }
    let longest = Double(Canvas.maximumSide)
    guard abs(chartSize.width) <= longest, abs(chartSize.height) <= longest else {
      throw .badInput(
        "a chart of \(chartSize.width) x \(chartSize.height) units cannot be drawn; 420 x 300 is usual")
    }
    return Size(width: max(chartSize.width, 160), height: max(chartSize.height, 120))
  }

  public func draw(on canvas: Canvas, at origin: Point) throws(PictureError) {
    let size = try size()
    let top = Style.margin + (title.isEmpty ? 0 : Style.titleHeight - 4)
    let range = widened(edges.first ?? 0, edges.last ?? 1)
    let x = Axis(range: range.padded(by: 0.02), name: xName, count: Int(size.width / 56))
    let height = max(20, size.height - top - PlotArea.bottomMargin(of: x))
    let y = heightAxis(count: Int(height / 38))
    let left = PlotArea.leftMargin(of: y, on: canvas)
    let area = PlotArea(
      rect: Rect(
        x: origin.x + left, y: origin.y + top, width: max(20, size.width - left - Style.margin - 6),
        height: height),
      x: x, y: y)
    if !title.isEmpty {
      canvas.text(
        canvas.shortened(title, to: area.rect.width, Style.title),
        at: Point(x: area.rect.x, y: origin.y + Style.margin), Style.title, vertical: .top)
    }
    area.drawGrid(on: canvas)
    for (index, height) in heights.enumerated() where height > 0 {
      let value = isLogarithmic ? log10(height) : height
      let upper = area.point(edges[index], value)
      let lower = area.point(edges[index + 1], y.range.lowerBound)
      canvas.fill(
        Rect(x: upper.x, y: upper.y, width: max(0.5, lower.x - upper.x - 0.5), height: lower.y - upper.y),
        Palette.line(0))
    }
    area.drawAxes(on: canvas)
    if !heights.contains(where: { $0 > 0 }) {
      canvas.text("no data", at: area.rect.center, Style.note, horizontal: .center, vertical: .middle)
    }
  }

  private func heightAxis(count: Int) -> Axis {
    let greatest = heights.max() ?? 0
    guard isLogarithmic, let least = heights.filter({ $0 > 0 }).min() else {
      return Axis(range: 0...(greatest > 0 ? greatest * 1.06 : 1), name: yName, count: count)
    }
    // Whole powers of ten, and half of one below the least bar so that it is seen.
    let range = (log10(least) - 0.5)...max(log10(greatest) + 0.1, log10(least) + 0.6)
    var axis = Axis(range: range, name: yName, count: count, integral: true)
    axis.ticks = axis.ticks.map { Tick(value: $0.value, label: Self.power($0.value)) }
    return axis
  }

  /// `1000`, `0.01`; powers further out in scientific notation.
  private static func power(_ exponent: Double) -> String {
    let value = pow(10, exponent)
    return abs(exponent) <= 5 ? Ticks.label(value, step: value) : "1e\(Int(exponent))".replacing("-", with: "−")
  }
}
