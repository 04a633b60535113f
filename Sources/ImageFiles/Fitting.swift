/// Width and height in pixels.
public struct PixelSize: Sendable, Equatable, Hashable {
  public let height: Int
  public let width: Int

  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The size that `N` or `HxW` names; nil for another text, and for sides that are not from 1 to 4096.
  public init?(_ text: String) {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(sides.count), sides.allSatisfy({ $0.map { (1...4096).contains($0) } ?? false }),
      let height = sides[0], let width = sides[sides.count - 1]
    else { return nil }
    self.init(height: height, width: width)
  }

  /// `HxW`.
  public var text: String { "\(height)x\(width)" }
}

/// Which part of a picture is taken, and how it meets a size of another aspect ratio.
public enum Crop: Sendable, Equatable {
  /// The largest centred part of the wanted aspect ratio.
  case center
  /// All of it, with the background at two sides.
  case fit
  /// All of it, stretched to the wanted aspect ratio.
  case stretch
  /// The centred part of this size in pixels, then stretched.
  case size(PixelSize)

  /// What `center`, `fit`, `stretch`, `N` or `HxW` names; nil for another text.
  public init?(_ text: String) {
    switch text {
    case "center": self = .center
    case "fit": self = .fit
    case "stretch": self = .stretch
    default:
      guard let size = PixelSize(text) else { return nil }
      self = .size(size)
    }
  }

  /// What `init` reads.
  public var text: String {
    switch self {
    case .center: "center"
    case .fit: "fit"
    case .stretch: "stretch"
    case .size(let size): size.text
    }
  }
}

/// How pictures of any size become images of one size.
public struct Fitting: Sendable, Equatable {
  public var size: PixelSize
  /// 1 (grey) or 3.
  public var channels: Int
  public var crop: Crop
  public var filter: ResamplingFilter
  /// At the sides of `Crop.fit`.
  public var background: Color

  public init(
    size: PixelSize, channels: Int, crop: Crop = .center, filter: ResamplingFilter = .bilinear,
    background: Color = .white
  ) {
    self.size = size
    self.channels = channels
    self.crop = crop
    self.filter = filter
    self.background = background
  }

  /// Channels, height, width.
  public var imageShape: [Int] { [channels, size.height, size.width] }

  /// Whether images of this shape stay as they are.
  public func keeps(_ shape: [Int]) -> Bool {
    if case .size(let part) = crop, part != size { return false }
    return shape == imageShape
  }

  /// The bytes of a picture in `imageShape`, channel behind channel.
  ///
  /// - Throws: `ImageFileError`, with `path`, where the picture is smaller than the part that is to be cut out.
  public func bytes(of picture: PixelImage, path: String) throws(ImageFileError) -> [UInt8] {
    // Before the scaling where that leaves less to scale.
    let source = picture.channels > channels ? picture.withChannels(channels) : picture
    let plan = try plan(for: source, path: path)
    let scaled = Resampling.scale(source, part: plan.part, to: plan.size, filter: filter)
    let whole = plan.size == size ? scaled : framed(scaled)
    return planar(whole.withChannels(channels))
  }

  /// The part of a picture that is taken, in its pixels, and the size that it gets.
  private func plan(
    for picture: PixelImage, path: String
  ) throws(ImageFileError) -> (part: Resampling.Part, size: PixelSize) {
    let (width, height) = (Double(picture.width), Double(picture.height))
    let whole = Resampling.Part(x: 0...width, y: 0...height)
    switch crop {
    case .stretch: return (whole, size)
    case .center:
      let scale = min(width / Double(size.width), height / Double(size.height))
      let (w, h) = (scale * Double(size.width), scale * Double(size.height))
      let (left, top) = (max(0, (width - w) / 2), max(0, (height - h) / 2))
      return (Resampling.Part(x: left...min(width, left + w), y: top...min(height, top + h)), size)
    case .fit:
      let scale = min(Double(size.width) / width, Double(size.height) / height)
      let fitted = PixelSize(
        height: min(max(Int((height * scale).rounded()), 1), size.height),
        width: min(max(Int((width * scale).rounded()), 1), size.width))
      return (whole, fitted)
    case .size(let part):
      guard part.width <= picture.width, part.height <= picture.height else {
        throw ImageFileError(
          path: path,
          fault: .smallerThanCrop(width: picture.width, height: picture.height, crop: part))
      }
      // Whole pixels: an odd remainder leaves the larger half at the right and below.
      let (left, top) = ((picture.width - part.width) / 2, (picture.height - part.height) / 2)
      return (
        Resampling.Part(
          x: Double(left)...Double(left + part.width), y: Double(top)...Double(top + part.height)), size
      )
    }
  }

  /// The picture in the middle of one of the wanted size.
  private func framed(_ picture: PixelImage) -> PixelImage {
    let color = background.channels(picture.channels)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size.height * size.width * picture.channels)
    let (left, top) = ((size.width - picture.width) / 2, (size.height - picture.height) / 2)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let (column, row) = (x - left, y - top)
        if (0..<picture.width).contains(column), (0..<picture.height).contains(row) {
          let pixel = (row * picture.width + column) * picture.channels
          bytes += picture.bytes[pixel..<(pixel + picture.channels)]
        } else {
          bytes += color
        }
      }
    }
    return PixelImage(size.width, size.height, picture.channels, bytes)
  }

  private func planar(_ picture: PixelImage) -> [UInt8] {
    guard picture.channels > 1 else { return picture.bytes }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(picture.bytes.count)
    for channel in 0..<picture.channels {
      for place in stride(from: channel, to: picture.bytes.count, by: picture.channels) {
        bytes.append(picture.bytes[place])
      }
    }
    return bytes
  }
}
