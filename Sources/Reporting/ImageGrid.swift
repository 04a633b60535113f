/// Images in rows and columns, each magnified by a whole number so that its pixels stay squares.
public struct ImageGrid: Figure {
  public var title: String
  /// From top to bottom; rows may differ in length, nil leaves a place empty. All images have one size.
  public var rows: [[Raster?]]
  /// At the left of the rows, from the top; rows beyond have none.
  public var rowLabels: [String]
  /// Above the columns, from the left; columns beyond have none.
  public var columnLabels: [String]
  /// Units between neighbours.
  public var gap: Int
  /// Rows that belong together: more room stands after every so many. 0 for none.
  public var rowsPerGroup: Int
  /// Units along the side of an image's pixel; nil chooses so that the grid is about as wide as a page.
  public var zoom: Int?
  /// The values at the columns' and at the rows' centers (in the order of `rows`), for a decoded plane.
  var axes: (x: GridAxis, y: GridAxis)?

  public init(
    title: String = "", rows: [[Raster?]], rowLabels: [String] = [], columnLabels: [String] = [], gap: Int = 2,
    rowsPerGroup: Int = 0, zoom: Int? = nil
  ) {
    self.title = title
    self.rows = rows
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
    self.gap = gap
    self.rowsPerGroup = rowsPerGroup
    self.zoom = zoom
  }

  public func size() throws(PictureError) -> Size {
    let layout = try GridLayout(of: self)
    let rowLabelWidth = try layout.leftMargin(for: self)
    return Size(
      width: rowLabelWidth + Double(layout.width) + layout.rightMargin(for: self),
      height: Double(layout.topMargin(for: self) + layout.height) + layout.bottomMargin(for: self))
  }

  public func draw(on canvas: Canvas, at origin: Point) throws(PictureError) {
    let layout = try GridLayout(of: self)
    let corner = Point(
      x: origin.x + (try layout.leftMargin(for: self)), y: origin.y + Double(layout.topMargin(for: self)))
    if !title.isEmpty {
      canvas.text(
        canvas.shortened(title, to: max(Double(layout.width), 120), Style.title),
        at: Point(x: corner.x, y: origin.y + Style.margin), Style.title, vertical: .top)
    }
    for (row, images) in rows.enumerated() {
      for (column, image) in images.enumerated() {
        guard let image else { continue }
        let place = Point(x: corner.x + Double(layout.x(column)), y: corner.y + Double(layout.y(row)))
        canvas.draw(image, at: place, zoom: layout.zoom)
      }
    }
    drawLabels(on: canvas, layout, corner)
    if layout.columns == 0 {
      canvas.text("no images", at: Point(x: corner.x, y: corner.y + 14), Style.note)
    }
    if let axes {
      let rect = Rect(x: corner.x, y: corner.y, width: Double(layout.width), height: Double(layout.height))
      axes.x.drawHorizontal(on: canvas, under: rect, centers: layout.columnCenters)
      axes.y.drawVertical(on: canvas, leftOf: rect, centers: layout.rowCenters)
    }
  }

  private func drawLabels(on canvas: Canvas, _ layout: GridLayout, _ corner: Point) {
    for (row, label) in rowLabels.prefix(rows.count).enumerated() {
      canvas.text(
        canvas.shortened(label, to: GridLayout.widestLabel, Style.label),
        at: Point(x: corner.x - 8, y: corner.y + layout.rowCenters[row]), Style.label, horizontal: .right,
        vertical: .middle)
    }
    let room = Double(layout.tileWidth + gap)
    let labels = columnLabels.prefix(layout.columns)
    var style = Style.label
    let widest = labels.map { canvas.width(of: $0, style) }.max() ?? 0
    style.size = Self.columnLabelSize(widest: widest, room: room)
    for (column, label) in labels.enumerated() {
      canvas.text(
        canvas.shortened(label, to: room, style),
        at: Point(x: corner.x + layout.columnCenters[column], y: corner.y - 6), style, horizontal: .center)
    }
  }

  /// The size of the labels of all columns: smaller where the widest would not fit, down to what can still be read.
  /// - Parameter widest: the width of the widest at the size of labels.
  package static func columnLabelSize(widest: Double, room: Double) -> Double {
    // A hair smaller than computed, so that rounding cuts nothing off.
    widest <= room ? Style.label.size : max(6.5, Style.label.size * room / widest * 0.98)
  }
}

/// Where a grid's images lie, in units from the grid's upper left corner.
struct GridLayout {
  static let widestLabel = 160.0
  private static let groupGap = 10
  /// The width and height that a grid is magnified to fill, about.
  private static let pageSide = 640

  let columns: Int
  let rows: Int
  let gap: Int
  let rowsPerGroup: Int
  let zoom: Int
  let tileWidth: Int
  let tileHeight: Int

  init(of grid: ImageGrid) throws(PictureError) {
    let images = grid.rows.joined().compactMap { $0 }
    let first = images.first
    if let odd = images.first(where: { $0.width != first?.width || $0.height != first?.height }), let first {
      throw .badInput(
        "a grid's images must have one size; it has \(first.width) x \(first.height) and \(odd.width) x \(odd.height)"
      )
    }
    columns = grid.rows.map(\.count).max() ?? 0
    rows = grid.rows.count
    gap = min(max(grid.gap, 0), 1000)
    rowsPerGroup = max(grid.rowsPerGroup, 0)
    let (width, height) = (first?.width ?? 0, first?.height ?? 0)
    // Also keeps the sums below far from overflow; whether memory suffices is the canvas's question.
    guard columns <= Canvas.maximumSide, rows <= Canvas.maximumSide else {
      throw .tooLarge(width: columns, height: rows)
    }
    let fitting = min(
      Self.pageSide / max(1, columns * (width + gap)), Self.pageSide / max(1, rows * (height + gap)))
    zoom = min(max(grid.zoom ?? min(fitting, 4), 1), Canvas.maximumSide)
    tileWidth = width * zoom
    tileHeight = height * zoom
  }

  func x(_ column: Int) -> Int { column * (tileWidth + gap) }

  func y(_ row: Int) -> Int {
    row * (tileHeight + gap) + (rowsPerGroup > 0 ? row / rowsPerGroup * Self.groupGap : 0)
  }

  var width: Int { columns == 0 ? 100 : x(columns - 1) + tileWidth }
  var height: Int { rows == 0 ? 20 : y(rows - 1) + tileHeight }
  var columnCenters: [Double] { (0..<columns).map { Double(x($0)) + Double(tileWidth) / 2 } }
  var rowCenters: [Double] { (0..<rows).map { Double(y($0)) + Double(tileHeight) / 2 } }

  func topMargin(for grid: ImageGrid) -> Int {
    Int(Style.margin) + (grid.title.isEmpty ? 0 : Int(Style.titleHeight) - 4)
      + (grid.columnLabels.isEmpty ? 0 : 18)
  }

  func bottomMargin(for grid: ImageGrid) -> Double {
    grid.axes.map { Style.margin + $0.x.depth } ?? Style.margin
  }

  func rightMargin(for grid: ImageGrid) -> Double {
    // A title keeps its room above narrow grids; the last tick's number may reach beyond the last image.
    let needed = grid.title.isEmpty ? 0 : 120 - Double(width)
    return max(needed, grid.axes == nil ? 0 : 6) + Style.margin
  }

  /// Whole units, so that images lie on whole pixels.
  func leftMargin(for grid: ImageGrid) throws(PictureError) -> Double {
    let ruler = try Canvas(size: Size(width: 1, height: 1), scale: 1)
    let labels = grid.rowLabels.prefix(rows).map { min(ruler.width(of: $0, Style.label), Self.widestLabel) }
    let labelRoom = labels.max().map { $0 + 8 } ?? 0
    let axisRoom = grid.axes.map { $0.y.widestLabel(on: ruler) + Style.tickLength + 20 } ?? 0
    return (Style.margin + max(labelRoom, axisRoom)).rounded(.up)
  }
}
