import Artifact

/// The elements of an argument or result of an entry, row-major.
public enum EntryValue: Equatable, Sendable {
  case f32([Float])
  case u8([UInt8])
  case i32([Int32])

  public var count: Int {
    switch self {
    case .f32(let values): values.count
    case .u8(let values): values.count
    case .i32(let values): values.count
    }
  }

  public var element: Manifest.Element {
    switch self {
    case .f32: .f32
    case .u8: .u8
    case .i32: .i32
    }
  }

  /// The elements, where they are float32.
  public var floats: [Float]? {
    if case .f32(let values) = self { values } else { nil }
  }

  /// A scalar.
  public static func scalar(_ value: Float) -> Self { .f32([value]) }

  /// A scalar.
  public static func scalar(_ value: Int32) -> Self { .i32([value]) }

  /// The two words of a seed, the low one first.
  public static func seed(_ seed: UInt64) -> Self {
    .i32([Int32(truncatingIfNeeded: seed), Int32(truncatingIfNeeded: seed >> 32)])
  }

  /// Copies the elements to memory of at least `count` elements of this type.
  func copy(to memory: UnsafeMutableRawPointer) {
    func copy<T: BitwiseCopyable>(_ values: [T]) {
      values.withUnsafeBytes { bytes in
        if let start = bytes.baseAddress, bytes.count > 0 {
          memory.copyMemory(from: start, byteCount: bytes.count)
        }
      }
    }
    switch self {
    case .f32(let values): copy(values)
    case .u8(let values): copy(values)
    case .i32(let values): copy(values)
    }
  }

  /// Copies `count` elements from memory that holds them.
  init(_ element: Manifest.Element, copying memory: UnsafeRawPointer, count: Int) {
    func array<T: BitwiseCopyable>(_ type: T.Type) -> [T] {
      Array(UnsafeBufferPointer(start: memory.assumingMemoryBound(to: type), count: count))
    }
    switch element {
    case .f32: self = .f32(array(Float.self))
    case .u8: self = .u8(array(UInt8.self))
    case .i32: self = .i32(array(Int32.self))
    }
  }
}
