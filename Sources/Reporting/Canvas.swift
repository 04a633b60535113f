internal import CCairo

/// A white sheet to draw on, a thin layer over a cairo image surface. Lengths are in units of 1/96 inch, `scale`
/// pixels each. A failure inside cairo makes later drawing do nothing and is thrown by `picture()`.
///
/// This is the only file that touches cairo's pointers. Invariant: `surface` and `context` come from cairo's
/// constructors, which never return null (on failure they return an inert object), and live until `deinit`.
public final class Canvas {
  /// The most pixels along a side, and in all (256 MiB of memory).
  public static let maximumSide = 16_384
  public static let maximumPixels = 1 << 26

  /// Pixels per unit.
  public let scale: Int
  /// Size in pixels.
  public let pixelWidth: Int
  public let pixelHeight: Int

  private let surface: OpaquePointer
  private let context: OpaquePointer
  /// Whether the machine has no font and cairo draws with the small one built into it, which is ASCII only.
  private let drawsPlainText: Bool

  /// A white canvas. The size is rounded up to whole units; `scale` is held to 1...16.
  public init(size: Size, scale: Int = 2) throws(PictureError) {
    let scale = min(max(1, scale), 16)
    let width = Self.pixels(size.width, scale: scale)
    let height = Self.pixels(size.height, scale: scale)
    guard width <= Self.maximumSide, height <= Self.maximumSide, width * height <= Self.maximumPixels
    else { throw .tooLarge(width: width, height: height) }
    guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)),
      let context = cairo_create(surface)
    else { throw .drawingFailed(reason: "no memory") }
    self.scale = scale
    self.pixelWidth = width
    self.pixelHeight = height
    self.surface = surface
    self.context = context
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
    cairo_scale(context, Double(scale), Double(scale))
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    Self.selectFont(context, bold: false)
    // cairo falls back to a font of type "user" drawn with strokes when fontconfig knows no font at all.
    drawsPlainText = cairo_scaled_font_get_type(cairo_get_scaled_font(context)) == CAIRO_FONT_TYPE_USER
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  private static func pixels(_ length: Double, scale: Int) -> Int {
    guard length.isFinite, length < 1e9 else { return 1_000_000_000 }
    return max(1, Int(max(0, length).rounded(.up))) * scale
  }

  /// The place nearest to `coordinate` at which a horizontal or vertical line of one unit covers whole pixels.
  public func crisp(_ coordinate: Double) -> Double {
    let half = scale.isMultiple(of: 2) ? 0 : 0.5
    return ((coordinate * Double(scale) - half).rounded() + half) / Double(scale)
  }

  /// The PNG file of what has been drawn so far.
  public func picture() throws(PictureError) -> Picture {
    cairo_surface_flush(surface)
    try check(cairo_status(context))
    let png = try PNGEncoding.encode(try rgb(), width: pixelWidth, height: pixelHeight)
    return Picture(width: pixelWidth, height: pixelHeight, png: png)
  }

  /// The pixels, three bytes each, row by row.
  private func rgb() throws(PictureError) -> [UInt8] {
    guard let data = cairo_image_surface_get_data(surface) else {
      throw .drawingFailed(reason: "the surface has no pixels")
    }
    let rowBytes = Int(cairo_image_surface_get_stride(surface))
    return [UInt8](unsafeUninitializedCapacity: 3 * pixelWidth * pixelHeight) { bytes, filled in
      for row in 0..<pixelHeight {
        // The surface has `pixelHeight` rows of `rowBytes`, each of `pixelWidth` numbers 0x00RRGGBB and perhaps a gap.
        let pixels = UnsafeRawPointer(data + row * rowBytes).assumingMemoryBound(to: UInt32.self)
        for column in 0..<pixelWidth {
          let pixel = pixels[column]
          bytes[filled] = UInt8(truncatingIfNeeded: pixel >> 16)
          bytes[filled + 1] = UInt8(truncatingIfNeeded: pixel >> 8)
          bytes[filled + 2] = UInt8(truncatingIfNeeded: pixel)
          filled += 3
        }
      }
    }
  }

  private func check(_ status: cairo_status_t) throws(PictureError) {
    guard status != CAIRO_STATUS_SUCCESS else { return }
    throw .drawingFailed(reason: cairo_status_to_string(status).map { String(cString: $0) } ?? "unknown")
  }
}

// MARK: Shapes

extension Canvas {
  /// The pattern of a stroke.
  public enum Dash: Sendable, CaseIterable {
    case solid, dashed, dotted, dashDotted

    /// Lengths on and off in line widths.
    var pattern: [Double] {
      switch self {
      case .solid: return []
      case .dashed: return [4, 2.4]
      case .dotted: return [1, 1.8]
      case .dashDotted: return [5, 2, 1, 2]
      }
    }
  }

  public func fill(_ rect: Rect, _ color: Color) {
    setColor(color)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_fill(context)
  }

  /// Outlines a rectangle; the stroke is centered on its edges.
  public func stroke(_ rect: Rect, _ color: Color, width: Double = 1) {
    setColor(color)
    cairo_set_line_width(context, width)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_stroke(context)
  }

  /// A line through `points`; fewer than two draw nothing.
  public func stroke(_ points: [Point], _ color: Color, width: Double = 1, dash: Dash = .solid) {
    guard points.count > 1 else { return }
    setColor(color)
    setLine(width: width, dash: dash)
    trace(points)
    cairo_stroke(context)
    cairo_set_dash(context, [], 0, 0)
  }

  /// A filled polygon.
  public func fill(_ points: [Point], _ color: Color) {
    guard points.count > 2 else { return }
    setColor(color)
    trace(points)
    cairo_close_path(context)
    cairo_fill(context)
  }

  /// Equal discs, each painted over those before it. One call for many, since the color changes seldom.
  public func discs(_ centers: [Point], radius: Double, _ color: Color) {
    setColor(color)
    for center in centers {
      cairo_new_sub_path(context)
      cairo_arc(context, center.x, center.y, radius, 0, 2 * Double.pi)
      cairo_fill(context)
    }
  }

  /// The outline of an ellipse with horizontal and vertical half axes.
  public func strokeEllipse(
    center: Point, radii: Size, _ color: Color, width: Double = 1, dash: Dash = .solid
  ) {
    // A path through a flattened matrix would make cairo fail, so an ellipse without extent is not drawn.
    guard radii.width > 0, radii.height > 0 else { return }
    setColor(color)
    setLine(width: width, dash: dash)
    cairo_save(context)
    cairo_translate(context, center.x, center.y)
    cairo_scale(context, radii.width, radii.height)
    cairo_new_sub_path(context)
    cairo_arc(context, 0, 0, 1, 0, 2 * Double.pi)
    cairo_restore(context)
    cairo_stroke(context)
    cairo_set_dash(context, [], 0, 0)
  }

  /// Draws what `body` draws, but only inside `rect`.
  public func clipped(to rect: Rect, _ body: () throws(PictureError) -> Void) throws(PictureError) {
    cairo_save(context)
    defer { cairo_restore(context) }
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_clip(context)
    try body()
  }

  private func setColor(_ color: Color) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
  }

  private func setLine(width: Double, dash: Dash) {
    cairo_set_line_width(context, width)
    let pattern = dash.pattern.map { $0 * width }
    cairo_set_dash(context, pattern, Int32(pattern.count), 0)
  }

  private func trace(_ points: [Point]) {
    cairo_new_path(context)
    for point in points { cairo_line_to(context, point.x, point.y) }
  }
}

// MARK: Images

extension Canvas {
  /// Draws an image with each of its pixels as a square of `zoom` x `zoom` units, its corner at `origin`: exact where
  /// the origin and the zoom are whole pixels.
  public func draw(_ image: Raster, at origin: Point, zoom: Int) {
    guard let tile = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(image.width), Int32(image.height))
    else { return }
    defer { cairo_surface_destroy(tile) }
    cairo_surface_flush(tile)
    // Null when the surface could not be made. Otherwise `height` rows of `stride` bytes, four bytes a pixel, and
    // `rgb` holds three bytes for each of width x height pixels.
    guard let data = cairo_image_surface_get_data(tile) else { return }
    let stride = Int(cairo_image_surface_get_stride(tile))
    for y in 0..<image.height {
      let row = UnsafeMutableRawPointer(data + y * stride)
      for x in 0..<image.width {
        let at = (y * image.width + x) * 3
        let color = UInt32(image.rgb[at]) << 16 | UInt32(image.rgb[at + 1]) << 8 | UInt32(image.rgb[at + 2])
        row.storeBytes(of: color, toByteOffset: x * 4, as: UInt32.self)
      }
    }
    cairo_surface_mark_dirty(tile)
    cairo_save(context)
    cairo_translate(context, origin.x, origin.y)
    cairo_scale(context, Double(max(1, zoom)), Double(max(1, zoom)))
    cairo_set_source_surface(context, tile, 0, 0)
    cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
    cairo_rectangle(context, 0, 0, Double(image.width), Double(image.height))
    cairo_fill(context)
    cairo_restore(context)
  }
}

// MARK: Text

extension Canvas {
  /// What of a text stands at its point's x.
  public enum HorizontalAlignment: Sendable { case left, center, right }
  /// What of a text stands at its point's y: the baseline, or the middle or top of a capital letter.
  public enum VerticalAlignment: Sendable { case baseline, middle, top }

  /// How a text is set.
  public struct TextStyle: Sendable {
    /// The em, in units.
    public var size: Double
    public var bold: Bool
    public var color: Color

    public init(size: Double = 11, bold: Bool = false, color: Color = .black) {
      self.size = size
      self.bold = bold
      self.color = color
    }
  }

  /// One line of text. With `upward`, it is turned to read from bottom to top. `halo` draws a rim of white, for text
  /// over data.
  public func text(
    _ text: String, at point: Point, _ style: TextStyle = TextStyle(), horizontal: HorizontalAlignment = .left,
    vertical: VerticalAlignment = .baseline, upward: Bool = false, halo: Bool = false
  ) {
    let text = printable(text)
    let width = self.width(of: text, style)
    let capital = style.size * 0.73  // cap height of DejaVu Sans in ems
    let shiftX = horizontal == .left ? 0 : horizontal == .center ? -width / 2 : -width
    let shiftY = vertical == .baseline ? 0 : vertical == .middle ? capital / 2 : capital
    cairo_save(context)
    cairo_translate(context, point.x, point.y)
    if upward { cairo_rotate(context, -Double.pi / 2) }
    cairo_move_to(context, shiftX, shiftY)
    if halo {
      cairo_text_path(context, text)
      setColor(.white)
      cairo_set_line_width(context, style.size * 0.3)
      cairo_stroke(context)
      cairo_move_to(context, shiftX, shiftY)
    }
    setColor(style.color)
    cairo_show_text(context, text)
    cairo_restore(context)
  }

  /// How far a text reaches, in units. Selects the style's font.
  public func width(of text: String, _ style: TextStyle) -> Double {
    Self.selectFont(context, bold: style.bold)
    cairo_set_font_size(context, style.size)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, printable(text), &extents)
    return extents.x_advance
  }

  /// The text, or as much of its beginning as fits `width` followed by an ellipsis.
  public func shortened(_ text: String, to width: Double, _ style: TextStyle) -> String {
    if self.width(of: text, style) <= width { return text }
    var kept = text.prefix(500)
    while !kept.isEmpty, self.width(of: kept + "…", style) > width { kept.removeLast() }
    return kept.isEmpty ? "" : kept + "…"
  }

  /// DejaVu Sans, or what fontconfig puts in its place, without hinting: the same shapes at every scale and on every
  /// machine that has the font.
  private static func selectFont(_ context: OpaquePointer, bold: Bool) {
    cairo_select_font_face(
      context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    let options = cairo_font_options_create()
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
  }

  /// The text as the font can show it: no control characters and, without fonts, ASCII.
  private func printable(_ text: String) -> String {
    String(
      text.unicodeScalars.reduce(into: String.UnicodeScalarView()) { result, scalar in
        if scalar.value < 32 || scalar.value == 127 {
          result.append(" ")
        } else if drawsPlainText, !scalar.isASCII {
          result.append(contentsOf: Self.plain[scalar, default: "?"].unicodeScalars)
        } else {
          result.append(scalar)
        }
      })
  }

  private static let plain: [Unicode.Scalar: String] = [
    "−": "-", "–": "-", "×": "x", "…": "...", "σ": "std", "β": "beta", "₁": "1", "₂": "2",
  ]
}
