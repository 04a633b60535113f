/// The JSON header of a safetensors file, read strictly: every key is a tensor but `__metadata__`.
///
/// A reader of its own, since the format's promises are more than those of JSON: no name stands twice, sizes are whole numbers,
/// and a header of a hundred megabytes takes a moment and no more memory than it has tensors.
package struct SafetensorsHeader {
  package struct Entry: Equatable {
    package var dtype: String
    package var shape: [Int]
    package var offsets: [Int]

    package init(dtype: String, shape: [Int], offsets: [Int]) {
      self.dtype = dtype
      self.shape = shape
      self.offsets = offsets
    }
  }

  package private(set) var metadata: [String: String] = [:]
  /// In the order of the header.
  package private(set) var entries: [(name: String, entry: Entry)] = []

  /// What is wrong with a header.
  package enum Problem: Error, Equatable {
    /// Not of the form; `what` is expected at a byte of the header.
    case malformed(expected: String, at: Int)
    case notUTF8(at: Int)
    case duplicate(String)
  }

  package init(_ bytes: [UInt8]) throws(Problem) {
    var scanner = HeaderScanner(bytes)
    var names = Set<String>()
    try scanner.object { key, scanner throws(Problem) in
      guard names.insert(key).inserted else { throw .duplicate(key) }
      if key == "__metadata__" {
        metadata = try Self.metadata(&scanner)
      } else {
        entries.append((key, try Self.entry(&scanner)))
      }
    }
    try scanner.end()
  }

  private static func metadata(_ scanner: inout HeaderScanner) throws(Problem) -> [String: String] {
    var metadata: [String: String] = [:]
    try scanner.object { key, scanner throws(Problem) in
      guard metadata.updateValue(try scanner.text(), forKey: key) == nil else {
        throw .duplicate("__metadata__.\(key)")
      }
    }
    return metadata
  }

  private static func entry(_ scanner: inout HeaderScanner) throws(Problem) -> Entry {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { key, scanner throws(Problem) in
      let isNew: Bool
      switch key {
      case "dtype": (isNew, dtype) = (dtype == nil, try scanner.text())
      case "shape": (isNew, shape) = (shape == nil, try scanner.numbers())
      case "data_offsets": (isNew, offsets) = (offsets == nil, try scanner.numbers())
      default:
        isNew = true
        try scanner.skip()
      }
      guard isNew else { throw .duplicate(key) }
    }
    guard let dtype, let shape, let offsets else {
      throw .malformed(expected: "dtype, shape and data_offsets of a tensor", at: scanner.position)
    }
    return Entry(dtype: dtype, shape: shape, offsets: offsets)
  }
}

/// Reads JSON (RFC 8259) from bytes, without recursion where a file decides how deep it goes.
private struct HeaderScanner {
  typealias Problem = SafetensorsHeader.Problem

  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  /// Takes a sign if it is next.
  private mutating func takes(_ sign: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: sign) else { return false }
    position += 1
    return true
  }

  private mutating func take(_ sign: Unicode.Scalar) throws(Problem) {
    guard takes(sign) else { throw .malformed(expected: "'\(sign)'", at: position) }
  }

  mutating func end() throws(Problem) {
    skipSpace()
    guard next == nil else { throw .malformed(expected: "the end", at: position) }
  }

  /// `{ "key": value, ... }`; `body` reads the values.
  mutating func object(_ body: (String, inout HeaderScanner) throws(Problem) -> Void) throws(Problem) {
    try take("{")
    if takes("}") { return }
    repeat {
      let key = try text()
      try take(":")
      try body(key, &self)
    } while takes(",")
    try take("}")
  }

  /// `[1, 2, 3]`
  mutating func numbers() throws(Problem) -> [Int] {
    var numbers: [Int] = []
    try take("[")
    if takes("]") { return numbers }
    repeat { numbers.append(try number()) } while takes(",")
    try take("]")
    return numbers
  }

  private mutating func number() throws(Problem) -> Int {
    skipSpace()
    let begin = position
    if next == UInt8(ascii: "-") { position += 1 }
    while let byte = next, isDigit(byte) { position += 1 }
    let digits = String(decoding: bytes[begin..<position], as: UTF8.self)
    let isWhole = next.map { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "]") || $0 <= 0x20 } ?? false
    guard isWhole, let number = Int(digits) else { throw .malformed(expected: "a whole number", at: begin) }
    return number
  }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// `"text"`
  mutating func text() throws(Problem) -> String {
    skipSpace()
    let begin = position
    guard next == UInt8(ascii: "\"") else { throw .malformed(expected: "a text in quotes", at: position) }
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else { throw .notUTF8(at: begin) }
        return text
      case UInt8(ascii: "\\"): content += try escaped()
      case 0x20...: content.append(byte)
      default: throw .malformed(expected: "a text without control characters", at: position - 1)
      }
    }
    throw .malformed(expected: "the end of a text", at: begin)
  }

  /// What stands behind a backslash, as UTF-8.
  private mutating func escaped() throws(Problem) -> [UInt8] {
    guard let sign = next else { throw .malformed(expected: "the end of a text", at: position) }
    position += 1
    switch sign {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [sign]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      let unit = try hexadecimal()
      var code = unit
      if (0xD800...0xDBFF).contains(unit), next == UInt8(ascii: "\\") {
        position += 1
        guard next == UInt8(ascii: "u") else {
          throw .malformed(expected: "half of a surrogate pair", at: position)
        }
        position += 1
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low) else {
          throw .malformed(expected: "half of a surrogate pair", at: position)
        }
        code = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw .malformed(expected: "half of a surrogate pair", at: position)
      }
      return Array(String(scalar).utf8)
    default: throw .malformed(expected: "an escape of JSON", at: position - 1)
    }
  }

  private mutating func hexadecimal() throws(Problem) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    let isHexadecimal = digits.allSatisfy { isDigit($0) || (0x41...0x46).contains($0 & 0xDF) }
    guard digits.count == 4, isHexadecimal,
      let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw .malformed(expected: "four hexadecimal digits", at: position) }
    position += 4
    return unit
  }

  /// Passes over a value of any kind: the brackets' depth is counted, what stands between them is not read.
  mutating func skip() throws(Problem) {
    let begin = position
    var depth = 0
    repeat {
      skipSpace()
      guard let byte = next else { throw .malformed(expected: "the end of a value", at: begin) }
      switch byte {
      case UInt8(ascii: "\""): _ = try text()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { throw .malformed(expected: "a value", at: position) }
        depth -= 1
        position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > 0 else { throw .malformed(expected: "a value", at: position) }
        position += 1
        continue
      default:
        // A number or a word.
        while let byte = next, byte > 0x20, !",:[]{}\"".utf8.contains(byte) { position += 1 }
      }
    } while depth > 0
  }
}
