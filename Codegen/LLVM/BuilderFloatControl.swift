internal import CLLVM

// The floating-point control register: x86's MXCSR (i32), AArch64's FPCR (i64). WebAssembly has none.
extension LLVMBuilder {
  /// Makes denormal results and operands zero from here on, in this thread; the result is for
  /// `restoreFloatControl`. Nothing happens where the machine has no such mode.
  ///
  /// LLVM assumes the default mode and may move arithmetic over this instruction. What is to run in the mode
  /// belongs in a `noInline` function of its own that writes its results to memory, called between the two.
  public func flushDenormals() -> LLVMValue {
    let saved = readFloatControl()
    switch target.architecture {
    case .x86:
      let flushToZero = 1 << 15
      let denormalsAreZero = 1 << 6
      writeFloatControl(or(saved, flushToZero | denormalsAreZero))
    case .aarch64:
      let flushToZero = 1 << 24
      writeFloatControl(or(saved, flushToZero))
    case .webAssembly, .other:
      break
    }
    return saved
  }

  /// Puts back what `flushDenormals` returned.
  public func restoreFloatControl(_ saved: LLVMValue) { writeFloatControl(saved) }

  /// The control register, an i32 of zero where the machine has none.
  public func readFloatControl() -> LLVMValue {
    switch target.architecture {
    case .x86:
      let slot = stackSlot(context.i32, align: 4, name: "mxcsr")
      call(declare("llvm.x86.sse.stmxcsr", []), [slot])
      return load(context.i32, from: slot, align: 4)
    case .aarch64:
      return call(declare("llvm.aarch64.get.fpcr", []), [])
    case .webAssembly, .other:
      return i32(0)
    }
  }

  /// Sets the control register, where the machine has one.
  public func writeFloatControl(_ value: LLVMValue) {
    switch target.architecture {
    case .x86:
      let slot = stackSlot(context.i32, align: 4, name: "mxcsr")
      store(value, to: slot, align: 4)
      call(declare("llvm.x86.sse.ldmxcsr", []), [slot])
    case .aarch64:
      call(declare("llvm.aarch64.set.fpcr", []), [value])
    case .webAssembly, .other:
      break
    }
  }
}
