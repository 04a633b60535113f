/// What one element of a tensor is.
public enum ElementType: String, Sendable, CaseIterable {
  case f32, bf16, u8, i32

  public var byteCount: Int {
    switch self {
    case .f32, .i32: 4
    case .bf16: 2
    case .u8: 1
    }
  }

  /// True for the types that stand for real numbers.
  public var isFloat: Bool { self == .f32 || self == .bf16 }
}

/// One extent of a tensor.
public enum Dimension: Sendable, Hashable {
  case fixed(Int)
  /// `N * k`: the images of a call, k of each. The only symbolic extent; it always leads.
  case images(Int)
  /// Not inferred yet; printed as `?`.
  case unknown

  /// `N`, one row per image.
  public static let images = Dimension.images(1)
}

/// How a tensor's elements lie in memory.
public enum Layout: Sendable, Hashable {
  /// Row-major in the order of the dimensions (NCHW, images first).
  case canonical
  /// Blocks of that many images; inside a block row-major, with the images innermost:
  /// `[N / lanes][C][H][W][lanes]`. Vector lanes hold images, so every per-image operation is full width whatever
  /// its channels and edges.
  case lanes(Int)
}

/// Element type, extents and layout of a value.
public struct TensorType: Sendable, Hashable {
  public var element: ElementType
  public var dimensions: [Dimension]
  public var layout: Layout

  public init(_ element: ElementType, _ dimensions: [Dimension], layout: Layout = .canonical) {
    self.element = element
    self.dimensions = dimensions
    self.layout = layout
  }

  /// A tensor without a leading `N`.
  public static func f32(_ extents: Int...) -> TensorType { TensorType(.f32, extents.map { .fixed($0) }) }
  /// One row of the given extents per image.
  public static func perImage(_ extents: Int...) -> TensorType {
    TensorType(.f32, [.images] + extents.map { .fixed($0) })
  }
  public static let scalar = TensorType(.f32, [])

  public var isScalar: Bool { dimensions.isEmpty }
  public var rank: Int { dimensions.count }

  /// True where the leading extent is a multiple of `N`.
  public var isPerImage: Bool {
    if case .images = dimensions.first { return true }
    return false
  }

  /// True for one number per row: `f32[N]`, `f32[N*k]`.
  public var isPerImageNumber: Bool { isPerImage && rank == 1 }

  /// Rows for each image: k where `N*k` leads, else 1.
  public var samples: Int {
    if case .images(let samples) = dimensions.first { return samples }
    return 1
  }

  /// The same with that many rows for each image, where it has a row per image.
  public func with(samples: Int) -> TensorType {
    guard isPerImage else { return self }
    return TensorType(element, [.images(samples)] + dimensions.dropFirst(), layout: layout)
  }

  /// The same elements in the same order with the rows of an image as an extent: `f32[N*k,2]` as `f32[N,k,2]`.
  public var withRowsAsExtent: TensorType {
    guard samples > 1 else { return self }
    return TensorType(element, [.images, .fixed(samples)] + dimensions.dropFirst(), layout: layout)
  }

  /// True where every extent is known.
  public var isComplete: Bool { !dimensions.contains(.unknown) }

  /// The fixed extents, without a leading `N`; unknown ones are left out, so ask `isComplete` first.
  public var extents: [Int] {
    dimensions.compactMap { if case .fixed(let extent) = $0 { extent } else { nil } }
  }

  /// Elements of one image (or of the whole tensor where no `N` leads), or nil past the limit.
  public var elementsPerImage: Int? { checkedProduct(extents) }

  /// Elements per image for a verified type.
  public var count: Int { elementsPerImage ?? 0 }

  /// All extents for a given number of images.
  public func shape(images: Int) -> [Int] {
    dimensions.map {
      switch $0 {
      case .fixed(let extent): extent
      case .images(let samples): images * samples
      case .unknown: 0
      }
    }
  }

  /// What makes the type impossible, or nil. Unknown extents are no fault.
  public var defect: String? {
    if dimensions.dropFirst().contains(where: { if case .images = $0 { true } else { false } }) {
      return "N leads or is not there"
    }
    for dimension in dimensions {
      switch dimension {
      case .images(let samples) where samples < 1 || samples > elementLimit:
        return "N has a factor of 1 or more"
      case .fixed(let extent) where extent < 1: return "its extents have to be 1 or more"
      default: continue
      }
    }
    guard checkedProduct(extents) != nil else {
      return "it is too large, the limit is \(elementLimit) elements per image"
    }
    if case .lanes(let lanes) = layout {
      guard isPerImage, (1...maximumLanes).contains(lanes) else {
        return "only a tensor with a row per image has its images in blocks, of 1 to \(maximumLanes)"
      }
    }
    return nil
  }

  public func with(layout: Layout) -> TensorType { TensorType(element, dimensions, layout: layout) }
  public func with(element: ElementType) -> TensorType { TensorType(element, dimensions, layout: layout) }
}

/// The largest number of elements that one tensor may have per image: 2^28, a gigabyte of float32.
public let elementLimit = 1 << 28

/// The largest block of images that a layout may have.
public let maximumLanes = 4096

/// The product of extents, or nil where one is not positive or the product passes `elementLimit`.
public func checkedProduct(_ extents: [Int]) -> Int? {
  var product = 1
  for extent in extents {
    let (next, overflow) = product.multipliedReportingOverflow(by: extent)
    guard extent > 0, !overflow, next <= elementLimit else { return nil }
    product = next
  }
  return product
}

extension Dimension: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fixed(let extent): "\(extent)"
    case .images(1): "N"
    case .images(let samples): "N*\(samples)"
    case .unknown: "?"
    }
  }
}

extension TensorType: CustomStringConvertible {
  /// As the IR prints it: `f32[N,32,14,14]`, with the layout in braces where it is not canonical: `f32[N,2]{n32}`.
  public var description: String {
    let extents = dimensions.map(\.description).joined(separator: ",")
    switch layout {
    case .canonical: return "\(element.rawValue)[\(extents)]"
    case .lanes(let lanes): return "\(element.rawValue)[\(extents)]{n\(lanes)}"
    }
  }
}
