/// The kernel that a picture is scaled with.
public enum ResamplingFilter: String, Sendable, CaseIterable {
  /// A triangle as wide as two pixels of the larger grid: antialiased where the picture shrinks, interpolation where it
  /// grows.
  case bilinear
  /// The mean of the area that a pixel covers.
  case area
}

/// Scaling by separable convolution: columns, then rows. A pixel (i, j) is the square from (i, j) to (i+1, j+1); sums
/// are float32 in a fixed order, so the bytes are the same everywhere. Bytes are taken as they are, without
/// linearisation, as PyTorch, Pillow and OpenCV do.
enum Resampling {
  /// The part of a picture that is scaled, in pixels from its upper left corner. Pixels outside have no part in it.
  struct Part: Equatable {
    let x: ClosedRange<Double>
    let y: ClosedRange<Double>
  }

  static func scale(
    _ picture: PixelImage, part: Part, to size: PixelSize, filter: ResamplingFilter
  ) -> PixelImage {
    let columns = Taps(part.x, count: picture.width, to: size.width, filter)
    let rows = Taps(part.y, count: picture.height, to: size.height, filter)
    if columns.areIdentity, rows.areIdentity { return picture }
    let channels = picture.channels
    let band = rows.span
    let rowLength = size.width * channels
    // Only the rows that are needed, each scaled along x.
    var narrow = [Float](repeating: 0, count: band.count * rowLength)
    for (place, row) in band.enumerated() {
      let source = row * picture.width
      for column in 0..<size.width {
        let weights = columns.weights[columns.range(column)]
        for channel in 0..<channels {
          var sum: Float = 0
          var pixel = (source + columns.first[column]) * channels + channel
          for weight in weights {
            sum += weight * Float(picture.bytes[pixel])
            pixel += channels
          }
          narrow[place * rowLength + column * channels + channel] = sum
        }
      }
    }
    var bytes = [UInt8](repeating: 0, count: size.height * rowLength)
    for row in 0..<size.height {
      let weights = rows.weights[rows.range(row)]
      let first = (rows.first[row] - band.lowerBound) * rowLength
      for element in 0..<rowLength {
        var sum: Float = 0
        var place = first + element
        for weight in weights {
          sum += weight * narrow[place]
          place += rowLength
        }
        bytes[row * rowLength + element] = UInt8(min(max(sum + 0.5, 0), 255))
      }
    }
    return PixelImage(size.width, size.height, channels, bytes)
  }
}

/// For each place along a scaled axis, the places of the source that it sums and their weights.
private struct Taps {
  /// The first source place of each.
  private(set) var first: [Int] = []
  /// Their weights, one behind the other; each group sums to 1.
  private(set) var weights: [Float] = []
  private var ends: [Int] = []
  private let sourceCount: Int

  init(_ part: ClosedRange<Double>, count: Int, to size: Int, _ filter: ResamplingFilter) {
    sourceCount = count
    let scale = (part.upperBound - part.lowerBound) / Double(size)
    let inside = max(0, Int(part.lowerBound))..<min(count, max(Int(part.upperBound.rounded(.up)), 1))
    for place in 0..<size {
      let low = part.lowerBound + Double(place) * scale
      let group =
        switch filter {
        case .bilinear: Self.triangle(center: low + scale / 2, width: max(scale, 1), inside)
        case .area: Self.overlaps(low, low + scale, inside)
        }
      let sum = group.weights.reduce(0, +)
      first.append(group.first)
      weights += group.weights.map { Float($0 / sum) }
      ends.append(weights.count)
    }
  }

  func range(_ place: Int) -> Range<Int> { (place == 0 ? 0 : ends[place - 1])..<ends[place] }

  /// The source places that have a weight anywhere.
  var span: Range<Int> {
    let last = first.indices.map { first[$0] + range($0).count }
    return (first.min() ?? 0)..<(last.max() ?? 0)
  }

  var areIdentity: Bool {
    first.count == sourceCount
      && first.indices.allSatisfy { range($0).count == 1 && first[$0] == $0 && weights[$0] == 1 }
  }

  private typealias Group = (first: Int, weights: [Double])

  /// Weights 1 - |distance| / width of the places whose middle is nearer than `width`.
  private static func triangle(center: Double, width: Double, _ inside: Range<Int>) -> Group {
    group(inside, from: center - width, to: center + width) {
      max(0, 1 - abs(Double($0) + 0.5 - center) / width)
    }
  }

  /// How much of each place lies between two points.
  private static func overlaps(_ low: Double, _ high: Double, _ inside: Range<Int>) -> Group {
    group(inside, from: low, to: high) { max(0, min(high, Double($0 + 1)) - max(low, Double($0))) }
  }

  private static func group(
    _ inside: Range<Int>, from low: Double, to high: Double, _ weight: (Int) -> Double
  ) -> Group {
    let begin = min(max(Int(low.rounded(.down)), inside.lowerBound), inside.upperBound - 1)
    let end = min(max(Int(high.rounded(.up)), begin + 1), inside.upperBound)
    let weights = (begin..<end).map(weight)
    // Places at the ends may have none: rounding error, or their middles are too far.
    let tiny = 1e-9
    guard let start = weights.firstIndex(where: { $0 > tiny }),
      let last = weights.lastIndex(where: { $0 > tiny })
    else { return (begin, [1]) }
    return (begin + start, Array(weights[start...last]))
  }
}
