/// Images by number, as training and evaluation read them. The data sets of the program conform through a few lines
/// in its tools; so the runtime knows no file form.
public protocol ImageSource: Sendable {
  var count: Int { get }
  /// Channels, height, width.
  var imageShape: [Int] { get }
  /// The bytes of these images, one image behind the other, each row-major in `imageShape`.
  func bytes(of images: ArraySlice<Int>) throws -> [UInt8]
  /// The classes of these images, where the data have classes.
  func labels(of images: ArraySlice<Int>) throws -> [Int32]?
  /// The numbers of these images for their random noise: as a rule their own.
  func numbers(of images: ArraySlice<Int>) throws -> [Int]
}

extension ImageSource {
  public func numbers(of images: ArraySlice<Int>) throws -> [Int] { Array(images) }
  public func labels(of images: ArraySlice<Int>) throws -> [Int32]? { nil }
}

/// Images in memory.
public struct ImageArray: ImageSource {
  public let imageShape: [Int]
  public let count: Int
  private let storage: [UInt8]
  private let classes: [Int32]?

  /// - Parameters:
  ///   - bytes: whole images of `imageShape`, one behind the other; what is over is left away
  ///   - labels: one class per image
  public init(imageShape: [Int], bytes: [UInt8], labels: [Int32]? = nil) {
    self.imageShape = imageShape
    let size = max(1, imageShape.reduce(1, *))
    count = bytes.count / size
    storage = bytes
    classes = labels?.count == count ? labels : nil
  }

  public func bytes(of images: ArraySlice<Int>) throws -> [UInt8] {
    let size = imageShape.reduce(1, *)
    var result: [UInt8] = []
    result.reserveCapacity(images.count * size)
    for image in images {
      guard image >= 0, image < count else { throw RunError.noImage(image, count: count) }
      result += storage[image * size..<(image + 1) * size]
    }
    return result
  }

  public func labels(of images: ArraySlice<Int>) throws -> [Int32]? {
    guard let classes else { return nil }
    return try images.map { image in
      guard classes.indices.contains(image) else { throw RunError.noImage(image, count: count) }
      return classes[image]
    }
  }
}
