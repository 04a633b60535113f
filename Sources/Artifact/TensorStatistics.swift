import Foundation

/// What a tensor's numbers are like.
public struct TensorStatistics: Equatable, Sendable, Encodable {
  /// Of the finite numbers; nil where there are none.
  public var minimum: Double?
  public var maximum: Double?
  public var mean: Double?
  /// Of the numbers as a whole: divided by their count.
  public var standardDeviation: Double?
  public private(set) var nans = 0
  public private(set) var infinities = 0
  private var count = 0.0
  private var runningMean = 0.0
  private var squares = 0.0

  private enum CodingKeys: CodingKey {
    case minimum, maximum, mean, standardDeviation, nans, infinities
  }

  public init(_ numbers: some Sequence<Double>) {
    for number in numbers { add(number) }
    finish()
  }

  fileprivate init() {}

  /// Welford's update (Technometrics 1962), which does not cancel for numbers far from 0.
  fileprivate mutating func add(_ number: Double) {
    guard number.isFinite else {
      if number.isNaN { nans += 1 } else { infinities += 1 }
      return
    }
    minimum = min(minimum ?? number, number)
    maximum = max(maximum ?? number, number)
    count += 1
    let difference = number - runningMean
    runningMean += difference / count
    squares += difference * (number - runningMean)
  }

  fileprivate mutating func finish() {
    guard count > 0 else { return }
    mean = runningMean
    standardDeviation = (max(0, squares) / count).squareRoot()
  }
}

extension SafetensorsReader {
  /// Bytes that are read at a time: a tensor may be larger than the memory.
  private static let pieceBytes = 1 << 20

  /// The statistics of a tensor's numbers (0 and 1 for BOOL), read piece by piece; nil for types that are not single
  /// numbers of whole bytes (C64, F4, F6).
  public func statistics(of name: String) throws -> TensorStatistics? {
    let tensor = try find(name)
    guard let decode = tensor.element.decoder else { return nil }
    let size = tensor.element.size
    var statistics = TensorStatistics()
    for begin in stride(from: 0, to: tensor.range.count, by: Self.pieceBytes) {
      let bytes = try bytes(of: tensor, in: begin..<min(begin + Self.pieceBytes, tensor.range.count))
      bytes.withUnsafeBytes { bytes in
        // Pieces are whole elements: their size divides the piece's.
        for offset in stride(from: 0, to: bytes.count, by: size) { statistics.add(decode(bytes, offset)) }
      }
    }
    statistics.finish()
    return statistics
  }
}

extension Safetensors.Element {
  /// Reads the number at an offset of bytes that hold it.
  fileprivate var decoder: ((UnsafeRawBufferPointer, Int) -> Double)? {
    func word<T: FixedWidthInteger>(_ type: T.Type) -> (UnsafeRawBufferPointer, Int) -> T {
      { bytes, offset in T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }
    func number<T: FixedWidthInteger>(_ type: T.Type, _ convert: @escaping (T) -> Double)
      -> (UnsafeRawBufferPointer, Int) -> Double
    {
      let read = word(type)
      return { convert(read($0, $1)) }
    }
    return switch self {
    case .f64: number(UInt64.self) { Double(bitPattern: $0) }
    case .f32: number(UInt32.self) { Double(Float(bitPattern: $0)) }
    case .f16: number(UInt16.self) { SmallFloat.binary16.value(UInt32($0)) }
    case .bf16: number(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
    case .i64: number(Int64.self) { Double($0) }
    case .u64: number(UInt64.self) { Double($0) }
    case .i32: number(Int32.self) { Double($0) }
    case .u32: number(UInt32.self) { Double($0) }
    case .i16: number(Int16.self) { Double($0) }
    case .u16: number(UInt16.self) { Double($0) }
    case .i8: number(Int8.self) { Double($0) }
    case .u8: number(UInt8.self) { Double($0) }
    case .bool: number(UInt8.self) { $0 == 0 ? 0 : 1 }
    case .f8e4m3: number(UInt8.self) { SmallFloat.e4m3.value(UInt32($0)) }
    case .f8e5m2: number(UInt8.self) { SmallFloat.e5m2.value(UInt32($0)) }
    case .f8e8m0:
      number(UInt8.self) { $0 == 255 ? .nan : Double(sign: .plus, exponent: Int($0) - 127, significand: 1) }
    case .c64, .f4, .f6e2m3, .f6e3m2: nil
    }
  }
}

/// A floating-point format of a few bits: a sign, an exponent, a fraction.
package struct SmallFloat {
  let exponentBits: UInt32
  let fractionBits: UInt32
  /// Whether the largest exponent stands for infinity and NaN; else its last fraction alone is NaN.
  let hasInfinity: Bool

  /// IEEE 754 binary16.
  package static let binary16 = SmallFloat(exponentBits: 5, fractionBits: 10, hasInfinity: true)
  /// The two of Micikevicius et al., "FP8 Formats for Deep Learning" (2022), table 1.
  package static let e4m3 = SmallFloat(exponentBits: 4, fractionBits: 3, hasInfinity: false)
  package static let e5m2 = SmallFloat(exponentBits: 5, fractionBits: 2, hasInfinity: true)

  package func value(_ bits: UInt32) -> Double {
    let sign: Double = bits >> (exponentBits + fractionBits) & 1 == 0 ? 1 : -1
    let largest: UInt32 = 1 << exponentBits - 1
    let exponent = bits >> fractionBits & largest
    let mask: UInt32 = 1 << fractionBits - 1
    let fraction = bits & mask
    if exponent == largest {
      if hasInfinity { return fraction == 0 ? sign * .infinity : .nan }
      if fraction == mask { return .nan }
    }
    let bias = Int(largest >> 1)
    let scale = max(1, Int(exponent)) - bias - Int(fractionBits)
    let significand = Double(fraction) + (exponent == 0 ? 0 : Double(mask + 1))
    return sign * Double(sign: .plus, exponent: scale, significand: significand)
  }
}
