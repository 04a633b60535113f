/// Two-dimensional codes, colored by class.
///
/// Codes that are not finite are left out. Far outliers (beyond the middle 99.8 % of an axis, and then some) lie
/// outside of the chosen ranges; a note under the plot counts both. Classes beyond the tenth reuse the colors, which is
/// why each class's name is also written at the median of its points.
public struct ScatterPlot: Figure {
  public var title: String
  public var xName: String
  public var yName: String
  /// N x 2 numbers, row-major.
  public var codes: [Float]
  /// The class of each code, an index into `classNames`; empty draws all codes in one color.
  public var labels: [Int]
  public var classNames: [String]
  /// One unit is as long along x as along y.
  public var hasEqualAspect: Bool
  /// Circles around the origin at these multiples of the standard normal prior's deviation, such as [1, 2].
  public var priorDeviations: [Double]
  /// Values at the edges; nil chooses them. Ranges may grow to keep the aspect equal.
  public var xRange: ClosedRange<Double>?
  public var yRange: ClosedRange<Double>?
  /// The side of the square that the points are drawn in.
  public var side: Double
  /// Whether the classes are listed at the right.
  public var hasLegend = true

  public init(
    title: String = "", xName: String = "z₁", yName: String = "z₂", codes: [Float], labels: [Int] = [],
    classNames: [String] = [], hasEqualAspect: Bool = true, priorDeviations: [Double] = [],
    xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil, side: Double = 420
  ) {
    self.title = title
    self.xName = xName
    self.yName = yName
    self.codes = codes
    self.labels = labels
    self.classNames = classNames
    self.hasEqualAspect = hasEqualAspect
    self.priorDeviations = priorDeviations
    self.xRange = xRange
    self.yRange = yRange
    self.side = side
  }

  /// Plots to stand side by side: with the same ranges, which hold the codes of all, and one legend, that of the last.
  public static func aligned(_ plots: [ScatterPlot]) -> [ScatterPlot] {
    let reach = plots.flatMap(\.priorDeviations).filter(isDrawable).map(abs).max() ?? 0
    func range(_ offset: Int) -> ClosedRange<Double> {
      let values = plots.flatMap { plot in
        stride(from: offset, to: plot.codes.count, by: 2).map { Double(plot.codes[$0]) }.filter(isDrawable)
      }
      return Self.range(of: values, reaching: reach)
    }
    let (x, y) = (range(0), range(1))
    return plots.enumerated().map { index, plot in
      var plot = plot
      plot.xRange = plot.xRange ?? x
      plot.yRange = plot.yRange ?? y
      plot.hasLegend = plot.hasLegend && index == plots.count - 1
      return plot
    }
  }

  private static let leftMargin = 58.0
  private static let legendGap = 14.0
  private static let widestLegend = 120.0
  private static let legendRow = 16.0

  private var top: Double { Style.margin + (title.isEmpty ? 0 : Style.titleHeight - 4) }
  private var plotSide: Double { max(side, 100) }

  public func size() throws(PictureError) -> Size {
    guard abs(side) <= Double(Canvas.maximumSide) else {
      throw .badInput("a plot of \(side) units along a side cannot be drawn; 420 is usual")
    }
    let ruler = try Canvas(size: Size(width: 1, height: 1), scale: 1)
    let names = hasLegend ? classNames.map { min(ruler.width(of: $0, Style.tick), Self.widestLegend) } : []
    let legend = names.max().map { Self.legendGap + 14 + $0.rounded(.up) } ?? 0
    return Size(
      width: Self.leftMargin + plotSide + legend + Style.margin,
      height: top + plotSide + Style.margin + 36 + Self.legendRow)
  }

  public func draw(on canvas: Canvas, at origin: Point) throws(PictureError) {
    _ = try size()
    let points = try classifiedPoints()
    let area = plotArea(of: points, origin: origin)
    if !title.isEmpty {
      canvas.text(
        canvas.shortened(title, to: plotSide, Style.title),
        at: Point(x: area.rect.x, y: origin.y + Style.margin), Style.title, vertical: .top)
    }
    area.drawGrid(on: canvas)
    try canvas.clipped(to: area.rect) { () throws(PictureError) in
      draw(points, in: area, on: canvas)
      drawPrior(in: area, on: canvas)
      drawNames(of: points, in: area, on: canvas)
    }
    area.drawAxes(on: canvas)
    if hasLegend { drawLegend(on: canvas, at: Point(x: area.rect.right + Self.legendGap, y: area.rect.y)) }
    drawNote(about: points, in: area, on: canvas)
  }

  /// A code with its class.
  private struct ClassPoint {
    var x: Double
    var y: Double
    var index: Int
  }

  private func classifiedPoints() throws(PictureError) -> [ClassPoint] {
    guard codes.count.isMultiple(of: 2) else {
      throw .badInput("\(codes.count) numbers are no whole number of two-dimensional codes; give N x 2 numbers")
    }
    guard labels.isEmpty || labels.count * 2 == codes.count else {
      throw .badInput(
        "\(codes.count / 2) codes have \(labels.count) labels; give one label for each code, or none")
    }
    if let wrong = labels.first(where: { !classNames.indices.contains($0) }) {
      throw .badInput(
        "a code is labelled \(wrong), but there are \(classNames.count) class names; name every class")
    }
    return Self.scattered(codes.count / 2).compactMap { row in
      let (x, y) = (Double(codes[2 * row]), Double(codes[2 * row + 1]))
      guard isDrawable(x), isDrawable(y) else { return nil }
      return ClassPoint(x: x, y: y, index: labels.isEmpty ? 0 : labels[row])
    }
  }

  /// The numbers 0..<count in steps of about the golden section of `count`: even where codes come sorted by class,
  /// no class is drawn over all others.
  private static func scattered(_ count: Int) -> [Int] {
    guard count > 2 else { return Array(0..<count) }
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    var step = max(1, Int(Double(count) * 0.618))
    while divisor(step, count) != 1 { step -= 1 }
    var order = [0]
    order.reserveCapacity(count)
    for index in 1..<count { order.append((order[index - 1] + step) % count) }
    return order
  }

  private func plotArea(of points: [ClassPoint], origin: Point) -> PlotArea {
    let reach = priorDeviations.filter(isDrawable).map(abs).max() ?? 0
    var x = (xRange ?? Self.range(of: points.map(\.x), reaching: reach)).drawable
    var y = (yRange ?? Self.range(of: points.map(\.y), reaching: reach)).drawable
    if hasEqualAspect {
      let extent = max(x.extent, y.extent)
      (x, y) = (x.grown(to: extent), y.grown(to: extent))
    }
    let rect = Rect(x: origin.x + Self.leftMargin, y: origin.y + top, width: plotSide, height: plotSide)
    let count = max(2, Int(plotSide / 52))
    return PlotArea(
      rect: rect, x: Axis(range: x, name: xName, count: count), y: Axis(range: y, name: yName, count: count))
  }

  /// The middle 99.8 % of the values, all others that lie within a quarter of its extent, and the prior's circles.
  private static func range(of values: [Double], reaching reach: Double) -> ClosedRange<Double> {
    let sorted = values.sorted()
    guard let least = sorted.first, let greatest = sorted.last, let low = quantile(sorted, 0.001),
      let high = quantile(sorted, 0.999)
    else { return reach > 0 ? (-1.1 * reach)...(1.1 * reach) : -1...1 }
    let room = 0.25 * (high - low)
    let lower = sorted.first { $0 >= low - room } ?? least
    let upper = sorted.last { $0 <= high + room } ?? greatest
    return reach > 0
      ? widened(min(lower, -reach), max(upper, reach)).padded(by: 0.03) : widened(lower, upper).padded(by: 0.03)
  }

  private func draw(_ points: [ClassPoint], in area: PlotArea, on canvas: Canvas) {
    // Many points are small and let much through; few are large.
    let crowd = Double(max(points.count, 1))
    let radius = min(max(28 / crowd.squareRoot().squareRoot() / 2, 0.85), 2.6)
    let opacity = min(max(12 / crowd.squareRoot().squareRoot() / 2, 0.4), 0.85)
    var start = 0
    while start < points.count {
      var end = start
      while end < points.count, points[end].index == points[start].index { end += 1 }
      let run = points[start..<end].filter { area.contains($0.x, $0.y) }.map { area.point($0.x, $0.y) }
      canvas.discs(run, radius: radius, Palette.forClass(points[start].index).withOpacity(opacity))
      start = end
    }
  }

  private func drawPrior(in area: PlotArea, on canvas: Canvas) {
    for deviation in priorDeviations where isDrawable(deviation) && deviation > 0 {
      let center = area.point(0, 0)
      let edge = area.point(deviation, deviation)
      canvas.strokeEllipse(
        center: center, radii: Size(width: edge.x - center.x, height: center.y - edge.y), .gray(0.2), width: 1,
        dash: .dashed)
      canvas.text(
        "\(Ticks.label(deviation, step: deviation == deviation.rounded() ? 1 : 0.1)) σ",
        at: Point(x: center.x, y: edge.y - 3), Style.tick, horizontal: .center, halo: true)
    }
  }

  /// Each class's name at the median of its points, or as near to it as other names allow.
  private func drawNames(of points: [ClassPoint], in area: PlotArea, on canvas: Canvas) {
    guard !labels.isEmpty else { return }
    let members = Dictionary(grouping: points, by: \.index)
    let names = classNames.enumerated().compactMap {
      index, name -> (text: String, at: Point, style: Canvas.TextStyle)? in
      guard let own = members[index], let x = quantile(own.map(\.x).sorted(), 0.5),
        let y = quantile(own.map(\.y).sorted(), 0.5), area.contains(x, y)
      else { return nil }
      let style = Canvas.TextStyle(size: 12, bold: true, color: Palette.forClass(index).darkened(by: 0.45))
      return (canvas.shortened(name, to: 90, style), area.point(x, y), style)
    }
    let places = LabelPlacement.separated(
      names.map(\.at), sizes: names.map { Size(width: canvas.width(of: $0.text, $0.style) + 4, height: 15) })
    for (name, place) in zip(names, places) {
      canvas.text(name.text, at: place, name.style, horizontal: .center, vertical: .middle, halo: true)
    }
  }

  private func drawLegend(on canvas: Canvas, at origin: Point) {
    let room = max(1, Int(plotSide / Self.legendRow))
    let shown = classNames.count <= room ? classNames.count : room - 1
    for (index, name) in classNames.prefix(shown).enumerated() {
      let middle = origin.y + (Double(index) + 0.5) * Self.legendRow
      canvas.discs([Point(x: origin.x + 5, y: middle)], radius: 4, Palette.forClass(index))
      canvas.text(
        canvas.shortened(name, to: Self.widestLegend, Style.tick), at: Point(x: origin.x + 14, y: middle),
        Style.tick, vertical: .middle)
    }
    if shown < classNames.count {
      let middle = origin.y + (Double(shown) + 0.5) * Self.legendRow
      canvas.text(
        "and \(classNames.count - shown) more", at: Point(x: origin.x, y: middle), Style.note, vertical: .middle
      )
    }
  }

  /// What the reader cannot see: points outside of the ranges, codes that are not finite.
  private func drawNote(about points: [ClassPoint], in area: PlotArea, on canvas: Canvas) {
    var notes: [String] = []
    let outside = points.count { !area.contains($0.x, $0.y) }
    if outside > 0 { notes.append("outside of the plot: \(outside) of \(points.count)") }
    let missing = codes.count / 2 - points.count
    if missing > 0 { notes.append("not finite: \(missing)") }
    if codes.isEmpty { notes.append("no data") }
    guard !notes.isEmpty else { return }
    canvas.text(
      notes.joined(separator: ", "), at: Point(x: area.rect.right, y: area.rect.bottom + 36 + Self.legendRow),
      Style.note, horizontal: .right)
  }
}

extension PlotArea {
  fileprivate func contains(_ xValue: Double, _ yValue: Double) -> Bool {
    x.range.contains(xValue) && y.range.contains(yValue)
  }
}
