/// A table of shares from 0 to 1 as shaded cells with their numbers: a row-normalized confusion matrix.
///
/// The shade runs from white to a dark blue, so that it reads without colors too; each cell says its number.
public struct ShareTable: Figure {
  public var title: String
  /// Under the columns, and at the left of the rows.
  public var columnName: String
  public var rowName: String
  public var names: [String]
  /// Rows from the top, as many as names, each as long.
  public var shares: [[Double]]

  public init(title: String, rowName: String, columnName: String, names: [String], shares: [[Double]]) {
    self.title = title
    self.rowName = rowName
    self.columnName = columnName
    self.names = names
    self.shares = shares
  }

  private static let cell = 40.0
  private static let widestName = 120.0
  private static let bottom = 60.0
  private static let dark = Color(hex: 0x08306B)

  /// Room at the left for the names, by what their letters take about.
  private var left: Double {
    45 + min(Self.widestName, Double(names.map(\.count).max() ?? 0) * 6.5)
  }
  private var extent: Double { Double(names.count) * Self.cell }

  public func size() throws(PictureError) -> Size {
    guard shares.count == names.count, shares.allSatisfy({ $0.count == names.count }) else {
      throw .badInput("a table of shares has as many rows and columns as names")
    }
    guard names.count <= 200 else { throw .tooLarge(width: names.count, height: names.count) }
    return Size(
      width: left + max(extent, 160) + Style.margin,
      height: Style.margin + Style.titleHeight + extent + Self.bottom)
  }

  public func draw(on canvas: Canvas, at origin: Point) throws(PictureError) {
    _ = try size()
    let corner = Point(x: origin.x + left, y: origin.y + Style.margin + Style.titleHeight)
    canvas.text(
      canvas.shortened(title, to: max(extent, 160), Style.title),
      at: Point(x: corner.x, y: origin.y + Style.margin), Style.title, vertical: .top)
    for (row, values) in shares.enumerated() {
      for (column, value) in values.enumerated() {
        let place = Rect(
          x: corner.x + Double(column) * Self.cell, y: corner.y + Double(row) * Self.cell, width: Self.cell,
          height: Self.cell)
        draw(value, in: place, on: canvas)
      }
    }
    canvas.stroke(Rect(x: corner.x, y: corner.y, width: extent, height: extent), Style.frame)
    for (index, name) in names.enumerated() {
      let middle = (Double(index) + 0.5) * Self.cell
      canvas.text(
        canvas.shortened(name, to: Self.widestName, Style.tick),
        at: Point(x: corner.x - 6, y: corner.y + middle),
        Style.tick, horizontal: .right, vertical: .middle)
      canvas.text(
        canvas.shortened(name, to: Self.cell - 2, Style.tick),
        at: Point(x: corner.x + middle, y: corner.y + extent + 6), Style.tick, horizontal: .center,
        vertical: .top)
    }
    canvas.text(
      columnName, at: Point(x: corner.x + extent / 2, y: corner.y + extent + 28), Style.label,
      horizontal: .center, vertical: .top)
    canvas.text(
      rowName, at: Point(x: origin.x + Style.margin + 4, y: corner.y + extent / 2), Style.label,
      horizontal: .center, upward: true)
  }

  private func draw(_ value: Double, in place: Rect, on canvas: Canvas) {
    let share = value.isFinite ? min(max(value, 0), 1) : 0
    func mixed(_ component: Double) -> Double { 1 + (component - 1) * share }
    canvas.fill(
      place,
      Color(red: mixed(Self.dark.red), green: mixed(Self.dark.green), blue: mixed(Self.dark.blue)))
    canvas.stroke(place, .white, width: 0.5)
    // Hundredths without the zero in front, as tables of shares print them.
    let hundredths = Int((share * 100).rounded())
    guard hundredths > 0 else { return }
    let text = hundredths == 100 ? "1" : "." + (hundredths < 10 ? "0" : "") + "\(hundredths)"
    var style = Style.tick
    style.color = share > 0.5 ? .white : .gray(0.15)
    canvas.text(text, at: place.center, style, horizontal: .center, vertical: .middle)
  }
}
