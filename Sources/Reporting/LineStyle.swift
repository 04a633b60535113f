/// The shape at a curve's points, so that curves differ without color too.
enum Marker: CaseIterable {
  case disc, square, triangle, diamond

  func draw(on canvas: Canvas, at point: Point, _ color: Color) {
    let (x, y) = (point.x, point.y)
    switch self {
    case .disc:
      canvas.discs([point], radius: 2.4, color)
    case .square:
      canvas.fill(Rect(x: x - 2.2, y: y - 2.2, width: 4.4, height: 4.4), color)
    case .triangle:
      canvas.fill(
        [Point(x: x, y: y - 3.1), Point(x: x - 2.8, y: y + 2.2), Point(x: x + 2.8, y: y + 2.2)], color)
    case .diamond:
      canvas.fill(
        [
          Point(x: x, y: y - 3.2), Point(x: x + 3.2, y: y), Point(x: x, y: y + 3.2), Point(x: x - 3.2, y: y),
        ], color)
    }
  }
}

/// How a curve is drawn and what it is called.
struct LineStyle {
  var name: String
  var color: Color
  var dash: Canvas.Dash
  var marker: Marker
  /// False for points alone.
  var isJoined = true
}

/// The names of a chart's curves, in rows above it. A single curve needs none: the axis names it.
struct Legend {
  private struct Entry {
    var style: LineStyle
    var name: String
    var offset: Point
  }

  private static let rowHeight = 17.0
  private static let sampleWidth = 26.0
  private static let mostRows = 4

  private var entries: [Entry] = []
  /// Room that the legend takes, with the gap to what is below it.
  private(set) var height = 8.0

  /// Lays entries out from left to right, in at most four rows; what does not fit is left out.
  init(entries styles: [LineStyle], width: Double, on canvas: Canvas) {
    guard styles.count > 1 else { return }
    var (x, row) = (0.0, 0)
    for style in styles {
      let name = canvas.shortened(style.name, to: max(20, width - Self.sampleWidth), Style.tick)
      let length = Self.sampleWidth + 5 + canvas.width(of: name, Style.tick)
      if x > 0, x + length > width { (x, row) = (0, row + 1) }
      guard row < Self.mostRows else { break }
      entries.append(Entry(style: style, name: name, offset: Point(x: x, y: Double(row) * Self.rowHeight)))
      x += length + 16
    }
    height = Double(min(row + 1, Self.mostRows)) * Self.rowHeight + 4
  }

  func draw(on canvas: Canvas, at origin: Point) {
    for entry in entries {
      let left = origin.x + entry.offset.x
      let middle = origin.y + entry.offset.y + Self.rowHeight / 2 - 1
      let line = [Point(x: left, y: middle), Point(x: left + Self.sampleWidth, y: middle)]
      if entry.style.isJoined {
        canvas.stroke(line, entry.style.color, width: 1.6, dash: entry.style.dash)
      }
      entry.style.marker.draw(
        on: canvas, at: Point(x: left + Self.sampleWidth / 2, y: middle), entry.style.color)
      canvas.text(
        entry.name, at: Point(x: left + Self.sampleWidth + 5, y: middle), Style.tick, vertical: .middle)
    }
  }
}
