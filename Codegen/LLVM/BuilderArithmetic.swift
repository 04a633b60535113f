internal import CLLVM

// Sums, differences, products and negation choose the instruction by the operands' type. Floating-point
// instructions carry no fast-math flags, so that LLVM neither reassociates nor contracts them.
extension LLVMBuilder {
  public func add(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    let b = b.value(like: a.type)
    return a.type.isFloat
      ? LLVMValue(LLVMBuildFAdd(reference, a.reference, b.reference, name))
      : LLVMValue(LLVMBuildAdd(reference, a.reference, b.reference, name))
  }

  public func sub(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    let b = b.value(like: a.type)
    return a.type.isFloat
      ? LLVMValue(LLVMBuildFSub(reference, a.reference, b.reference, name))
      : LLVMValue(LLVMBuildSub(reference, a.reference, b.reference, name))
  }

  public func mul(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    let b = b.value(like: a.type)
    return a.type.isFloat
      ? LLVMValue(LLVMBuildFMul(reference, a.reference, b.reference, name))
      : LLVMValue(LLVMBuildMul(reference, a.reference, b.reference, name))
  }

  public func neg(_ a: LLVMValue, name: String = "") -> LLVMValue {
    a.type.isFloat
      ? LLVMValue(LLVMBuildFNeg(reference, a.reference, name))
      : LLVMValue(LLVMBuildNeg(reference, a.reference, name))
  }

  /// Integer sum without signed wrap: for indices and offsets, so that loops and addresses simplify.
  public func addIndex(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildNSWAdd(reference, a.reference, b.value(like: a.type).reference, name))
  }

  /// Integer product without signed wrap: for indices and offsets.
  public func mulIndex(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildNSWMul(reference, a.reference, b.value(like: a.type).reference, name))
  }

  /// Quotient of floating-point numbers.
  public func fdiv(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildFDiv(reference, a.reference, b.value(like: a.type).reference, name))
  }

  /// Unsigned quotient, rounded down.
  public func udiv(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildUDiv(reference, a.reference, b.value(like: a.type).reference, name))
  }

  /// Unsigned remainder.
  public func urem(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildURem(reference, a.reference, b.value(like: a.type).reference, name))
  }

  /// Signed quotient, rounded towards zero.
  public func sdiv(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildSDiv(reference, a.reference, b.value(like: a.type).reference, name))
  }

  /// Signed remainder, with the sign of `a`.
  public func srem(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildSRem(reference, a.reference, b.value(like: a.type).reference, name))
  }

  public func and(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildAnd(reference, a.reference, b.value(like: a.type).reference, name))
  }

  public func or(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildOr(reference, a.reference, b.value(like: a.type).reference, name))
  }

  public func xor(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildXor(reference, a.reference, b.value(like: a.type).reference, name))
  }

  public func not(_ a: LLVMValue, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildNot(reference, a.reference, name))
  }

  public func shl(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildShl(reference, a.reference, b.value(like: a.type).reference, name))
  }

  /// Shift to the right that brings in zeros.
  public func lshr(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildLShr(reference, a.reference, b.value(like: a.type).reference, name))
  }

  /// Shift to the right that repeats the sign.
  public func ashr(_ a: LLVMValue, _ b: some LLVMOperand, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildAShr(reference, a.reference, b.value(like: a.type).reference, name))
  }

  public func icmp(
    _ predicate: LLVMIntegerPredicate, _ a: LLVMValue, _ b: some LLVMOperand, name: String = ""
  ) -> LLVMValue {
    let b = b.value(like: a.type)
    return LLVMValue(LLVMBuildICmp(reference, predicate.raw, a.reference, b.reference, name))
  }

  public func fcmp(
    _ predicate: LLVMFloatPredicate, _ a: LLVMValue, _ b: some LLVMOperand, name: String = ""
  ) -> LLVMValue {
    let b = b.value(like: a.type)
    return LLVMValue(LLVMBuildFCmp(reference, predicate.raw, a.reference, b.reference, name))
  }

  /// `condition ? a : b`; the condition is an i1 or a vector of them, one per lane.
  public func select(
    _ condition: LLVMValue, _ a: LLVMValue, _ b: some LLVMOperand, name: String = ""
  ) -> LLVMValue {
    let b = b.value(like: a.type)
    return LLVMValue(LLVMBuildSelect(reference, condition.reference, a.reference, b.reference, name))
  }
}
