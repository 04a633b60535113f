internal import CLLVM

// Operations that are instructions of the supported machines: none becomes a call where an x86 has FMA and
// SSE4.1.
extension LLVMBuilder {
  /// `a * b + c` with one rounding.
  public func fma(
    _ a: LLVMValue, _ b: some LLVMOperand, _ c: some LLVMOperand, name: String = ""
  ) -> LLVMValue {
    let operands = [a, b.value(like: a.type), c.value(like: a.type)]
    return call(declare("llvm.fma", [a.type]), operands, name: name)
  }

  /// The correctly rounded square root; NaN below zero.
  public func sqrt(_ a: LLVMValue, name: String = "") -> LLVMValue { unary("llvm.sqrt", a, name) }
  public func fabs(_ a: LLVMValue, name: String = "") -> LLVMValue { unary("llvm.fabs", a, name) }
  public func floor(_ a: LLVMValue, name: String = "") -> LLVMValue { unary("llvm.floor", a, name) }
  /// The nearest integer, ties to even, as a floating-point number.
  public func rint(_ a: LLVMValue, name: String = "") -> LLVMValue { unary("llvm.rint", a, name) }

  /// The magnitude of `a` with the sign of `b`.
  public func copysign(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    call(declare("llvm.copysign", [a.type]), [a, b.value(like: a.type)], name: name)
  }

  /// The lesser operand; the other one where one is NaN. Three instructions on x86, where `minimum` is one.
  public func minnum(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    call(declare("llvm.minnum", [a.type]), [a, b.value(like: a.type)], name: name)
  }

  /// The greater operand; the other one where one is NaN. Three instructions on x86, where `maximum` is one.
  public func maxnum(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    call(declare("llvm.maxnum", [a.type]), [a, b.value(like: a.type)], name: name)
  }

  /// `a < b ? a : b`, so `b` where an operand is NaN or both are zeros. Integers are compared as signed.
  public func minimum(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    let b = b.value(like: a.type)
    return select(a.type.isFloat ? fcmp(.olt, a, b) : icmp(.slt, a, b), a, b, name: name)
  }

  /// `a > b ? a : b`, so `b` where an operand is NaN or both are zeros. Integers are compared as signed.
  public func maximum(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    let b = b.value(like: a.type)
    return select(a.type.isFloat ? fcmp(.ogt, a, b) : icmp(.sgt, a, b), a, b, name: name)
  }

  /// Words of two bfloat16 numbers each as `pairDot` takes them: `<16 x i32>`.
  public func pairOperand(_ words: LLVMValue) -> LLVMValue {
    // i32 in LLVM before 18, bfloat behind.
    reinterpret(words, as: pairDotFunction.parameters[1].type)
  }

  /// For each of 16 lanes the sum and both products of its pairs: AVX512-BF16's VDPBF16PS.
  public func pairDot(_ sum: LLVMValue, _ x: LLVMValue, _ y: LLVMValue) -> LLVMValue {
    call(pairDotFunction, [sum, x, y])
  }

  private var pairDotFunction: LLVMFunction { declare("llvm.x86.avx512bf16.dpbf16ps.512", []) }

  /// Asks for memory that will be read soon: the lines of `bytes` bytes. Nothing is read, and any address may be given.
  public func prefetchToRead(_ pointer: LLVMValue, bytes: Int) {
    prefetch(pointer, bytes: bytes, toWrite: false)
  }

  /// Asks for memory that will be written soon.
  public func prefetchToWrite(_ pointer: LLVMValue, bytes: Int) {
    prefetch(pointer, bytes: bytes, toWrite: true)
  }

  private func prefetch(_ pointer: LLVMValue, bytes: Int, toWrite: Bool) {
    for line in stride(from: 0, to: bytes, by: 64) {
      // Read or write, all caches, data (LangRef, "llvm.prefetch").
      let arguments = [offset(pointer, bytes: line), i32(toWrite ? 1 : 0), i32(3), i32(1)]
      _ = call(declare("llvm.prefetch", [context.pointer]), arguments)
    }
  }

  private func unary(_ intrinsic: String, _ a: LLVMValue, _ name: String) -> LLVMValue {
    call(declare(intrinsic, [a.type]), [a], name: name)
  }

  /// The declaration of an intrinsic for the types that its name leaves open.
  func declare(_ intrinsic: String, _ overloads: [LLVMType]) -> LLVMFunction {
    let identifier = LLVMLookupIntrinsicID(intrinsic, intrinsic.utf8.count)
    precondition(identifier != 0, "LLVM has no intrinsic '\(intrinsic)'")
    var types = overloads.map { Optional($0.reference) }
    let function: OpaquePointer = LLVMGetIntrinsicDeclaration(
      module.reference, identifier, &types, types.count)
    return LLVMFunction(reference: function, type: LLVMType(LLVMGlobalGetValueType(function)))
  }
}
