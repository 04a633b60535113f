import Foundation

/// A safetensors file that is open for reading. The header is read and checked at once, tensors when they are asked for.
public struct SafetensorsReader {
  public let path: String
  /// The file's `__metadata__`.
  public let metadata: [String: String]
  /// The tensors in the order of their bytes.
  public let tensors: [Safetensors.Tensor]
  private let file: FileHandle
  private let dataBegin: UInt64
  /// Where each name stands in `tensors`.
  private let places: [String: Int]

  /// Opens a file.
  /// - Throws: `FileError` where it cannot be read, `SafetensorsError` where it is damaged or something else.
  public init(_ path: String) throws {
    self.path = path
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    if let type = attributes?[.type] as? FileAttributeType, type != .typeRegular {
      throw FileError(
        .read, path, reason: type == .typeDirectory ? "it is a folder: name a file" : "it is not a regular file"
      )
    }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw FileError(
        .read, path,
        reason: attributes == nil ? "there is no such file" : "permission denied: change its permissions")
    }
    self.file = file
    let bytes = try Self.orFileError(path) { try file.seekToEnd() }
    let prefix = try Self.read(file, at: 0, count: 8, path: path)
    let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Safetensors.longestHeader, length <= bytes - 8 else {
      throw SafetensorsError.notSafetensors(
        path: path, problem: "its header would have \(length) bytes and the file has \(bytes)")
    }
    let header = try Self.read(file, at: 8, count: Int(length), path: path)
    let decoded = try Self.decode(header, path: path)
    metadata = decoded.metadata
    dataBegin = 8 + length
    tensors = try Safetensors.tensors(of: decoded, dataBytes: Int(bytes - dataBegin), path: path)
    places = Dictionary(
      tensors.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  private static func decode(_ header: Data, path: String) throws -> SafetensorsHeader {
    do {
      return try SafetensorsHeader(Array(header))
    } catch {
      let problem =
        switch error {
        case .duplicate(let name): throw SafetensorsError.duplicate(path: path, name: name)
        case .notUTF8(let byte): "its header has a text at byte \(byte) that is not UTF-8"
        case .malformed(let expected, let byte):
          "its header is not the JSON of a safetensors file, at byte \(byte) should be \(expected)"
        }
      throw SafetensorsError.notSafetensors(path: path, problem: problem)
    }
  }

  /// The tensor of this name, if the file has it.
  public func tensor(_ name: String) -> Safetensors.Tensor? { places[name].map { tensors[$0] } }

  /// The size of the file in bytes.
  public var fileBytes: Int { Int(dataBegin) + (tensors.last?.range.upperBound ?? 0) }

  /// A part of a tensor's bytes, counted from its first.
  func bytes(of tensor: Safetensors.Tensor, in part: Range<Int>) throws -> Data {
    try Self.read(
      file, at: dataBegin + UInt64(tensor.range.lowerBound + part.lowerBound), count: part.count, path: path)
  }

  /// A tensor's bytes as they stand in the file (little-endian).
  public func bytes(of name: String) throws -> Data {
    let tensor = try find(name)
    // The bytes, as words, as numbers.
    guard AvailableMemory.holds(tensor.range.count, copies: 3) else {
      throw FileError(
        .read, path, reason: "its tensor \(name) has \(tensor.range.count) bytes, more than there is memory for"
      )
    }
    return try Self.read(
      file, at: dataBegin + UInt64(tensor.range.lowerBound), count: tensor.range.count, path: path)
  }

  /// A tensor of F32, F16, BF16 (exactly) or F64 (rounded).
  public func floats(of name: String) throws -> [Float] {
    switch try find(name).element {
    case .f32: try integers(of: name, UInt32.self).map { Float(bitPattern: $0) }
    default: try doubles(of: name).map { Float($0) }
    }
  }

  /// A tensor of F64, F32, F16 or BF16.
  public func doubles(of name: String) throws -> [Double] {
    let element = try find(name).element
    switch element {
    case .f64: return try integers(of: name, UInt64.self).map { Double(bitPattern: $0) }
    case .f32: return try integers(of: name, UInt32.self).map { Double(Float(bitPattern: $0)) }
    case .bf16: return try integers(of: name, UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
    case .f16: return try integers(of: name, UInt16.self).map { SmallFloat.binary16.value(UInt32($0)) }
    default:
      throw SafetensorsError.otherElement(path: path, tensor: name, found: element, wanted: "F32")
    }
  }

  /// A tensor of U8 or BOOL.
  public func unsignedBytes(of name: String) throws -> [UInt8] {
    let element = try find(name).element
    guard element == .u8 || element == .bool else {
      throw SafetensorsError.otherElement(path: path, tensor: name, found: element, wanted: "U8")
    }
    return Array(try bytes(of: name))
  }

  /// A tensor of whole numbers: U8, I8, I16, I32 or I64.
  public func wholeNumbers(of name: String) throws -> [Int] {
    let element = try find(name).element
    switch element {
    case .u8, .bool: return try bytes(of: name).map { Int($0) }
    case .i8: return try bytes(of: name).map { Int(Int8(bitPattern: $0)) }
    case .i16: return try integers(of: name, Int16.self).map { Int($0) }
    case .i32: return try integers(of: name, Int32.self).map { Int($0) }
    case .i64: return try integers(of: name, Int64.self).map { Int($0) }
    default:
      throw SafetensorsError.otherElement(path: path, tensor: name, found: element, wanted: "I32")
    }
  }

  func find(_ name: String) throws -> Safetensors.Tensor {
    guard let tensor = tensor(name) else {
      throw SafetensorsError.noTensor(path: path, tensor: name, there: tensors.map(\.name).sorted())
    }
    return tensor
  }

  /// The bytes of a tensor as little-endian words.
  private func integers<T: FixedWidthInteger>(of name: String, _ type: T.Type) throws -> [T] {
    let data = try bytes(of: name)
    let size = MemoryLayout<T>.size
    return data.withUnsafeBytes { bytes in
      (0..<data.count / size).map {
        T(littleEndian: bytes.loadUnaligned(fromByteOffset: size * $0, as: T.self))
      }
    }
  }

  private static func read(_ file: FileHandle, at offset: UInt64, count: Int, path: String) throws -> Data {
    let data = try orFileError(path) {
      try file.seek(toOffset: offset)
      return try file.read(upToCount: count) ?? Data()
    }
    guard data.count == count else {
      throw SafetensorsError.notSafetensors(path: path, problem: "it ends too early")
    }
    return data
  }

  private static func orFileError<T>(_ path: String, _ body: () throws -> T) throws -> T {
    do { return try body() } catch { throw FileError(.read, path, reason: error.localizedDescription) }
  }
}
