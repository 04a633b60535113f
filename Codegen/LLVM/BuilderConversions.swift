internal import CLLVM

// Conversions. The target is an element type; the number of lanes is the operand's.
extension LLVMBuilder {
  /// The same bits as another element type of the same width.
  public func bitcast(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildBitCast)
  }

  /// A wider integer, filled with zeros.
  public func zext(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildZExt)
  }

  /// A wider integer, filled with the sign.
  public func sext(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildSExt)
  }

  /// The low bits of an integer.
  public func trunc(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildTrunc)
  }

  /// The nearest floating-point number to an unsigned integer.
  public func uitofp(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildUIToFP)
  }

  /// The nearest floating-point number to a signed integer.
  public func sitofp(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildSIToFP)
  }

  /// The signed integer towards zero; what does not fit is poison.
  public func fptosi(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildFPToSI)
  }

  /// The unsigned integer towards zero; what does not fit is poison.
  public func fptoui(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildFPToUI)
  }

  /// A wider floating-point number.
  public func fpext(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildFPExt)
  }

  /// The nearest narrower floating-point number.
  public func fptrunc(_ value: LLVMValue, to element: LLVMType, name: String = "") -> LLVMValue {
    convert(value, to: element, name, LLVMBuildFPTrunc)
  }

  /// The same bits as a whole other type of the same size, such as `<4 x i8>` and i32.
  public func reinterpret(_ value: LLVMValue, as type: LLVMType, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildBitCast(reference, value.reference, type.reference, name))
  }

  private typealias Conversion =
    (OpaquePointer?, OpaquePointer?, OpaquePointer?, UnsafePointer<CChar>?) -> OpaquePointer?

  private func convert(
    _ value: LLVMValue, to element: LLVMType, _ name: String, _ build: Conversion
  ) -> LLVMValue {
    let type = value.type.with(element: element)
    guard let result = build(reference, value.reference, type.reference, name) else { return value }
    return LLVMValue(result)
  }
}
