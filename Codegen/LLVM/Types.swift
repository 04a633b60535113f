internal import CLLVM

/// A type of LLVM's. Valid as long as its context lives; equal when it is the same type of the same context.
public struct LLVMType: Hashable, CustomStringConvertible {
  let reference: OpaquePointer

  init(_ reference: OpaquePointer) { self.reference = reference }

  private var kind: LLVMTypeKind { LLVMGetTypeKind(reference) }

  /// `<count x self>`.
  public func vector(of count: Int) -> LLVMType { LLVMType(LLVMVectorType(reference, UInt32(count))) }

  /// `self` for one lane, else `<count x self>`: for kernels with the vector width as a parameter.
  public func lanes(_ count: Int) -> LLVMType { count == 1 ? self : vector(of: count) }

  /// `[count x self]`.
  public func array(of count: Int) -> LLVMType { LLVMType(LLVMArrayType(reference, UInt32(count))) }

  public var isVector: Bool { kind == LLVMVectorTypeKind }
  public var isPointer: Bool { kind == LLVMPointerTypeKind }
  public var isVoid: Bool { kind == LLVMVoidTypeKind }

  /// Whether this is a floating-point type or a vector of one.
  public var isFloat: Bool {
    [LLVMFloatTypeKind, LLVMDoubleTypeKind, LLVMBFloatTypeKind, LLVMHalfTypeKind].contains(element.kind)
  }

  /// Whether this is an integer type or a vector of one.
  public var isInteger: Bool { element.kind == LLVMIntegerTypeKind }

  /// A vector's lanes; 1 for a scalar.
  public var laneCount: Int { isVector ? Int(LLVMGetVectorSize(reference)) : 1 }

  /// A vector's element type; a scalar itself.
  public var element: LLVMType { isVector ? LLVMType(LLVMGetElementType(reference)) : self }

  /// The type with another element and this one's number of lanes; a scalar stays one.
  public func with(element: LLVMType) -> LLVMType { isVector ? element.vector(of: laneCount) : element }

  /// Bits of an integer or floating-point element; 0 for other types.
  public var elementBits: Int {
    let element = self.element
    if element.kind == LLVMIntegerTypeKind { return Int(LLVMGetIntTypeWidth(element.reference)) }
    if element.kind == LLVMFloatTypeKind { return 32 }
    if element.kind == LLVMDoubleTypeKind { return 64 }
    return element.isFloat ? 16 : 0
  }

  /// Bytes to which every element in memory is aligned; what loads and stores assume where nothing is said.
  var elementAlignment: Int { element.isPointer ? 8 : max(1, elementBits / 8) }

  // MARK: Constants

  /// All bits zero.
  public var zero: LLVMValue { LLVMValue(LLVMConstNull(reference)) }
  /// A value that is never looked at, such as the start of a chain of insertions.
  public var poison: LLVMValue { LLVMValue(LLVMGetPoison(reference)) }

  /// An integer constant (its low bits) or a floating-point one; in all lanes of a vector type.
  public func constant(_ value: Int) -> LLVMValue {
    if isFloat { return constant(Double(value)) }
    return splat(LLVMConstInt(element.reference, UInt64(bitPattern: Int64(value)), 0))
  }

  /// A floating-point constant, rounded to the nearest; in all lanes of a vector type.
  public func constant(_ value: Double) -> LLVMValue {
    precondition(isFloat, "the constant \(value) is not of type \(self)")
    return splat(LLVMConstReal(element.reference, value))
  }

  /// A vector constant of integers with one value per lane.
  public func constant(lanes values: [Int]) -> LLVMValue {
    precondition(values.count == laneCount, "\(values.count) values are not of type \(self)")
    let scalars = values.map { element.constant($0) }
    return isVector ? LLVMValue(vector: scalars) : scalars[0]
  }

  private func splat(_ scalar: OpaquePointer) -> LLVMValue {
    let value = LLVMValue(scalar)
    return isVector ? LLVMValue(vector: Array(repeating: value, count: laneCount)) : value
  }

  public var description: String { takeMessage(LLVMPrintTypeToString(reference)) }
}
