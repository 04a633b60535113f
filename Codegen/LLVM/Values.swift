internal import CLLVM

/// A value of LLVM's: a constant, a parameter, or the result of an instruction. Valid as long as its module
/// lives.
public struct LLVMValue: Hashable, CustomStringConvertible {
  let reference: OpaquePointer

  init(_ reference: OpaquePointer) { self.reference = reference }

  /// The constant vector of scalar constants.
  init(vector scalars: [LLVMValue]) {
    var references = scalars.map { Optional($0.reference) }
    reference = LLVMConstVector(&references, UInt32(scalars.count))
  }

  public var type: LLVMType { LLVMType(LLVMTypeOf(reference)) }

  /// The name in textual IR; empty where LLVM numbers the value.
  public var name: String {
    get {
      var length = 0
      guard let bytes = LLVMGetValueName2(reference, &length) else { return "" }
      return String(cString: bytes)
    }
    nonmutating set { LLVMSetValueName2(reference, newValue, newValue.utf8.count) }
  }

  public var isConstant: Bool { LLVMIsConstant(reference) != 0 }

  /// The number, sign-extended, where this is a scalar integer constant of at most 64 bits.
  public var constantInteger: Int? {
    LLVMIsAConstantInt(reference) == nil ? nil : Int(LLVMConstIntGetSExtValue(reference))
  }

  public var description: String { takeMessage(LLVMPrintValueToString(reference)) }
}

/// What a builder's second operand may be: a value, or a literal that takes the type of the first operand.
public protocol LLVMOperand {
  func value(like type: LLVMType) -> LLVMValue
}

extension LLVMValue: LLVMOperand {
  public func value(like type: LLVMType) -> LLVMValue { self }
}

extension Int: LLVMOperand {
  public func value(like type: LLVMType) -> LLVMValue { type.constant(self) }
}

extension Double: LLVMOperand {
  public func value(like type: LLVMType) -> LLVMValue { type.constant(self) }
}

/// A basic block. Valid as long as its module lives.
public struct LLVMBlock: Hashable {
  let reference: OpaquePointer

  init(_ reference: OpaquePointer) { self.reference = reference }

  public var name: String { String(cString: LLVMGetBasicBlockName(reference)) }

  /// Whether the block already ends in a branch or a return.
  public var isTerminated: Bool { LLVMGetBasicBlockTerminator(reference) != nil }

  var function: OpaquePointer { LLVMGetBasicBlockParent(reference) }
}
