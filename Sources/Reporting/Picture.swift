internal import Artifact

/// A finished picture: a PNG file in memory.
public struct Picture: Sendable {
  /// Size in pixels.
  public let width: Int
  public let height: Int
  /// The file: 8-bit RGB.
  public let png: [UInt8]

  /// Writes the file atomically: another program sees the old picture or the whole new one.
  public func write(to path: String) throws(PictureError) {
    do {
      try AtomicFile.write(png, to: path)
    } catch {
      let reason = (error as? FileError)?.reason ?? String(describing: error)
      throw .cannotWrite(path: path, reason: reason)
    }
  }
}

/// Something that can be drawn: a grid of images, a chart, or several side by side. The same figure always gives the
/// same pixels on the same machine (fonts are the machine's).
public protocol Figure: Sendable {
  /// The size that the figure wants, in units of 1/96 inch.
  func size() throws(PictureError) -> Size

  /// Draws the figure with its upper left corner at `origin`, in the size that `size()` says.
  func draw(on canvas: Canvas, at origin: Point) throws(PictureError)
}

extension Figure {
  /// Draws the figure on white. `scale` is pixels per unit: 2 looks sharp on high-density screens and in print.
  /// Refuses figures larger than `Canvas.maximumSide` and `Canvas.maximumPixels`.
  public func render(scale: Int = 2) throws(PictureError) -> Picture {
    let size = try size()
    let canvas = try Canvas(size: size, scale: scale)
    try draw(on: canvas, at: Point(x: 0, y: 0))
    return try canvas.picture()
  }

  /// Draws the figure and writes it as a PNG file, atomically.
  public func writePNG(to path: String, scale: Int = 2) throws(PictureError) {
    try render(scale: scale).write(to: path)
  }
}
