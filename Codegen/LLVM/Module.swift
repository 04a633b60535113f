internal import CLLVM

/// The owner of a module: functions and constants that become one object.
public final class LLVMModule {
  public let context: LLVMContext
  public let name: String
  /// The target that the module is made for; builders ask it for what differs between machines.
  public let target: LLVMTarget
  let reference: OpaquePointer

  /// An empty module for a machine: its triple and its data layout are set.
  public init(_ name: String, machine: LLVMTargetMachine, context: LLVMContext = LLVMContext()) {
    self.name = name
    self.context = context
    target = machine.target
    reference = LLVMModuleCreateWithNameInContext(name, context.reference)
    LLVMSetTarget(reference, target.triple)
    let layout: OpaquePointer = LLVMCreateTargetDataLayout(machine.reference)
    LLVMSetModuleDataLayout(reference, layout)
    LLVMDisposeTargetData(layout)
  }

  /// Takes over a module of a context.
  init(_ name: String, reference: OpaquePointer, target: LLVMTarget, context: LLVMContext) {
    self.name = name
    self.context = context
    self.target = target
    self.reference = reference
  }

  deinit { LLVMDisposeModule(reference) }

  /// Adds a function. Every function gets the target's CPU and features, `nounwind` and `no-builtins`.
  public func addFunction(
    _ name: String, _ parameters: [LLVMType], returning result: LLVMType, linkage: LLVMLinkage = .external,
    parameterNames: [String] = []
  ) -> LLVMFunction {
    let type = context.function(parameters, returning: result)
    let function = LLVMFunction(reference: LLVMAddFunction(reference, name, type.reference), type: type)
    LLVMSetLinkage(function.reference, linkage.raw)
    function.add(.noUnwind, .noBuiltins)
    if !target.cpu.isEmpty { function.add(.cpu(target.cpu)) }
    if !target.features.isEmpty { function.add(.features(target.featureText)) }
    function.nameParameters(parameterNames)
    return function
  }

  /// The function of a name, where there is one.
  public func function(named name: String) -> LLVMFunction? {
    guard let function = LLVMGetNamedFunction(reference, name) else { return nil }
    return LLVMFunction(reference: function, type: LLVMType(LLVMGlobalGetValueType(function)))
  }

  /// A constant array in read-only memory; the result is its address.
  public func addConstant(_ name: String, _ values: [Int32], alignment: Int = 64) -> LLVMValue {
    addConstant(name, context.i32, values.map { context.i32.constant(Int($0)) }, alignment)
  }

  /// A constant array in read-only memory; the result is its address.
  public func addConstant(_ name: String, _ values: [Int64], alignment: Int = 64) -> LLVMValue {
    addConstant(name, context.i64, values.map { context.i64.constant(Int($0)) }, alignment)
  }

  /// The address of a constant array of these numbers, which all who ask for it share.
  public func constant(_ values: [Int64]) -> LLVMValue {
    let name = "numbers_" + values.map(String.init).joined(separator: "_")
    if let known = LLVMGetNamedGlobal(reference, name) { return LLVMValue(known) }
    return addConstant(name, values, alignment: 8)
  }

  /// A constant array in read-only memory; the result is its address.
  public func addConstant(_ name: String, _ values: [Float], alignment: Int = 64) -> LLVMValue {
    addConstant(name, context.f32, values.map { context.f32.constant(Double($0)) }, alignment)
  }

  /// The bytes of a text and a terminating zero in read-only memory; the result is their address.
  public func addText(_ name: String, _ text: String) -> LLVMValue {
    let bytes = Array(text.utf8) + [0]
    return addConstant(name, context.i8, bytes.map { context.i8.constant(Int($0)) }, 1)
  }

  private func addConstant(
    _ name: String, _ element: LLVMType, _ values: [LLVMValue], _ alignment: Int
  ) -> LLVMValue {
    var references = values.map { Optional($0.reference) }
    let count = UInt32(values.count)
    let global: OpaquePointer = LLVMAddGlobal(reference, LLVMArrayType(element.reference, count), name)
    LLVMSetInitializer(global, LLVMConstArray(element.reference, &references, count))
    LLVMSetLinkage(global, LLVMPrivateLinkage)
    LLVMSetGlobalConstant(global, 1)
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr)
    LLVMSetAlignment(global, UInt32(alignment))
    return LLVMValue(global)
  }

  /// Throws `LLVMError.invalidModule` with the verifier's text where the module is not well formed.
  public func verify() throws(LLVMError) {
    var message: UnsafeMutablePointer<CChar>?
    let broken = LLVMVerifyModule(reference, LLVMReturnStatusAction, &message)
    let reason = takeMessage(message)
    if broken != 0 { throw .invalidModule(module: name, reason: reason) }
  }

  /// The module as textual IR (`.ll`).
  public var text: String { takeMessage(LLVMPrintModuleToString(reference)) + "\n" }
}
