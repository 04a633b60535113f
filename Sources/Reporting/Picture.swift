internal import Artifact

/// A finished picture: a PNG file in memory.
public struct Picture: Sendable {
  /// Size in pixels.
  public let width: Int
  public let height: Int
  /// The file: 8-bit RGB.
  public let png: [UInt8]

  init(width: Int, height: Int, png: [UInt8]) {
    self.width = width
    self.height = height
    self.png = png
  }

  /// A PNG file that was written before; its header alone is looked at. Nil where it is no PNG file of 1 to
  /// `Canvas.maximumSide` pixels along its sides.
  public init?(png: [UInt8]) {
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    guard png.count > 24, png.starts(with: signature), Array(png[12..<16]) == Array("IHDR".utf8) else {
      return nil
    }
    func number(_ at: Int) -> Int { png[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    let sides = 1...Canvas.maximumSide
    guard sides.contains(number(16)), sides.contains(number(20)) else { return nil }
    self.init(width: number(16), height: number(20), png: png)
  }

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
