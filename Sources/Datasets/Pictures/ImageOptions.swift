public import ImageFiles

/// How pictures and arrays of any size become the images of a model.
public struct ImageOptions: Sendable {
  /// The images' size; nil takes the model's, or else the first picture's.
  public var size: PixelSize?
  /// 1 (grey) or 3; nil takes the model's, or else the first picture's.
  public var channels: Int?
  public var crop: Crop?
  public var filter: ResamplingFilter
  /// What shows through transparent pixels and at the sides of `Crop.fit`.
  public var background: Color
  /// Leave pictures out that cannot be decoded, instead of refusing the whole.
  public var skipsDamaged: Bool
  /// Keep decoded pictures in the cache folder; without, they are held in memory.
  public var usesCache: Bool
  /// The part of the images that is held out for testing where the data have no test part of their own.
  public var testFraction: Double
  /// Chooses which these are.
  public var splitSeed: UInt64
  /// At most so many images, the first ones; nil for all.
  public var limit: Int?
  /// Take this attribute's values for classes.
  public var classes: String?
  /// Channels, height and width that the model takes, where one is known.
  public var modelShape: [Int]?
  /// Decode with so many threads; nil for as many as there are processors.
  public var threads: Int?
  /// Told now and then how many pictures of how many are decoded.
  public var progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  /// Told, as a line, what a user should know though the images can be had: that decoded pictures cannot be kept.
  public var warn: (@Sendable (String) -> Void)?

  public init(
    size: PixelSize? = nil, channels: Int? = nil, crop: Crop? = nil, filter: ResamplingFilter = .bilinear,
    background: Color = .white, skipsDamaged: Bool = false, usesCache: Bool = true,
    testFraction: Double = 0.1, splitSeed: UInt64 = 0, limit: Int? = nil, classes: String? = nil,
    modelShape: [Int]? = nil, threads: Int? = nil
  ) {
    self.size = size
    self.channels = channels
    self.crop = crop
    self.filter = filter
    self.background = background
    self.skipsDamaged = skipsDamaged
    self.usesCache = usesCache
    self.testFraction = testFraction
    self.splitSeed = splitSeed
    self.limit = limit
    self.classes = classes
    self.modelShape = modelShape
    self.threads = threads
  }

  /// How pictures are fitted, by the options, else by the model, else as `first` is.
  ///
  /// - Parameters:
  ///   - crop: the part that is taken where the options do not say.
  ///   - first: the channels, height and width of the first picture.
  func fitting(crop: Crop = .center, first: () throws -> [Int]) throws -> Fitting {
    let model = modelShape.flatMap { $0.count == 3 && [1, 3].contains($0[0]) ? $0 : nil }
    // Only where it is needed: to know it, the picture has to be decoded.
    let fallback = (size == nil || channels == nil) && model == nil ? try first() : model ?? [1, 1, 1]
    return Fitting(
      size: size ?? PixelSize(height: fallback[1], width: fallback[2]), channels: channels ?? fallback[0],
      crop: self.crop ?? crop, filter: filter, background: background)
  }

  /// Whether they ask for images of a certain form, whatever the data set's own.
  var asksForForm: Bool { size != nil || channels != nil || crop != nil }
}
