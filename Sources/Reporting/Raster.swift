/// A small image to be shown in a figure: RGB bytes.
public struct Raster: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// Row-major, three bytes per pixel.
  public let rgb: [UInt8]

  /// An image from bytes in C x H x W order; `channels` is 1 (grey) or 3 (RGB).
  public init(bytes: some Collection<UInt8>, channels: Int, height: Int, width: Int) throws(PictureError) {
    let bytes = Array(bytes)
    let plane = try Self.check(count: bytes.count, channels: channels, height: height, width: width)
    self.init(width: width, height: height, plane: plane) { pixel, channel in
      bytes[channels == 1 ? pixel : channel * plane + pixel]
    }
  }

  /// An image from numbers in C x H x W order, 0 (black) to 1, clipped; `channels` is 1 (grey) or 3 (RGB). A pixel
  /// that is not a number is drawn in `Palette.notANumber`, so that it is not taken for black.
  public init(floats: some Collection<Float>, channels: Int, height: Int, width: Int) throws(PictureError) {
    let floats = Array(floats)
    let plane = try Self.check(count: floats.count, channels: channels, height: height, width: width)
    let signal = Palette.notANumber
    let signalBytes = [signal.red, signal.green, signal.blue].map { UInt8($0 * 255 + 0.5) }
    self.init(width: width, height: height, plane: plane) { pixel, channel in
      for other in 0..<channels where floats[other * plane + pixel].isNaN { return signalBytes[channel] }
      let value = floats[channels == 1 ? pixel : channel * plane + pixel]
      return UInt8(min(max(value, 0), 1) * 255 + 0.5)
    }
  }

  /// The images of a batch of N x C x H x W bytes; N follows from the count.
  public static func batch(bytes: [UInt8], channels: Int, height: Int, width: Int) throws(PictureError)
    -> [Raster]
  {
    let slices = try split(bytes, channels: channels, height: height, width: width)
    return try slices.map { slice throws(PictureError) in
      try Raster(bytes: slice, channels: channels, height: height, width: width)
    }
  }

  /// The images of a batch of N x C x H x W numbers in 0...1; N follows from the count.
  public static func batch(floats: [Float], channels: Int, height: Int, width: Int) throws(PictureError)
    -> [Raster]
  {
    let slices = try split(floats, channels: channels, height: height, width: width)
    return try slices.map { slice throws(PictureError) in
      try Raster(floats: slice, channels: channels, height: height, width: width)
    }
  }

  private init(width: Int, height: Int, plane: Int, value: (_ pixel: Int, _ channel: Int) -> UInt8) {
    var rgb: [UInt8] = []
    rgb.reserveCapacity(plane * 3)
    for pixel in 0..<plane {
      for channel in 0..<3 { rgb.append(value(pixel, channel)) }
    }
    self.width = width
    self.height = height
    self.rgb = rgb
  }

  /// Pixels of a plane, if the shape is one of an image and `count` fits it.
  private static func check(count: Int, channels: Int, height: Int, width: Int) throws(PictureError) -> Int {
    let elements = try elementCount(channels: channels, height: height, width: width)
    guard count == elements else {
      throw .badInput("an image of \(channels) x \(height) x \(width) needs \(elements) values, not \(count)")
    }
    return elements / channels
  }

  private static func elementCount(channels: Int, height: Int, width: Int) throws(PictureError) -> Int {
    guard channels == 1 || channels == 3 else {
      throw .badInput("images of \(channels) channels cannot be drawn; give 1 (grey) or 3 (RGB)")
    }
    guard height > 0, width > 0 else {
      throw .badInput("an image of \(height) x \(width) pixels cannot be drawn; both sides must be at least 1")
    }
    guard height <= Canvas.maximumSide, width <= Canvas.maximumSide else {
      throw .tooLarge(width: width, height: height)
    }
    return channels * height * width
  }

  private static func split<Element>(
    _ values: [Element], channels: Int, height: Int, width: Int
  ) throws(PictureError) -> [ArraySlice<Element>] {
    let elements = try elementCount(channels: channels, height: height, width: width)
    guard values.count.isMultiple(of: elements) else {
      throw .badInput(
        "\(values.count) values are no whole number of images of \(channels) x \(height) x \(width) = \(elements)"
      )
    }
    return stride(from: 0, to: values.count, by: elements).map { values[$0..<$0 + elements] }
  }
}
