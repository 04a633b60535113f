internal import CLLVM

/// Appends instructions at the end of a basic block. Second operands may be literals, which take the first
/// operand's type: `b.mul(x, 0.5)`. Operations on vectors are elementwise and read as those on scalars.
public final class LLVMBuilder {
  public let module: LLVMModule
  let reference: OpaquePointer

  public init(_ module: LLVMModule) {
    self.module = module
    reference = LLVMCreateBuilderInContext(module.context.reference)
  }

  deinit { LLVMDisposeBuilder(reference) }

  public var context: LLVMContext { module.context }
  public var target: LLVMTarget { module.target }

  /// The block that is written.
  public var block: LLVMBlock { LLVMBlock(LLVMGetInsertBlock(reference)) }

  /// Continues at the end of a block.
  public func position(atEndOf block: LLVMBlock) { LLVMPositionBuilderAtEnd(reference, block.reference) }

  /// Writes a function's body: appends its entry block, calls `body` with its parameters, and returns where
  /// `body` left the last block of a void function open. The builder then continues where it was before.
  public func define(_ function: LLVMFunction, _ body: ([LLVMValue]) throws -> Void) rethrows {
    let before: OpaquePointer? = LLVMGetInsertBlock(reference)
    position(atEndOf: function.appendBlock("entry"))
    try body(function.parameters)
    if !block.isTerminated, LLVMType(LLVMGetReturnType(function.type.reference)).isVoid { ret() }
    if let before { LLVMPositionBuilderAtEnd(reference, before) }
  }

  /// Appends an empty block to the function that is written.
  public func appendBlock(_ name: String = "") -> LLVMBlock {
    LLVMBlock(LLVMAppendBasicBlockInContext(context.reference, block.function, name))
  }

  public func ret() { LLVMBuildRetVoid(reference) }
  public func ret(_ value: LLVMValue) { LLVMBuildRet(reference, value.reference) }

  public func br(_ target: LLVMBlock) { LLVMBuildBr(reference, target.reference) }

  /// Branches on an i1.
  public func br(_ condition: LLVMValue, then: LLVMBlock, else other: LLVMBlock) {
    LLVMBuildCondBr(reference, condition.reference, then.reference, other.reference)
  }

  /// A phi without incoming values; `addIncoming` adds them.
  public func phi(_ type: LLVMType, name: String = "") -> LLVMValue {
    LLVMValue(LLVMBuildPhi(reference, type.reference, name))
  }

  public func addIncoming(_ value: LLVMValue, from block: LLVMBlock, to phi: LLVMValue) {
    var values = [Optional(value.reference)]
    var blocks = [Optional(block.reference)]
    LLVMAddIncoming(phi.reference, &values, &blocks, 1)
  }

  /// Calls a function of the module.
  @discardableResult
  public func call(_ function: LLVMFunction, _ arguments: [LLVMValue], name: String = "") -> LLVMValue {
    call(function.value, as: function.type, arguments, name: name)
  }

  /// Calls through a pointer to a function of type `type`.
  @discardableResult
  public func call(
    _ pointer: LLVMValue, as type: LLVMType, _ arguments: [LLVMValue], name: String = ""
  ) -> LLVMValue {
    var references = arguments.map { Optional($0.reference) }
    return LLVMValue(
      LLVMBuildCall2(
        reference, type.reference, pointer.reference, &references, UInt32(arguments.count), name))
  }

  // MARK: Scalar constants

  public func i1(_ value: Bool) -> LLVMValue { context.i1.constant(value ? 1 : 0) }
  public func i32(_ value: Int) -> LLVMValue { context.i32.constant(value) }
  public func i64(_ value: Int) -> LLVMValue { context.i64.constant(value) }
  public func f32(_ value: Double) -> LLVMValue { context.f32.constant(value) }
}
