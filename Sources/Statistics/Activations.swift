/// How many numbers fall into equal bins of a range.
public struct HistogramCounts: Sendable, Equatable {
  /// One more than there are bins, rising.
  public let edges: [Double]
  public let counts: [Int]
  /// Numbers that are NaN or infinite: they are in no bin.
  public let left: Int

  /// Bins from the least to the greatest of the numbers; a single bin of width 1 around numbers that are all the same.
  public init(_ values: some Sequence<Float>, bins: Int) {
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite {
      low = min(low, Double(value))
      high = max(high, Double(value))
    }
    let isEmpty = low > high
    let count = isEmpty || low == high ? 1 : max(1, bins)
    if isEmpty { (low, high) = (0, 1) }
    if low == high { (low, high) = (low - 0.5, high + 0.5) }
    var counts = [Int](repeating: 0, count: count)
    var left = 0
    for value in values {
      guard value.isFinite else {
        left += 1
        continue
      }
      counts[min(count - 1, Int((Double(value) - low) / (high - low) * Double(count)))] += 1
    }
    edges = (0...count).map { low + (high - low) * Double($0) / Double(count) }
    self.counts = counts
    self.left = left
  }

  public var total: Int { counts.reduce(0, +) }
}

/// How sparse codes are: which elements are active, a number beyond a threshold, for which images.
public struct ActivationCounts: Sendable, Equatable {
  /// For each element the number of images for which it is active.
  public let imagesOfUnit: [Int]
  /// For each image the number of active elements.
  public let unitsOfImage: [Int]

  /// - Parameters:
  ///   - codes: code behind code, each of `size` numbers.
  ///   - threshold: an element is active where its magnitude is above it.
  public init(codes: [Float], size: Int, threshold: Double) {
    let size = max(1, size)
    var imagesOfUnit = [Int](repeating: 0, count: size)
    var unitsOfImage = [Int](repeating: 0, count: codes.count / size)
    for image in unitsOfImage.indices {
      for unit in 0..<size where abs(Double(codes[image * size + unit])) > threshold {
        imagesOfUnit[unit] += 1
        unitsOfImage[image] += 1
      }
    }
    self.imagesOfUnit = imagesOfUnit
    self.unitsOfImage = unitsOfImage
  }

  /// The mean share of elements that are active for an image.
  public var meanShare: Double {
    let places = imagesOfUnit.count * unitsOfImage.count
    return places == 0 ? 0 : Double(unitsOfImage.reduce(0, +)) / Double(places)
  }

  /// Elements that are active for no image.
  public var dead: Int { imagesOfUnit.count { $0 == 0 } }
}
