internal import CLLVM

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How hard the back end works on instruction selection and scheduling.
public enum LLVMCodegenLevel: Sendable {
  case none, less, standard, aggressive

  var raw: LLVMCodeGenOptLevel {
    switch self {
    case .none: LLVMCodeGenLevelNone
    case .less: LLVMCodeGenLevelLess
    case .standard: LLVMCodeGenLevelDefault
    case .aggressive: LLVMCodeGenLevelAggressive
    }
  }
}

/// Which of the standard pipelines' larger transformations run. Kernels are written with explicit vectors and
/// unrolling, so all are off where nothing is said.
public struct LLVMPassOptions: Sendable {
  public var loopVectorization = false
  public var superwordVectorization = false
  public var loopUnrolling = false
  /// Runs the verifier after each pass.
  public var verifyEach = false

  public init() {}
}

/// The owner of a code generator for one target; makes position-independent code.
public final class LLVMTargetMachine {
  public let target: LLVMTarget
  let reference: OpaquePointer

  /// Throws `LLVMError.unknownTarget` where the linked LLVM has no code generator for the triple.
  public init(_ target: LLVMTarget, level: LLVMCodegenLevel = .standard) throws(LLVMError) {
    _ = Self.initializeTargets
    var found: OpaquePointer?
    var message: UnsafeMutablePointer<CChar>?
    guard LLVMGetTargetFromTriple(target.triple, &found, &message) == 0, let found else {
      throw .unknownTarget(triple: target.triple, reason: takeMessage(message))
    }
    let machine: OpaquePointer? = LLVMCreateTargetMachine(
      found, target.triple, target.cpu, target.featureText, level.raw, LLVMRelocPIC, LLVMCodeModelDefault)
    guard let machine else {
      throw .unknownTarget(triple: target.triple, reason: "LLVM has no machine description for it")
    }
    self.target = target
    reference = machine
  }

  deinit { LLVMDisposeTargetMachine(reference) }

  /// Runs a pipeline in the notation of LLVM's `opt`, such as `default<O2>` or `mem2reg,instcombine`.
  public func run(
    passes: String, on module: LLVMModule, options: LLVMPassOptions = LLVMPassOptions()
  ) throws(LLVMError) {
    let settings: OpaquePointer = LLVMCreatePassBuilderOptions()
    defer { LLVMDisposePassBuilderOptions(settings) }
    LLVMPassBuilderOptionsSetLoopVectorization(settings, options.loopVectorization ? 1 : 0)
    LLVMPassBuilderOptionsSetLoopInterleaving(settings, options.loopVectorization ? 1 : 0)
    LLVMPassBuilderOptionsSetSLPVectorization(settings, options.superwordVectorization ? 1 : 0)
    LLVMPassBuilderOptionsSetLoopUnrolling(settings, options.loopUnrolling ? 1 : 0)
    LLVMPassBuilderOptionsSetVerifyEach(settings, options.verifyEach ? 1 : 0)
    if let error = LLVMRunPasses(module.reference, passes, reference, settings) {
      let message: UnsafeMutablePointer<CChar>? = LLVMGetErrorMessage(error)
      defer { LLVMDisposeErrorMessage(message) }
      throw .passesFailed(pipeline: passes, reason: message.map { String(cString: $0) } ?? "")
    }
  }

  /// The bytes of a relocatable object.
  public func object(of module: LLVMModule) throws(LLVMError) -> [UInt8] {
    try emit(module, LLVMObjectFile)
  }

  /// Assembly text.
  public func assembly(of module: LLVMModule) throws(LLVMError) -> String {
    String(decoding: try emit(module, LLVMAssemblyFile), as: UTF8.self)
  }

  private func emit(_ module: LLVMModule, _ kind: LLVMCodeGenFileType) throws(LLVMError) -> [UInt8] {
    var buffer: OpaquePointer?
    var message: UnsafeMutablePointer<CChar>?
    let failed = LLVMTargetMachineEmitToMemoryBuffer(reference, module.reference, kind, &message, &buffer)
    let reason = takeMessage(message)
    defer { if let buffer { LLVMDisposeMemoryBuffer(buffer) } }
    let errors = module.context.takeErrors()
    guard failed == 0, let buffer, errors.isEmpty else {
      throw .emissionFailed(reason: errors.first ?? (reason.isEmpty ? "no reason was given" : reason))
    }
    // The buffer owns its bytes until it is disposed; they are copied before that.
    return Array(UnsafeRawBufferPointer(start: LLVMGetBufferStart(buffer), count: LLVMGetBufferSize(buffer)))
  }

  /// Registers the supported targets, once, and sets what LLVM has for the whole process alone. Targets are looked up by name
  /// because a distribution's LLVM may be built without one, and then lacks the symbols.
  private static let initializeTargets: Void = {
    for name in ["X86", "AArch64", "WebAssembly"] {
      for part in ["TargetInfo", "Target", "TargetMC", "AsmPrinter", "AsmParser"] {
        guard let symbol = dlsym(nil, "LLVMInitialize\(name)\(part)") else { continue }
        // All of these are void functions without parameters (llvm-c/Target.h).
        unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
      }
    }
    setOptions()
  }()

  /// Scheduling once more behind register allocation is for processors that run instructions in order. Those that kernels are
  /// made for run them as their operands come; measured, code is as fast without it, and made 4 % sooner.
  private static func setOptions() {
    "vaec".withCString { program in
      "-disable-post-ra".withCString { option in
        let words = [Optional(program), Optional(option)]
        LLVMParseCommandLineOptions(Int32(words.count), words, "")
      }
    }
  }
}
