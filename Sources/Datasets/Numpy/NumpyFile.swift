internal import Artifact
internal import CZlib
import Foundation

/// An array in a file, read when it is asked for.
public struct NumpyArray: Sendable {
  /// Its name in an .npz file; empty for an .npy file.
  public let name: String
  public let header: NPYHeader
  /// For messages: the file, and the member in it.
  let path: String
  private let file: PositionedFile
  /// In an .npz file.
  private let member: ZipArchive.Member?
  private let headerBytes: Int

  /// The file.
  var filePath: String { file.path }
  public var shape: [Int] { header.shape }
  public var element: NumpyElement { header.element }
  /// The number of elements.
  public var count: Int { header.count ?? 0 }

  init(_ file: PositionedFile) throws {
    self.file = file
    name = ""
    path = file.path
    member = nil
    let reader = FileReader(file, range: 0..<file.size)
    (header, headerBytes) = try NPYHeader.read(reader)
    try check(reader)
  }

  init(_ archive: ZipArchive, _ member: ZipArchive.Member) throws {
    file = archive.file
    name = member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
    self.member = member
    let reader = try archive.open(member)
    path = reader.path
    (header, headerBytes) = try NPYHeader.read(reader)
    try check(reader)
  }

  /// Holds the shape against what the file can contain.
  private func check(_ reader: any ByteReader) throws {
    let bytes = count * element.size
    guard bytes <= reader.mostBytesLeft else {
      throw DatasetError.file(path: path, fault: .truncated(expected: bytes, available: reader.mostBytesLeft))
    }
  }

  /// A reader of the elements as they stand in the file.
  func open() throws -> any ByteReader {
    let reader: any ByteReader
    if let member {
      reader = try ZipArchive(file).open(member)
    } else {
      reader = FileReader(file, range: 0..<file.size)
    }
    guard try reader.skip(headerBytes) == headerBytes else {
      throw DatasetError.file(path: path, fault: .truncatedHeader)
    }
    return reader
  }

  /// Where the elements stand in the file as they are: nil for a compressed member.
  var place: (file: PositionedFile, offset: Int)? {
    get throws {
      guard let member else { return (file, headerBytes) }
      guard !member.isDeflated else { return nil }
      return (file, try ZipArchive(file).dataRange(member).lowerBound + headerBytes)
    }
  }

  /// The elements' bytes, the last index fastest.
  func bytes() throws -> [UInt8] {
    let count = count * element.size
    // The bytes, in two orders perhaps, and the numbers made of them.
    guard AvailableMemory.holds(count, copies: 4) else {
      throw DatasetError.file(path: path, fault: .tooLarge(bytes: count))
    }
    let bytes = try open().read(count: count)
    guard bytes.count == count else {
      throw DatasetError.file(path: path, fault: .truncated(expected: count, available: bytes.count))
    }
    return header.isFortranOrder ? FortranOrder(header).rowMajor(bytes) : bytes
  }

  /// The elements as floats, the last index fastest; wider ones are rounded.
  public func floats() throws -> [Float] {
    try bytes().numbers(element) { Float($0) }
  }

  /// The elements as whole numbers.
  ///
  /// - Throws: `DatasetError` also for an array of floats.
  public func wholeNumbers() throws -> [Int] {
    guard element.kind != .float else {
      throw DatasetError.file(
        path: path,
        fault: .unsuitable(
          problem: "is an array of floats (\(element.name))", remedy: "convert it with astype(int)"))
    }
    return try bytes().wholeNumbers(element)
  }

  /// The elements as grey levels: see `PixelConversion`.
  public func pixels() throws -> [UInt8] {
    try PixelConversion(element, path: path).bytes(try bytes())
  }
}

/// Files of NumPy arrays: .npy holds one, .npz (a ZIP archive) several.
public enum NumpyFile {
  /// The arrays of a file, in their order; which kind of file it is, its first bytes say. Members of an archive that
  /// are no arrays of numbers are left away where `name` asks for others.
  ///
  /// - Throws: `DatasetError`.
  public static func arrays(_ path: String) throws -> [NumpyArray] {
    let file = try PositionedFile(path: path)
    let start = try FileReader(file, range: 0..<file.size).read(count: 4)
    guard start == ZipArchive.signature || start == ZipArchive.emptySignature else {
      return [try NumpyArray(file)]
    }
    let archive = try ZipArchive(file)
    var arrays: [NumpyArray] = []
    var failure: (any Error)?
    for member in archive.members where member.name.hasSuffix(".npy") {
      // One that holds Python objects does not keep the others from being read.
      do { arrays.append(try NumpyArray(archive, member)) } catch { failure = failure ?? error }
    }
    guard !arrays.isEmpty else {
      throw failure
        ?? DatasetError.file(
          path: path, fault: .unsuitable(problem: "holds no arrays", remedy: "save some with numpy.savez"))
    }
    return arrays
  }

  /// An array to write.
  public struct ArrayToWrite: Sendable {
    let name: String
    let header: NPYHeader
    let bytes: [UInt8]

    /// - Parameter shape: its product is the number of values.
    public init(_ name: String, _ values: [Float], shape: [Int]) {
      self.init(name, .f32, values.map(\.bitPattern), shape)
    }

    public init(_ name: String, _ values: [Int32], shape: [Int]) { self.init(name, .i32, values, shape) }

    public init(_ name: String, _ values: [UInt8], shape: [Int]) { self.init(name, .u8, values, shape) }

    private init<T: FixedWidthInteger>(_ name: String, _ element: NumpyElement, _ values: [T], _ shape: [Int]) {
      self.name = name
      header = NPYHeader(element: element, shape: shape)
      bytes = values.map(\.littleEndian).withUnsafeBytes { Array($0) }
    }
  }

  /// Writes one array as an .npy file.
  public static func write(_ array: ArrayToWrite, to path: String) throws {
    try AtomicFile.write(to: path) { sink in
      try sink.write(array.header.write())
      try sink.write(array.bytes)
    }
  }

  /// Writes arrays as an .npz file, uncompressed.
  public static func write(_ arrays: [ArrayToWrite], to path: String) throws {
    try AtomicFile.write(to: path) { sink in
      var writer = ZipWriter()
      for array in arrays {
        try writer.add(name: array.name + ".npy", array.header.write() + array.bytes, to: &sink)
      }
      try writer.finish(&sink)
    }
  }
}

/// Puts elements that vary fastest by the first index into the order of the last.
struct FortranOrder {
  private let shape: [Int]
  private let size: Int

  init(_ header: NPYHeader) {
    shape = header.shape
    size = header.element.size
  }

  func rowMajor(_ bytes: [UInt8]) -> [UInt8] {
    guard shape.count > 1 else { return bytes }
    var strides: [Int] = []
    var stride = size
    for extent in shape {
      strides.append(stride)
      stride *= extent
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for _ in 0..<(bytes.count / max(1, size)) {
      result += bytes[place..<(place + size)]
      // The next index, the last place first.
      for dimension in shape.indices.reversed() {
        index[dimension] += 1
        place += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        place -= strides[dimension] * shape[dimension]
        index[dimension] = 0
      }
    }
    return result
  }
}

/// How numbers become the 256 levels that models train on: bytes as they are, truth values 0 and 255, whole numbers
/// from 0 to 255, floats from 0 to 1 by round(255 v), halves away from zero. Other values are refused.
struct PixelConversion: Sendable {
  private let element: NumpyElement
  private let path: String

  init(_ element: NumpyElement, path: String) {
    self.element = element
    self.path = path
  }

  func bytes(_ raw: [UInt8]) throws -> [UInt8] {
    switch element.kind {
    case .boolean: return raw.map { $0 == 0 ? 0 : 255 }
    case .unsigned where element.size == 1: return raw
    case .signed, .unsigned:
      return try raw.wholeNumbers(element).map { value in
        guard (0...255).contains(value) else { throw refusal("\(value)") }
        return UInt8(value)
      }
    case .float:
      return try raw.numbers(element) { value in
        guard value >= 0, value <= 1 else { throw refusal("\(value)") }
        return UInt8((value * 255).rounded())
      }
    }
  }

  private func refusal(_ value: String) -> DatasetError {
    .file(
      path: path,
      fault: .unsuitable(
        problem: "holds the value \(value)",
        remedy: "pixels are whole numbers from 0 to 255, or floats from 0 to 1"))
  }
}

extension [UInt8] {
  /// The elements as `body` makes them of their values; there has to be a whole number of them.
  func numbers<T>(_ element: NumpyElement, _ body: (Double) throws -> T) rethrows -> [T] {
    switch (element.kind, element.size) {
    case (.float, 2): try words(element, UInt16.self) { try body(Double(halfBits: $0)) }
    case (.float, 4): try words(element, UInt32.self) { try body(Double(Float(bitPattern: $0))) }
    case (.float, _): try words(element, UInt64.self) { try body(Double(bitPattern: $0)) }
    default: try wholeNumbers(element).map { try body(Double($0)) }
    }
  }

  /// The whole numbers that the elements are; those of 64 bits that fit no Int are the largest Int.
  func wholeNumbers(_ element: NumpyElement) -> [Int] {
    switch (element.kind, element.size) {
    case (.boolean, _): map { $0 == 0 ? 0 : 1 }
    case (.signed, 1): map { Int(Int8(bitPattern: $0)) }
    case (.signed, 2): words(element, UInt16.self) { Int(Int16(bitPattern: $0)) }
    case (.signed, 4): words(element, UInt32.self) { Int(Int32(bitPattern: $0)) }
    case (.signed, _): words(element, UInt64.self) { Int(Int64(bitPattern: $0)) }
    case (_, 1): map { Int($0) }
    case (_, 2): words(element, UInt16.self) { Int($0) }
    case (_, 4): words(element, UInt32.self) { Int($0) }
    default: words(element, UInt64.self) { Int(clamping: $0) }
    }
  }

  private func words<Word: FixedWidthInteger, T>(
    _ element: NumpyElement, _ type: Word.Type, _ body: (Word) throws -> T
  ) rethrows -> [T] {
    let size = MemoryLayout<Word>.size
    return try withUnsafeBytes { bytes in
      try (0..<bytes.count / size).map { index in
        // `index < count / size`: the word lies inside.
        let word = bytes.loadUnaligned(fromByteOffset: index * size, as: Word.self)
        return try body(element.isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word))
      }
    }
  }
}

extension Double {
  /// IEEE 754 binary16.
  init(halfBits bits: UInt16) {
    let sign: Double = bits >> 15 == 0 ? 1 : -1
    let fraction = Double(bits & 0x3FF)
    switch (bits >> 10) & 0x1F {
    case 0: self = sign * fraction * 0x1p-24
    case 0x1F: self = fraction == 0 ? sign * .infinity : .nan
    case let exponent:
      self = sign * Double(sign: .plus, exponent: Int(exponent) - 25, significand: fraction + 1024)
    }
  }
}
