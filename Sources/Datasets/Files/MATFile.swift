/// An array of numbers in a MATLAB file, read when it is asked for. MATLAB's order: the first index varies fastest.
struct MATArray {
  let name: String
  /// As MATLAB says it, at least two sizes.
  let shape: [Int]
  /// How the numbers stand in the file, which may be narrower than what they are in MATLAB.
  let element: NumpyElement
  /// For messages: the file, and the variable in it.
  let path: String
  fileprivate let variable: MATFile.Variable

  /// The number of elements.
  var count: Int { shape.reduce(1, *) }

  /// A reader of the numbers as they stand in the file.
  func open() throws -> any ByteReader { try variable.open().reader }
}

/// A MATLAB file of level 5 ("MAT-File Format", The MathWorks): what `save -v6` and `-v7` write, SVHN's files among them.
/// Real arrays of numbers are read, the others (cells, structures, text, sparse and complex arrays) passed over.
struct MATFile {
  let arrays: [MATArray]

  private static let headerBytes = 128
  /// The sizes of an element's tag.
  private static let tagBytes = 8
  private static let longestName = 4096
  private static let mostDimensions = 32

  /// Data types of the format's table 1-1.
  fileprivate enum DataType: Int {
    case int8 = 1
    case uint8 = 2
    case int16 = 3
    case uint16 = 4
    case int32 = 5
    case uint32 = 6
    case single = 7
    case double = 9
    case int64 = 12
    case uint64 = 13
    case matrix = 14
    case compressed = 15

    /// The numbers that they are; nil for those that are none.
    func element(isBigEndian: Bool) -> NumpyElement? {
      switch self {
      case .int8: NumpyElement(.signed, size: 1, isBigEndian: isBigEndian)
      case .uint8: .u8
      case .int16: NumpyElement(.signed, size: 2, isBigEndian: isBigEndian)
      case .uint16: NumpyElement(.unsigned, size: 2, isBigEndian: isBigEndian)
      case .int32: NumpyElement(.signed, size: 4, isBigEndian: isBigEndian)
      case .uint32: NumpyElement(.unsigned, size: 4, isBigEndian: isBigEndian)
      case .single: NumpyElement(.float, size: 4, isBigEndian: isBigEndian)
      case .double: NumpyElement(.float, size: 8, isBigEndian: isBigEndian)
      case .int64: NumpyElement(.signed, size: 8, isBigEndian: isBigEndian)
      case .uint64: NumpyElement(.unsigned, size: 8, isBigEndian: isBigEndian)
      case .matrix, .compressed: nil
      }
    }
  }

  /// A variable's place in the file.
  struct Variable {
    fileprivate let file: PositionedFile
    fileprivate let range: Range<Int>
    fileprivate let isCompressed: Bool
    fileprivate let isBigEndian: Bool
  }

  /// Reads what arrays there are.
  ///
  /// - Throws: `DatasetError`: not of this format, or damaged.
  init(path: String) throws {
    let file = try PositionedFile(path: path)
    let header = try FileReader(file, range: 0..<file.size).read(count: Self.headerBytes)
    if header.starts(with: Array("MATLAB 7.3".utf8)) || header.starts(with: [0x89, 0x48, 0x44, 0x46]) {
      throw DatasetError.file(
        path: path,
        fault: .unsuitable(problem: "is a MATLAB file of version 7.3", remedy: "save it with -v7 in MATLAB"))
    }
    let sign = header.suffix(2)
    guard header.count == Self.headerBytes, sign == [0x49, 0x4D] || sign == [0x4D, 0x49] else {
      throw DatasetError.file(
        path: path, fault: .notFormat(name: "MATLAB", reason: "its header has no sign of the byte order"))
    }
    let isBigEndian = sign == [0x4D, 0x49]
    var arrays: [MATArray] = []
    var place = Self.headerBytes
    while place + Self.tagBytes <= file.size {
      let reader = FileReader(file, range: place..<file.size)
      let tag = try Tag(reader, isBigEndian)
      let end = place + Self.tagBytes + tag.bytes
      guard tag.inline == nil, tag.bytes <= file.size - place - Self.tagBytes else {
        throw DatasetError.file(
          path: path, fault: .truncated(expected: tag.bytes, available: file.size - place - Self.tagBytes))
      }
      if tag.type == .matrix || tag.type == .compressed {
        let isCompressed = tag.type == .compressed
        let variable = Variable(
          file: file, range: (isCompressed ? place + Self.tagBytes : place)..<end, isCompressed: isCompressed,
          isBigEndian: isBigEndian)
        if let array = try variable.open().array { arrays.append(array) }
      }
      // Everything but compressed variables is padded to eight bytes.
      place = tag.type == .compressed ? end : end + (8 - end % 8) % 8
    }
    self.arrays = arrays
  }

  /// The beginning of an element: its type, and its length or, where there are up to four bytes, these themselves.
  fileprivate struct Tag {
    fileprivate let type: DataType?
    let bytes: Int
    let inline: [UInt8]?

    init(_ reader: any ByteReader, _ isBigEndian: Bool) throws {
      let tag = try reader.read(count: MATFile.tagBytes)
      guard tag.count == MATFile.tagBytes else { throw MATFile.cut(reader.path) }
      let word = MATFile.number(tag[..<4], isBigEndian)
      if word >> 16 != 0 {
        // The small form: the length stands in the upper half of the type.
        type = DataType(rawValue: word & 0xFFFF)
        bytes = word >> 16
        guard bytes <= 4 else {
          throw DatasetError.file(
            path: reader.path, fault: .notFormat(name: "MATLAB", reason: "an element's length is out of bounds")
          )
        }
        inline = Array(tag[4..<(4 + bytes)])
      } else {
        type = DataType(rawValue: word)
        bytes = MATFile.number(tag[4...], isBigEndian)
        inline = nil
      }
    }

    /// The element's bytes, of which there may be no more than `most`; the reader stands behind its padding.
    func read(_ reader: any ByteReader, most: Int) throws -> [UInt8] {
      if let inline { return inline }
      guard bytes <= most else {
        throw DatasetError.file(
          path: reader.path, fault: .notFormat(name: "MATLAB", reason: "an element's length is out of bounds"))
      }
      let data = try reader.read(count: bytes)
      let padding = (8 - bytes % 8) % 8
      guard data.count == bytes, try reader.skip(padding) == padding else { throw MATFile.cut(reader.path) }
      return data
    }
  }

  fileprivate static func number(_ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool) -> Int {
    (isBigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | Int($1) }
  }

  fileprivate static func cut(_ path: String) -> DatasetError {
    .file(path: path, fault: .notFormat(name: "MATLAB", reason: "it ends inside a variable"))
  }
}

extension MATFile.Variable {
  /// A reader that stands at the numbers, and what they are; nil for a variable of another kind.
  fileprivate func open() throws -> (reader: any ByteReader, array: MATArray?) {
    var reader: any ByteReader = FileReader(file, range: range)
    if isCompressed { reader = try InflateReader(source: reader, .zlib) }
    let tag = try MATFile.Tag(reader, isBigEndian)
    guard tag.type == .matrix, tag.inline == nil else { return (reader, nil) }
    let flags = try MATFile.Tag(reader, isBigEndian).read(reader, most: 8)
    guard flags.count == 8 else { throw MATFile.cut(reader.path) }
    let word = MATFile.number(flags[..<4], isBigEndian)
    // Classes 6 to 15 are double, single and the whole numbers; the flag 8 means complex.
    guard (6...15).contains(word & 0xFF), word & 0x800 == 0 else { return (reader, nil) }
    let sizes = try MATFile.Tag(reader, isBigEndian).read(reader, most: 4 * MATFile.mostDimensions)
    let shape = stride(from: 0, to: sizes.count - 3, by: 4).map {
      MATFile.number(sizes[$0..<($0 + 4)], isBigEndian)
    }
    let name = String(
      decoding: try MATFile.Tag(reader, isBigEndian).read(reader, most: MATFile.longestName), as: UTF8.self)
    let numbers = try MATFile.Tag(reader, isBigEndian)
    guard let element = numbers.type?.element(isBigEndian: isBigEndian) else { throw MATFile.cut(reader.path) }
    let array = MATArray(
      name: name, shape: shape, element: element, path: "\(file.path)' variable '\(name)", variable: self)
    let header = NPYHeader(element: element, shape: shape)
    guard shape.count >= 2, let count = header.count, count <= Int.max / 8,
      count * element.size == numbers.bytes
    else {
      throw DatasetError.file(
        path: array.path, fault: .notFormat(name: "MATLAB", reason: "its sizes and its length disagree"))
    }
    if let inline = numbers.inline { return (BytesReader(inline, path: reader.path), array) }
    guard numbers.bytes <= reader.mostBytesLeft else {
      throw DatasetError.file(
        path: array.path, fault: .truncated(expected: numbers.bytes, available: reader.mostBytesLeft))
    }
    return (reader, array)
  }
}

/// Bytes that are there already.
final class BytesReader: ByteReader {
  let path: String
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8], path: String) {
    rest = bytes[...]
    self.path = path
  }

  var mostBytesLeft: Int { rest.count }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = min(buffer.count, rest.count)
    buffer.copyBytes(from: rest.prefix(count))
    rest.removeFirst(count)
    return count
  }
}

extension MATArray {
  /// All numbers as whole ones.
  func wholeNumbers(most: Int) throws -> [Int] {
    guard count <= most else {
      throw DatasetError.file(path: path, fault: .tooLarge(bytes: count))
    }
    let bytes = try open().read(count: count * element.size)
    guard bytes.count == count * element.size else { throw MATFile.cut(path) }
    return bytes.numbers(element) { $0.isFinite && abs($0) < 1e15 ? Int($0) : -1 }
  }
}
