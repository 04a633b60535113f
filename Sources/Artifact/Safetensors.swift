import Foundation

/// The file form of weights: an 8-byte little-endian length, a JSON header of that length, then the tensors' bytes
/// without gaps (https://github.com/huggingface/safetensors, "Format").
public enum Safetensors {
  /// The type of a tensor's elements, by the format's names.
  public enum Element: String, Sendable, CaseIterable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"
    case i32 = "I32"
    case i16 = "I16"
    case i8 = "I8"
    case u64 = "U64"
    case u32 = "U32"
    case u16 = "U16"
    case u8 = "U8"
    case bool = "BOOL"
    case f8e4m3 = "F8_E4M3"
    case f8e5m2 = "F8_E5M2"
    case f8e8m0 = "F8_E8M0"
    case f6e2m3 = "F6_E2M3"
    case f6e3m2 = "F6_E3M2"
    case f4 = "F4"
    case c64 = "C64"

    /// Bits per element.
    public var bits: Int {
      switch self {
      case .f64, .i64, .u64, .c64: 64
      case .f32, .i32, .u32: 32
      case .f16, .bf16, .i16, .u16: 16
      case .i8, .u8, .bool, .f8e4m3, .f8e5m2, .f8e8m0: 8
      case .f6e2m3, .f6e3m2: 6
      case .f4: 4
      }
    }

    /// Bytes per element, rounded up; elements of fewer than 8 bits are packed.
    public var size: Int { (bits + 7) / 8 }
  }

  /// One tensor's entry in the header.
  public struct Tensor: Equatable, Sendable {
    public var name: String
    public var element: Element
    public var shape: [Int]
    /// The tensor's bytes, counted from the end of the header.
    public var range: Range<Int>

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
  }

  /// No header is longer, here as in the format's own library.
  public static let longestHeader = 100_000_000
}

/// What is wrong with a safetensors file, and what helps.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible {
  case notSafetensors(path: String, problem: String)
  case badTensor(path: String, tensor: String, problem: String)
  case noTensor(path: String, tensor: String, there: [String])
  case otherElement(path: String, tensor: String, found: Safetensors.Element, wanted: String)
  case duplicate(path: String, name: String)

  public var description: String {
    switch self {
    case .notSafetensors(let path, let problem):
      return "\(path) is not a safetensors file: \(problem): name a file that vaerun or safetensors wrote"
    case .badTensor(let path, let tensor, let problem):
      return "\(path): the tensor \(tensor) \(problem): the file is damaged, take another copy"
    case .duplicate(let path, let name):
      return "\(path): its header names \(name) twice: the file is damaged, take another copy"
    case .noTensor(let path, let tensor, let there):
      let names = there.prefix(8).joined(separator: ", ") + (there.count > 8 ? ", ..." : "")
      return "\(path) has no tensor \(tensor): it has \(names.isEmpty ? "none" : names)"
    case .otherElement(let path, let tensor, let found, let wanted):
      return "\(path): the tensor \(tensor) is \(found.rawValue): convert it to \(wanted)"
    }
  }
}

extension Safetensors {
  /// The tensors of a header in the order of their bytes, after checking that they fill `dataBytes` exactly.
  static func tensors(of header: SafetensorsHeader, dataBytes: Int, path: String) throws(SafetensorsError)
    -> [Tensor]
  {
    var tensors: [Tensor] = []
    for (name, entry) in header.entries {
      tensors.append(try tensor(name, entry, dataBytes: dataBytes, path: path))
    }
    tensors.sort {
      ($0.range.lowerBound, $0.range.upperBound, $0.name) < ($1.range.lowerBound, $1.range.upperBound, $1.name)
    }
    var end = 0
    for tensor in tensors {
      if tensor.range.lowerBound < end {
        throw .badTensor(path: path, tensor: tensor.name, problem: "overlaps another one")
      }
      if tensor.range.lowerBound > end {
        throw .badTensor(path: path, tensor: tensor.name, problem: "lies behind a gap")
      }
      end = tensor.range.upperBound
    }
    guard end == dataBytes else {
      throw .notSafetensors(path: path, problem: "\(dataBytes - end) bytes belong to no tensor")
    }
    return tensors
  }

  private static func tensor(
    _ name: String, _ entry: SafetensorsHeader.Entry, dataBytes: Int, path: String
  ) throws(SafetensorsError) -> Tensor {
    guard let element = Element(rawValue: entry.dtype) else {
      throw .badTensor(path: path, tensor: name, problem: "has the unknown type '\(entry.dtype)'")
    }
    guard entry.offsets.count == 2, let begin = entry.offsets.first,
      let end = entry.offsets.last,
      begin >= 0, begin <= end, end <= dataBytes
    else {
      throw .badTensor(
        path: path, tensor: name, problem: "has the offsets \(entry.offsets) in \(dataBytes) bytes of data"
      )
    }
    guard entry.shape.allSatisfy({ $0 >= 0 }), let bits = checkedProduct(entry.shape + [element.bits]) else {
      throw .badTensor(path: path, tensor: name, problem: "has the shape \(entry.shape)")
    }
    let bytes = bits / 8 + (bits % 8).signum()
    guard bytes == end - begin else {
      throw .badTensor(
        path: path, tensor: name,
        problem: "has \(end - begin) bytes; its shape \(entry.shape) of \(element.rawValue) needs \(bytes)")
    }
    return Tensor(name: name, element: element, shape: entry.shape, range: begin..<end)
  }
}
