/// The elements of a NumPy array: NumPy's array interface protocol, version 3, "typestr".
public struct NumpyElement: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case boolean = "b"
    case signed = "i"
    case unsigned = "u"
    case float = "f"
  }

  public let kind: Kind
  /// Bytes of an element: 1, 2, 4 or 8.
  public let size: Int
  public let isBigEndian: Bool

  public init(_ kind: Kind, size: Int, isBigEndian: Bool = false) {
    self.kind = kind
    self.size = size
    self.isBigEndian = isBigEndian
  }

  public static let u8 = NumpyElement(.unsigned, size: 1)
  public static let i32 = NumpyElement(.signed, size: 4)
  public static let i64 = NumpyElement(.signed, size: 8)
  public static let f32 = NumpyElement(.float, size: 4)

  /// The element that a text such as `<f4` names; nil for those that are no numbers.
  init?(_ text: String) {
    let letters = Array(text)
    guard letters.count == 3, "<>|=".contains(letters[0]), let kind = Kind(rawValue: String(letters[1])),
      let size = letters[2].wholeNumberValue
    else { return nil }
    let sizes =
      switch kind {
      case .boolean: [1]
      case .signed, .unsigned: [1, 2, 4, 8]
      case .float: [2, 4, 8]
      }
    guard sizes.contains(size) else { return nil }
    self.init(kind, size: size, isBigEndian: letters[0] == ">")
  }

  /// `<f4`.
  var text: String { (size == 1 ? "|" : isBigEndian ? ">" : "<") + kind.rawValue + String(size) }

  /// For messages: `f4`.
  public var name: String { kind.rawValue + String(size) }
}

/// The header of an array file (NumPy Enhancement Proposal 1; versions 1 to 3 of the format).
public struct NPYHeader: Sendable, Equatable {
  public let element: NumpyElement
  /// Empty for a single number.
  public let shape: [Int]
  /// Whether the first index varies fastest.
  public let isFortranOrder: Bool

  public init(element: NumpyElement, shape: [Int], isFortranOrder: Bool = false) {
    self.element = element
    self.shape = shape
    self.isFortranOrder = isFortranOrder
  }

  static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Headers of arrays of numbers have about a hundred bytes; NumPy itself refuses more than 10,000.
  private static let longest = 1 << 16

  /// The number of elements; nil where it cannot be counted.
  var count: Int? {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }

  /// Reads a header; the reader stands at the data afterwards. Returns the header and its length.
  static func read(_ reader: any ByteReader) throws -> (header: NPYHeader, bytes: Int) {
    func damaged(_ reason: String) -> DatasetError {
      .file(path: reader.path, fault: .notFormat(name: "NPY", reason: reason))
    }
    let start = try reader.read(count: 8)
    guard start.count == 8, start.starts(with: signature) else {
      throw damaged("it does not begin with \\x93NUMPY")
    }
    guard (1...3).contains(start[6]) else { throw damaged("its version is \(start[6]), and 1 to 3 are known") }
    let lengthBytes = start[6] == 1 ? 2 : 4
    let lengthText = try reader.read(count: lengthBytes)
    let length = lengthText.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard lengthText.count == lengthBytes, length <= longest else {
      throw damaged("its header would have \(length) bytes")
    }
    let text = try reader.read(count: length)
    guard text.count == length else { throw DatasetError.file(path: reader.path, fault: .truncatedHeader) }
    var parser = HeaderParser(text: text)
    guard let fields = parser.dictionary() else {
      throw damaged("its header is not the text that NumPy writes")
    }
    guard case .string(let name)? = fields["descr"] else {
      throw DatasetError.file(
        path: reader.path,
        fault: .unsuitable(problem: "is an array of records", remedy: "save one array of numbers"))
    }
    guard let element = NumpyElement(name) else {
      throw DatasetError.file(
        path: reader.path,
        fault: .unsuitable(
          problem: "is an array of '\(name.prefix(20))', not of numbers that are known here",
          remedy: "convert it with astype, to uint8 for example"))
    }
    guard case .boolean(let isFortran)? = fields["fortran_order"], case .tuple(let shape)? = fields["shape"],
      shape.count <= 32
    else { throw damaged("its header lacks shape or fortran_order") }
    let header = NPYHeader(element: element, shape: shape, isFortranOrder: isFortran)
    guard let count = header.count, !count.multipliedReportingOverflow(by: element.size).overflow else {
      throw DatasetError.file(path: reader.path, fault: .sizeOverflow(dimensions: shape))
    }
    return (header, 8 + lengthBytes + length)
  }

  /// The header as NumPy writes it, padded so that the data begin at a multiple of 64 bytes.
  func write() -> [UInt8] {
    let list = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text =
      "{'descr': '\(element.text)', 'fortran_order': \(isFortranOrder ? "True" : "False"), 'shape': (\(list)), }"
    let padding = 63 - (10 + text.utf8.count) % 64
    let length = text.utf8.count + padding + 1
    return Self.signature + [1, 0, UInt8(length & 255), UInt8(length >> 8 & 255)] + Array(text.utf8)
      + [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
  }
}

/// Reads the Python literal of a header: a dictionary of texts, truth values and tuples of whole numbers.
private struct HeaderParser {
  enum Value {
    case string(String)
    case boolean(Bool)
    case tuple([Int])
    /// Something else, which nobody asks for; records are lists.
    case other
  }

  private let text: [UInt8]
  private var place = 0

  init(text: [UInt8]) { self.text = text }

  mutating func dictionary() -> [String: Value]? {
    var fields: [String: Value] = [:]
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = string(), take(":"), let value = value() else { return nil }
      fields[key] = value
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    skipSpace()
    return place == text.count ? fields : nil
  }

  private mutating func value() -> Value? {
    if let text = string() { return .string(text) }
    if word("True") { return .boolean(true) }
    if word("False") { return .boolean(false) }
    if take("(") { return tuple() }
    if take("[") { return list() ? .other : nil }
    return nil
  }

  private mutating func tuple() -> Value? {
    var numbers: [Int] = []
    while !take(")") {
      guard let number = number() else { return nil }
      numbers.append(number)
      // NumPy of Python 2 wrote long integers.
      _ = take("L")
      if !take(",") {
        guard take(")") else { return nil }
        break
      }
    }
    return .tuple(numbers)
  }

  /// Passes over a list to its closing bracket; texts in it have no brackets.
  private mutating func list() -> Bool {
    var depth = 1
    while place < text.count, depth > 0 {
      if text[place] == UInt8(ascii: "[") { depth += 1 }
      if text[place] == UInt8(ascii: "]") { depth -= 1 }
      place += 1
    }
    return depth == 0
  }

  private mutating func string() -> String? {
    skipSpace()
    guard place < text.count, text[place] == UInt8(ascii: "'") || text[place] == UInt8(ascii: "\"") else {
      return nil
    }
    guard let end = text[(place + 1)...].firstIndex(of: text[place]) else { return nil }
    defer { place = end + 1 }
    return String(validating: text[(place + 1)..<end], as: UTF8.self)
  }

  private mutating func number() -> Int? {
    skipSpace()
    let digits = text[place...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty, let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
    place += digits.count
    return value
  }

  private mutating func word(_ word: String) -> Bool {
    skipSpace()
    guard text[place...].starts(with: word.utf8) else { return false }
    place += word.utf8.count
    return true
  }

  private mutating func take(_ sign: Character) -> Bool {
    skipSpace()
    guard place < text.count, text[place] == sign.asciiValue else { return false }
    place += 1
    return true
  }

  private mutating func skipSpace() {
    while place < text.count, text[place] == UInt8(ascii: " ") || text[place] == UInt8(ascii: "\n") {
      place += 1
    }
  }
}
