internal import CLLVM

// Loads, stores and addresses. Where no alignment (in bytes) is given, an element's own is assumed, never a
// vector's.
extension LLVMBuilder {
  /// The address `bytes` behind a pointer, in the same object.
  public func offset(_ pointer: LLVMValue, bytes: some LLVMOperand, name: String = "") -> LLVMValue {
    element(pointer, of: context.i8, at: bytes, name: name)
  }

  /// The same pointer, of which nothing is known but that. What is addressed from it does not drag along how it was computed,
  /// which loop strength reduction would take apart for each of its uses, again and again.
  public func opaque(_ pointer: LLVMValue) -> LLVMValue {
    // Without `invariant.group` in the program it means nothing else; it is gone before instructions are selected.
    call(declare("llvm.strip.invariant.group", [pointer.type]), [pointer])
  }

  /// The address of element `index` of an array of `type` at a pointer, in the same object; a vector of
  /// addresses where the index is a vector.
  public func element(
    _ pointer: LLVMValue, of type: LLVMType, at index: some LLVMOperand, name: String = ""
  ) -> LLVMValue {
    let index = index.value(like: context.i64)
    if index.constantInteger == 0 { return pointer }
    var indices = [Optional(index.reference)]
    return LLVMValue(
      LLVMBuildInBoundsGEP2(reference, type.reference, pointer.reference, &indices, 1, name))
  }

  /// The address of a field of a structure at a pointer.
  public func field(
    _ pointer: LLVMValue, of structure: LLVMType, at index: Int, name: String = ""
  ) -> LLVMValue {
    LLVMValue(
      LLVMBuildStructGEP2(reference, structure.reference, pointer.reference, UInt32(index), name))
  }

  public func load(
    _ type: LLVMType, from pointer: LLVMValue, align: Int? = nil, name: String = ""
  ) -> LLVMValue {
    let value: OpaquePointer = LLVMBuildLoad2(reference, type.reference, pointer.reference, name)
    LLVMSetAlignment(value, UInt32(align ?? type.elementAlignment))
    return LLVMValue(value)
  }

  public func store(_ value: LLVMValue, to pointer: LLVMValue, align: Int? = nil) {
    let store: OpaquePointer = LLVMBuildStore(reference, value.reference, pointer.reference)
    LLVMSetAlignment(store, UInt32(align ?? value.type.elementAlignment))
  }

  /// Adds to an integer that several threads add to, and gives what it was before. Nothing else is ordered by it.
  public func atomicAdd(_ value: some LLVMOperand, to pointer: LLVMValue, type: LLVMType) -> LLVMValue {
    LLVMValue(
      LLVMBuildAtomicRMW(
        reference, LLVMAtomicRMWBinOpAdd, pointer.reference, value.value(like: type).reference,
        LLVMAtomicOrderingMonotonic, 0))
  }

  /// Loads the lanes whose mask (`<W x i1>`) is set; the others are `fallback`, zero where it is nil, and their
  /// memory is not touched. `type` is a vector.
  public func maskedLoad(
    _ type: LLVMType, from pointer: LLVMValue, mask: LLVMValue, fallback: LLVMValue? = nil, align: Int? = nil,
    name: String = ""
  ) -> LLVMValue {
    guard type.isVector else {
      // The intrinsic is for vectors alone.
      let one = maskedLoad(
        type.vector(of: 1), from: pointer, mask: oneLane(mask), fallback: fallback.map(oneLane), align: align)
      return extract(one, at: 0, name: name)
    }
    let intrinsic = declare("llvm.masked.load", [type, context.pointer])
    let address = [pointer] + alignment(align ?? type.elementAlignment, for: intrinsic)
    return call(intrinsic, address + [mask, fallback ?? type.zero], name: name)
  }

  /// Stores the lanes of a vector whose mask (`<W x i1>`) is set; the memory of the others is not touched.
  public func maskedStore(_ value: LLVMValue, to pointer: LLVMValue, mask: LLVMValue, align: Int? = nil) {
    guard value.type.isVector else {
      return maskedStore(oneLane(value), to: pointer, mask: oneLane(mask), align: align)
    }
    let intrinsic = declare("llvm.masked.store", [value.type, context.pointer])
    let address = [pointer] + alignment(align ?? value.type.elementAlignment, for: intrinsic)
    call(intrinsic, [value] + address + [mask])
  }

  private func oneLane(_ scalar: LLVMValue) -> LLVMValue {
    insert(scalar, into: scalar.type.vector(of: 1).poison, at: 0)
  }

  /// Loads one element per lane, that at `indices[lane]` elements behind the pointer; lanes whose mask is not
  /// set are zero and their memory is not touched. `indices` is a vector of signed integers.
  public func gather(
    _ element: LLVMType, from pointer: LLVMValue, indices: LLVMValue, mask: LLVMValue? = nil,
    name: String = ""
  ) -> LLVMValue {
    let type = element.vector(of: indices.type.laneCount)
    let pointers = self.element(pointer, of: element, at: indices)
    let intrinsic = declare("llvm.masked.gather", [type, pointers.type])
    let address = [pointers] + alignment(element.elementAlignment, for: intrinsic)
    let mask = mask ?? type.with(element: context.i1).constant(1)
    return call(intrinsic, address + [mask, type.zero], name: name)
  }

  /// Room for a value on the stack, reserved once per call of the function, wherever this is written.
  public func stackSlot(_ type: LLVMType, align: Int? = nil, name: String = "") -> LLVMValue {
    let current = block
    let entry: OpaquePointer = LLVMGetEntryBasicBlock(current.function)
    if let first = LLVMGetFirstInstruction(entry) {
      LLVMPositionBuilderBefore(reference, first)
    } else {
      LLVMPositionBuilderAtEnd(reference, entry)
    }
    let slot: OpaquePointer = LLVMBuildAlloca(reference, type.reference, name)
    if let align { LLVMSetAlignment(slot, UInt32(align)) }
    position(atEndOf: current)
    return LLVMValue(slot)
  }

  /// Asks for the cache line of an address; `locality` is 0 (used once) ... 3 (kept in L1).
  public func prefetch(_ pointer: LLVMValue, forWriting: Bool = false, locality: Int = 3) {
    let isData = i32(1)
    call(
      declare("llvm.prefetch", [context.pointer]),
      [pointer, i32(forWriting ? 1 : 0), i32(locality), isData])
  }

  /// The alignment argument of a masked memory intrinsic: behind the pointer up to LLVM 21, where these take
  /// four arguments (a store has three others too: value, pointer, mask); none in later versions.
  private func alignment(_ bytes: Int, for intrinsic: LLVMFunction) -> [LLVMValue] {
    LLVMCountParamTypes(intrinsic.type.reference) == 4 ? [i32(bytes)] : []
  }
}
