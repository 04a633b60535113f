/// Several figures in one picture, in rows: the scatter of training and test codes, the terms of a loss.
public struct Panels: Figure {
  /// From left to right, then down.
  public var figures: [any Figure]
  public var columns: Int

  /// Figures in rows of `columns`; by default all in one row.
  public init(_ figures: [any Figure], columns: Int? = nil) {
    self.figures = figures
    self.columns = max(1, columns ?? figures.count)
  }

  public func size() throws(PictureError) -> Size {
    let (widths, heights) = try extents()
    return Size(width: widths.reduce(0, +), height: heights.reduce(0, +))
  }

  public func draw(on canvas: Canvas, at origin: Point) throws(PictureError) {
    let (widths, heights) = try extents()
    for (index, figure) in figures.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let place = Point(
        x: origin.x + widths.prefix(column).reduce(0, +), y: origin.y + heights.prefix(row).reduce(0, +))
      try figure.draw(on: canvas, at: place)
    }
  }

  /// The widths of the columns and the heights of the rows, in whole units so that images lie on whole pixels.
  private func extents() throws(PictureError) -> (widths: [Double], heights: [Double]) {
    var widths = [Double](repeating: 0, count: min(columns, figures.count))
    var heights: [Double] = []
    for (index, figure) in figures.enumerated() {
      let size = try figure.size()
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      if row == heights.count { heights.append(0) }
      widths[column] = max(widths[column], size.width.rounded(.up))
      heights[row] = max(heights[row], size.height.rounded(.up))
    }
    return (widths, heights)
  }
}
