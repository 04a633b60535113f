internal import CLLVM

/// Who sees a function.
public enum LLVMLinkage: Sendable {
  /// Exported from the shared object.
  case external
  /// Local to the module, with a symbol that profilers show.
  case `internal`
  /// Local to the module, without a symbol.
  case `private`

  var raw: CLLVM.LLVMLinkage {
    switch self {
    case .external: LLVMExternalLinkage
    case .internal: LLVMInternalLinkage
    case .private: LLVMPrivateLinkage
    }
  }
}

/// What a function promises, or what is asked of its compilation.
public enum LLVMFunctionAttribute: Sendable {
  case noUnwind
  case alwaysInline
  case noInline
  /// No loop or instruction of the function becomes a call of memset, memcpy or of libm.
  case noBuiltins
  case cpu(String)
  /// LLVM's feature list, such as `+avx512f,+fma`.
  case features(String)
  /// Any other attribute that is a pair of texts.
  case text(key: String, value: String)
}

/// What a caller promises about an argument.
public enum LLVMParameterAttribute: Sendable {
  case noAlias
  case nonNull
  case readOnly
  case writeOnly
  case align(Int)
  case dereferenceable(bytes: Int)
}

/// A function of a module. Valid as long as its module lives.
public struct LLVMFunction: Hashable {
  let reference: OpaquePointer
  public let type: LLVMType

  /// The function's address.
  public var value: LLVMValue { LLVMValue(reference) }
  public var name: String { value.name }

  public var parameters: [LLVMValue] {
    (0..<LLVMCountParams(reference)).map { LLVMValue(LLVMGetParam(reference, $0)) }
  }

  /// Names the parameters in textual IR, in order.
  public func nameParameters(_ names: [String]) {
    for (parameter, name) in zip(parameters, names) { parameter.name = name }
  }

  /// Appends an empty basic block.
  public func appendBlock(_ name: String = "") -> LLVMBlock {
    LLVMBlock(LLVMAppendBasicBlockInContext(context, reference, name))
  }

  public func add(_ attributes: LLVMFunctionAttribute...) {
    for attribute in attributes {
      switch attribute {
      case .noUnwind: addEnum("nounwind", at: functionIndex)
      case .alwaysInline: addEnum("alwaysinline", at: functionIndex)
      case .noInline: addEnum("noinline", at: functionIndex)
      case .noBuiltins: addText("no-builtins", "")
      case .cpu(let cpu): addText("target-cpu", cpu)
      case .features(let features): addText("target-features", features)
      case .text(let key, let value): addText(key, value)
      }
    }
  }

  /// Attributes of the parameter with an index from 0.
  public func add(_ attributes: LLVMParameterAttribute..., parameter: Int) {
    let index = UInt32(parameter + 1)
    for attribute in attributes {
      switch attribute {
      case .noAlias: addEnum("noalias", at: index)
      case .nonNull: addEnum("nonnull", at: index)
      case .readOnly: addEnum("readonly", at: index)
      case .writeOnly: addEnum("writeonly", at: index)
      case .align(let bytes): addEnum("align", UInt64(bytes), at: index)
      case .dereferenceable(let bytes): addEnum("dereferenceable", UInt64(bytes), at: index)
      }
    }
  }

  private var context: OpaquePointer { LLVMGetTypeContext(type.reference) }
  /// LLVMAttributeFunctionIndex, -1 in C, whose type differs between versions when imported.
  private var functionIndex: UInt32 { .max }

  private func addEnum(_ name: String, _ value: UInt64 = 0, at index: UInt32) {
    let kind = LLVMGetEnumAttributeKindForName(name, name.utf8.count)
    LLVMAddAttributeAtIndex(reference, index, LLVMCreateEnumAttribute(context, kind, value))
  }

  private func addText(_ key: String, _ value: String) {
    let attribute = LLVMCreateStringAttribute(
      context, key, UInt32(key.utf8.count), value, UInt32(value.utf8.count))
    LLVMAddAttributeAtIndex(reference, functionIndex, attribute)
  }
}
