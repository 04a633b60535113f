import Foundation

/// A tensor that is to be written: what it is, and how its bytes are made when it is its turn.
public struct TensorToWrite {
  public var name: String
  public var element: Safetensors.Element
  public var shape: [Int]
  /// Writes exactly the bytes of the shape, little-endian, in one or more pieces.
  public var write: (inout AtomicFile.Sink) throws -> Void

  public init(
    _ name: String, _ element: Safetensors.Element, shape: [Int],
    write: @escaping (inout AtomicFile.Sink) throws -> Void
  ) {
    self.name = name
    self.element = element
    self.shape = shape
    self.write = write
  }

  public init(_ name: String, _ values: [Float], shape: [Int]) {
    self.init(name, .f32, shape: shape) { sink in try Self.write(values, to: &sink) }
  }

  public init(_ name: String, _ values: [Double], shape: [Int]) {
    self.init(name, .f64, shape: shape) { sink in try Self.write(values, to: &sink) }
  }

  public init(_ name: String, _ values: [UInt8], shape: [Int]) {
    self.init(name, .u8, shape: shape) { sink in try Self.write(values, to: &sink) }
  }

  public init(_ name: String, _ values: [Int32], shape: [Int]) {
    self.init(name, .i32, shape: shape) { sink in try Self.write(values, to: &sink) }
  }

  /// The machines that the program knows are little-endian, as the format is.
  private static func write<T: BitwiseCopyable>(_ values: [T], to sink: inout AtomicFile.Sink) throws {
    var failure: FileError?
    values.withUnsafeBytes { bytes in
      do throws(FileError) { try sink.write(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

extension Safetensors {
  /// Writes a file atomically: largest elements first, then by name, as the format's own library does; the header is
  /// padded with spaces so that the data begins at a multiple of 8 bytes.
  /// - Throws: `SafetensorsError` for two tensors of one name, a shape without a size or a tensor that wrote another
  ///   number of bytes than its shape has; `FileError` where the file cannot be written.
  public static func write(
    _ tensors: [TensorToWrite], metadata: [String: String] = [:], to path: String
  ) throws {
    let ordered = tensors.sorted { ($1.element.size, $0.name) < ($0.element.size, $1.name) }
    let (header, sizes) = try header(of: ordered, metadata: metadata, path: path)
    try AtomicFile.write(to: path) { sink in
      try sink.write((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
      try sink.write(header)
      for (tensor, bytes) in zip(ordered, sizes) {
        let before = sink.count
        try tensor.write(&sink)
        guard sink.count - before == bytes else {
          throw SafetensorsError.badTensor(
            path: path, tensor: tensor.name, problem: "wrote \(sink.count - before) bytes of \(bytes)")
        }
      }
    }
  }

  private static func header(
    of tensors: [TensorToWrite], metadata: [String: String], path: String
  ) throws -> (header: Data, sizes: [Int]) {
    struct Entry: Encodable {
      var dtype: String
      var shape: [Int]
      var offsets: [Int]

      enum CodingKeys: String, CodingKey {
        case dtype, shape
        case offsets = "data_offsets"
      }
    }
    var names = Set<String>()
    var sizes: [Int] = []
    var fields: [String] = []
    if !metadata.isEmpty { fields.append("\"__metadata__\":" + (try json(metadata))) }
    var end = 0
    for tensor in tensors {
      guard tensor.name != "__metadata__", names.insert(tensor.name).inserted else {
        throw SafetensorsError.badTensor(path: path, tensor: tensor.name, problem: "is there twice")
      }
      guard tensor.shape.allSatisfy({ $0 >= 0 }),
        let bits = checkedProduct(tensor.shape + [tensor.element.bits]),
        case let bytes = bits / 8 + (bits % 8).signum(),
        case (let next, let overflow) = end.addingReportingOverflow(bytes), !overflow
      else {
        throw SafetensorsError.badTensor(
          path: path, tensor: tensor.name, problem: "has the shape \(tensor.shape)")
      }
      let entry = Entry(dtype: tensor.element.rawValue, shape: tensor.shape, offsets: [end, next])
      fields.append((try json([tensor.name: entry])).dropFirst().dropLast().description)
      sizes.append(bytes)
      end = next
    }
    var header = Data("{\(fields.joined(separator: ","))}".utf8)
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    return (header, sizes)
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
