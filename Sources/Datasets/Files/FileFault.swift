/// What is wrong with a data file. Printed after the file's name: "'PATH' is truncated: ...".
public enum FileFault: Equatable, Sendable {
  /// The operating system refused; `reason` is its own text.
  case unreadable(reason: String)
  /// A directory stands where a file is needed.
  case directory
  /// A device, pipe or socket stands where a file is needed.
  case notRegular
  /// The first bytes are not those of an IDX file.
  case notIDX(firstBytes: [UInt8])
  /// The file is named .gz, and its first bytes are those of neither gzip nor IDX.
  case notGzip(firstBytes: [UInt8])
  /// The elements are not unsigned bytes; `code` is IDX's type code.
  case elementType(code: UInt8)
  /// The number of dimensions is not the one that `purpose` need.
  case rank(found: Int, needed: Int, purpose: String)
  /// A dimension is zero.
  case empty(dimensions: [Int])
  /// The images have other sides than those of the data set.
  case imageSides(found: [Int], needed: [Int])
  /// A label has no class.
  case labelOutOfRange(index: Int, label: Int, classes: Int)
  /// The product of the dimensions does not fit an integer.
  case sizeOverflow(dimensions: [Int])
  /// The file ends before its header does.
  case truncatedHeader
  /// The header promises `expected` bytes of data where the file can hold at most `available`.
  case truncated(expected: Int, available: Int)
  /// There is no memory for the data.
  case tooLarge(bytes: Int)
  /// Bytes follow the last element.
  case trailingBytes
  /// The compressed data end before their end mark.
  case truncatedGzip
  /// The compressed data are damaged; `reason` is zlib's text.
  case damagedGzip(reason: String)
  /// Compressed data inside the file end before their end mark.
  case truncatedDeflate
  /// Compressed data inside the file are damaged; `reason` is zlib's text.
  case damagedDeflate(reason: String)
  /// The file has become shorter while it was read.
  case shrunk
  /// The file is not of the format that it should be; `reason` says why.
  case notFormat(name: String, reason: String)
  /// The file is of its format, and holds what is not to be taken: `problem` and `remedy`.
  case unsuitable(problem: String, remedy: String)
}

extension FileFault: CustomStringConvertible {
  public var description: String { "\(problem); \(remedy)" }

  private var problem: String {
    switch self {
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .directory: "is a directory where a file is needed"
    case .notRegular: "is a device or a pipe where a file is needed"
    case .notIDX(let bytes): "is not an IDX file: it starts with \(hex(bytes)), not with 00 00"
    case .notGzip(let bytes): "is named .gz but is not gzip: it starts with \(hex(bytes)), not with 1f 8b"
    case .elementType(let code):
      "holds elements of type 0x\(hex([code]))\(Self.elementName(code)) where unsigned bytes (0x08) are needed"
    case .rank(let found, let needed, let purpose):
      "has \(found) dimension\(found == 1 ? "" : "s") where \(purpose) need \(needed)"
    case .empty(let dimensions): "holds no data: its sizes are \(product(dimensions))"
    case .imageSides(let found, let needed):
      "holds images of \(product(found)) where \(product(needed)) are needed"
    case .labelOutOfRange(let index, let label, let classes):
      "gives image \(index) the label \(label) where labels run from 0 to \(classes - 1)"
    case .sizeOverflow(let dimensions):
      "is damaged: its header declares \(product(dimensions)) elements, more than can be counted"
    case .truncatedHeader: "is truncated: it ends inside its header"
    case .truncated(let expected, let available):
      "is truncated: its header promises \(expected) bytes of data, and at most \(available) are there"
    case .tooLarge(let bytes): "holds \(bytes) bytes of data, more than there is memory for"
    case .trailingBytes: "is damaged: bytes follow the data that its header declares"
    case .truncatedGzip: "is truncated: its gzip data end before their end mark"
    case .damagedGzip(let reason): "is damaged: its gzip data do not decompress (\(reason))"
    case .truncatedDeflate: "is truncated: its compressed data end before their end mark"
    case .damagedDeflate(let reason): "is damaged: its compressed data do not decompress (\(reason))"
    case .shrunk: "has become shorter while it was read"
    case .notFormat(let name, let reason): "is no \(name) file, or a damaged one: \(reason)"
    case .unsuitable(let problem, _): problem
    }
  }

  private var remedy: String {
    switch self {
    case .unreadable: "check the path and its permissions"
    case .directory: "put the file itself in its place"
    case .notRegular: "copy the data to an ordinary file"
    case .notIDX, .notGzip: "get the file again (a web page may have been saved in its place)"
    case .elementType: "convert the file"
    case .tooLarge: "take a part of it"
    case .rank: "check that the images and the labels file are not exchanged"
    case .imageSides: "check that the file belongs to this data set"
    case .unsuitable(_, let remedy): remedy
    case .shrunk: "leave it alone while it is used"
    case .empty, .labelOutOfRange, .sizeOverflow, .truncatedHeader, .truncated, .trailingBytes, .truncatedGzip,
      .damagedGzip, .truncatedDeflate, .damagedDeflate, .notFormat:
      "get the file again"
    }
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.isEmpty
      ? "nothing" : bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  private func product(_ dimensions: [Int]) -> String {
    dimensions.map(String.init).joined(separator: " x ")
  }

  private static func elementName(_ code: UInt8) -> String {
    switch code {
    case 0x09: " (signed bytes)"
    case 0x0B: " (16-bit integers)"
    case 0x0C: " (32-bit integers)"
    case 0x0D: " (32-bit floats)"
    case 0x0E: " (64-bit floats)"
    default: ""
    }
  }
}
