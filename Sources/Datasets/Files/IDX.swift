internal import Artifact

/// An array of unsigned bytes from an IDX file, the format of MNIST (LeCun, Cortes, Burges: "The MNIST database of
/// handwritten digits"): two zero bytes, the element type, the rank, the sizes as big-endian 32-bit words, the data in
/// row-major order.
public struct IDXArray: Sendable, Equatable {
  /// The sizes, outermost first; none is zero.
  public let dimensions: [Int]
  /// The elements, row-major; as many as the product of the sizes.
  public let elements: [UInt8]

  /// Type code of unsigned bytes, the only elements that are read.
  static let unsignedByte: UInt8 = 0x08
  static let gzipSignature: [UInt8] = [0x1F, 0x8B]

  /// Reads an IDX file, plain or gzip; which of both is told by its first bytes, not by its name.
  ///
  /// Nothing is allocated by the header's sizes before they were held against what the file can contain.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - rank: the number of dimensions that it has to have.
  ///   - purpose: what the file is read for, in the plural, for the message about a wrong rank.
  /// - Throws: `DatasetError`: unreadable, a directory, not IDX, other elements or rank, truncated, trailing bytes,
  ///   damaged compression.
  public static func read(path: String, rank: Int, purpose: String = "these data") throws -> IDXArray {
    let reader = try openIDX(path: path)
    let dimensions = try readIDXHeader(reader, rank: rank, purpose: purpose)
    let count = try elementCount(dimensions, path: path)
    guard count <= reader.mostBytesLeft else {
      throw DatasetError.file(path: path, fault: .truncated(expected: count, available: reader.mostBytesLeft))
    }
    guard AvailableMemory.holds(count) else {
      throw DatasetError.file(path: path, fault: .tooLarge(bytes: count))
    }
    let elements = try reader.read(count: count)
    guard elements.count == count else {
      throw DatasetError.file(path: path, fault: .truncated(expected: count, available: elements.count))
    }
    // Reads to the end, which also makes zlib verify its check sum.
    guard try reader.read(count: 1).isEmpty else { throw DatasetError.file(path: path, fault: .trailingBytes) }
    return IDXArray(dimensions: dimensions, elements: elements)
  }
}

/// The images of an IDX file of rank 3: number, height, width.
struct IDXImages {
  let path: String
  let count: Int
  /// Height and width.
  let sides: [Int]
  private let isCompressed: Bool
  private static let purpose = "images"
  private static let rank = 3
  private static let headerBytes = 4 + 4 * rank

  /// Reads the header.
  ///
  /// - Throws: `DatasetError`: as `IDXArray.read`, and what only the end of a compressed file shows when that is read.
  init(path: String) throws {
    self.path = path
    let reader = try openIDX(path: path)
    let dimensions = try readIDXHeader(reader, rank: Self.rank, purpose: Self.purpose)
    count = dimensions[0]
    sides = Array(dimensions.dropFirst())
    isCompressed = reader is InflateReader
    let bytes = try elementCount(dimensions, path: path)
    let available = reader.mostBytesLeft
    guard bytes <= available else {
      throw DatasetError.file(path: path, fault: .truncated(expected: bytes, available: available))
    }
    guard isCompressed || bytes == available else { throw DatasetError.file(path: path, fault: .trailingBytes) }
  }

  /// The images as they lie in the file, or of a compressed one from the cache.
  func store(_ options: ImageOptions, cache: String?) throws -> ImageStore {
    guard isCompressed else {
      return try ImageStore(
        PositionedFile(path: path), offset: Self.headerBytes, count: count, imageBytes: sides.reduce(1, *)
      ).inMemoryIfSmall()
    }
    // As they are: what the options ask for is made of any data set in the same way.
    var asTheyAre = ImageOptions(usesCache: options.usesCache, limit: options.limit, threads: options.threads)
    asTheyAre.warn = options.warn
    let records = RecordImages(files: [path], kind: "idx", shape: [1] + sides, count: count, open: open)
    return try records.store(asTheyAre, cache: cache).store
  }

  /// Gives one image behind the other, and sees to it that nothing follows the last.
  private func open() throws -> () throws -> [UInt8] {
    let reader = try openIDX(path: path)
    _ = try readIDXHeader(reader, rank: Self.rank, purpose: Self.purpose)
    let (path, count, imageBytes) = (path, count, sides.reduce(1, *))
    var given = 0
    return {
      let bytes = try reader.read(count: imageBytes)
      guard bytes.count == imageBytes else {
        throw DatasetError.file(
          path: path,
          fault: .truncated(expected: count * imageBytes, available: given * imageBytes + bytes.count))
      }
      given += 1
      // Reads to the end, which also makes zlib verify its check sum.
      guard try given < count || reader.read(count: 1).isEmpty else {
        throw DatasetError.file(path: path, fault: .trailingBytes)
      }
      return bytes
    }
  }
}

/// The bytes of an IDX file from its beginning, plain or out of gzip.
private func openIDX(path: String) throws -> any ByteReader {
  let firstBytes = try FileReader(path: path).read(count: 4)
  if firstBytes.starts(with: IDXArray.gzipSignature) {
    return try InflateReader(source: FileReader(path: path), .gzip)
  }
  // A file that is not IDX either gets the message about what its name promises.
  if path.hasSuffix(".gz"), !firstBytes.starts(with: [0, 0]) {
    throw DatasetError.file(path: path, fault: .notGzip(firstBytes: firstBytes))
  }
  return try FileReader(path: path)
}

/// Reads the header and returns the sizes.
private func readIDXHeader(_ reader: any ByteReader, rank: Int, purpose: String) throws -> [Int] {
  let magic = try reader.read(count: 4)
  guard magic.starts(with: [0, 0]) || magic.isEmpty else {
    throw DatasetError.file(path: reader.path, fault: .notIDX(firstBytes: magic))
  }
  guard magic.count == 4 else { throw DatasetError.file(path: reader.path, fault: .truncatedHeader) }
  guard magic[2] == IDXArray.unsignedByte else {
    throw DatasetError.file(path: reader.path, fault: .elementType(code: magic[2]))
  }
  guard Int(magic[3]) == rank else {
    throw DatasetError.file(
      path: reader.path, fault: .rank(found: Int(magic[3]), needed: rank, purpose: purpose))
  }
  let sizes = try reader.read(count: 4 * rank)
  guard sizes.count == 4 * rank else { throw DatasetError.file(path: reader.path, fault: .truncatedHeader) }
  let dimensions = (0..<rank).map { dimension in
    sizes[(4 * dimension)..<(4 * dimension + 4)].reduce(0) { $0 << 8 | Int($1) }
  }
  guard !dimensions.contains(0) else {
    throw DatasetError.file(path: reader.path, fault: .empty(dimensions: dimensions))
  }
  return dimensions
}

private func elementCount(_ dimensions: [Int], path: String) throws -> Int {
  var count = 1
  for dimension in dimensions {
    let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow else { throw DatasetError.file(path: path, fault: .sizeOverflow(dimensions: dimensions)) }
    count = product
  }
  return count
}
