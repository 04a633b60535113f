internal import CLLVM

/// Comparison of integers; `s` is signed, `u` unsigned.
public enum LLVMIntegerPredicate: Sendable {
  case eq, ne, slt, sle, sgt, sge, ult, ule, ugt, uge

  var raw: LLVMIntPredicate {
    switch self {
    case .eq: LLVMIntEQ
    case .ne: LLVMIntNE
    case .slt: LLVMIntSLT
    case .sle: LLVMIntSLE
    case .sgt: LLVMIntSGT
    case .sge: LLVMIntSGE
    case .ult: LLVMIntULT
    case .ule: LLVMIntULE
    case .ugt: LLVMIntUGT
    case .uge: LLVMIntUGE
    }
  }
}

/// Comparison of floating-point numbers; `o` is false where an operand is NaN, `u` is true there.
public enum LLVMFloatPredicate: Sendable {
  case oeq, one, olt, ole, ogt, oge, ueq, une, ult, ule, ugt, uge
  /// Neither operand is NaN.
  case ord
  /// An operand is NaN.
  case uno

  var raw: LLVMRealPredicate {
    switch self {
    case .oeq: LLVMRealOEQ
    case .one: LLVMRealONE
    case .olt: LLVMRealOLT
    case .ole: LLVMRealOLE
    case .ogt: LLVMRealOGT
    case .oge: LLVMRealOGE
    case .ueq: LLVMRealUEQ
    case .une: LLVMRealUNE
    case .ult: LLVMRealULT
    case .ule: LLVMRealULE
    case .ugt: LLVMRealUGT
    case .uge: LLVMRealUGE
    case .ord: LLVMRealORD
    case .uno: LLVMRealUNO
    }
  }
}
