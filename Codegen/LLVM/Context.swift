internal import CLLVM

/// The owner of LLVM's types and constants. One thread uses a context at a time; modules keep theirs alive.
public final class LLVMContext {
  let reference: OpaquePointer
  private let errors = ErrorLog()

  public init() {
    reference = LLVMContextCreate()
    // Without a handler LLVM prints a back end's error and ends the process. The log lives as long as the
    // context.
    LLVMContextSetDiagnosticHandler(
      reference,
      { diagnostic, log in
        guard let log, LLVMGetDiagInfoSeverity(diagnostic) == LLVMDSError else { return }
        let text = takeMessage(LLVMGetDiagInfoDescription(diagnostic))
        Unmanaged<ErrorLog>.fromOpaque(log).takeUnretainedValue().messages.append(text)
      },
      Unmanaged.passUnretained(errors).toOpaque())
  }

  deinit { LLVMContextDispose(reference) }

  public var void: LLVMType { LLVMType(LLVMVoidTypeInContext(reference)) }
  public var i1: LLVMType { integer(bits: 1) }
  public var i8: LLVMType { integer(bits: 8) }
  public var i16: LLVMType { integer(bits: 16) }
  public var i32: LLVMType { integer(bits: 32) }
  public var i64: LLVMType { integer(bits: 64) }
  public var bf16: LLVMType { LLVMType(LLVMBFloatTypeInContext(reference)) }
  public var f32: LLVMType { LLVMType(LLVMFloatTypeInContext(reference)) }
  public var f64: LLVMType { LLVMType(LLVMDoubleTypeInContext(reference)) }
  /// The opaque pointer of address space 0.
  public var pointer: LLVMType { LLVMType(LLVMPointerTypeInContext(reference, 0)) }

  /// The integer type of `bits` bits, 1 ... 2^23.
  public func integer(bits: Int) -> LLVMType { LLVMType(LLVMIntTypeInContext(reference, UInt32(bits))) }

  /// A structure with C's layout, or without padding where `packed`.
  public func structure(_ fields: [LLVMType], packed: Bool = false) -> LLVMType {
    var references = fields.map { Optional($0.reference) }
    return LLVMType(LLVMStructTypeInContext(reference, &references, UInt32(fields.count), packed ? 1 : 0))
  }

  /// A function's type.
  public func function(_ parameters: [LLVMType], returning result: LLVMType) -> LLVMType {
    var references = parameters.map { Optional($0.reference) }
    return LLVMType(LLVMFunctionType(result.reference, &references, UInt32(parameters.count), 0))
  }

  /// The errors that LLVM reported through this context since the last call.
  func takeErrors() -> [String] {
    defer { errors.messages = [] }
    return errors.messages
  }
}

/// Where the diagnostic handler, a C function without captures, leaves messages.
private final class ErrorLog {
  var messages: [String] = []
}
