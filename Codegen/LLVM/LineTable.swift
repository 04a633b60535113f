internal import CLLVM

/// Writes the line table of a module (DWARF): debuggers and profilers then show for each instruction a line of one text.
/// Code does not change. Placed are whole functions behind their emission, before passes run; `finish` comes last.
public final class LLVMLineTable {
  private let module: LLVMModule
  private let builder: OpaquePointer
  private let file: OpaquePointer
  private let type: OpaquePointer

  /// The version of DWARF that is written: the newest that binutils, gdb and perf of the last ten years read.
  private static let dwarfVersion = 4

  /// - Parameters:
  ///   - file: the text's name without a folder: the same code is made wherever the text lies.
  ///   - producer: the compiler's name and version.
  public init(_ module: LLVMModule, file: String, producer: String) {
    self.module = module
    builder = LLVMCreateDIBuilder(module.reference)
    self.file = LLVMDIBuilderCreateFile(builder, file, file.utf8.count, ".", 1)
    _ = LLVMDIBuilderCreateCompileUnit(
      builder, LLVMDWARFSourceLanguageC, self.file, producer, producer.utf8.count, 1, "", 0, 0, "", 0,
      LLVMDWARFEmissionLineTablesOnly, 0, 0, 0, "", 0, "", 0)
    type = LLVMDIBuilderCreateSubroutineType(builder, self.file, nil, 0, LLVMDIFlagZero)
    addFlag("Debug Info Version", Int(LLVMDebugMetadataVersion()))
    addFlag("Dwarf Version", Self.dwarfVersion)
  }

  deinit { LLVMDisposeDIBuilder(builder) }

  private func addFlag(_ name: String, _ value: Int) {
    let number = LLVMConstInt(module.context.i32.reference, UInt64(value), 0)
    LLVMAddModuleFlag(
      module.reference, LLVMModuleFlagBehaviorWarning, name, name.utf8.count, LLVMValueAsMetadata(number))
  }

  /// Places a function on a line.
  ///
  /// - Parameters:
  ///   - line: of the text, from 1.
  ///   - calls: lines of its calls of one function, in their order. The code up to such a call is on that call's line; the code
  ///     behind the last is on the function's own.
  /// - Precondition: the function has a body, and was not placed before.
  public func place(_ function: LLVMFunction, line: Int, calls: (of: LLVMFunction, lines: [Int])? = nil) {
    let name = function.name
    let subprogram: OpaquePointer = LLVMDIBuilderCreateFunction(
      builder, file, name, name.utf8.count, name, name.utf8.count, file, UInt32(line), type, 1, 1, UInt32(line),
      LLVMDIFlagZero, 1)
    LLVMSetSubprogram(function.reference, subprogram)
    func location(_ line: Int) -> OpaquePointer {
      LLVMDIBuilderCreateDebugLocation(module.context.reference, UInt32(line), 0, subprogram, nil)
    }
    var lines = (calls?.lines ?? [])[...]
    var waiting: [OpaquePointer] = []
    for instruction in function.blocks.flatMap(\.instructions) {
      waiting.append(instruction)
      guard let calls, Self.callee(of: instruction) == calls.of.reference, let called = lines.popFirst() else {
        continue
      }
      let there = location(called)
      for instruction in waiting { LLVMInstructionSetDebugLoc(instruction, there) }
      waiting = []
    }
    let own = location(line)
    for instruction in waiting { LLVMInstructionSetDebugLoc(instruction, own) }
  }

  /// Completes the table; the module can be verified behind it.
  public func finish() { LLVMDIBuilderFinalize(builder) }

  fileprivate static func callee(of instruction: OpaquePointer) -> OpaquePointer? {
    LLVMIsACallInst(instruction) == nil ? nil : LLVMGetCalledValue(instruction)
  }
}

extension LLVMModule {
  /// The functions with a body, in the order in which they were added.
  public var definedFunctions: [LLVMFunction] {
    var functions: [LLVMFunction] = []
    var next: OpaquePointer? = LLVMGetFirstFunction(reference)
    while let function = next {
      if LLVMCountBasicBlocks(function) > 0 {
        functions.append(LLVMFunction(reference: function, type: LLVMType(LLVMGlobalGetValueType(function))))
      }
      next = LLVMGetNextFunction(function)
    }
    return functions
  }
}

extension LLVMFunction {
  var blocks: [LLVMBlock] {
    var blocks: [LLVMBlock] = []
    var next: OpaquePointer? = LLVMGetFirstBasicBlock(reference)
    while let block = next {
      blocks.append(LLVMBlock(block))
      next = LLVMGetNextBasicBlock(block)
    }
    return blocks
  }

  /// The functions of the module that this one calls by name, each once, in the order of the first call.
  public var callees: [LLVMFunction] {
    var seen: Set<OpaquePointer> = []
    return blocks.flatMap(\.instructions).compactMap { instruction in
      guard let callee = LLVMLineTable.callee(of: instruction), LLVMIsAFunction(callee) != nil,
        seen.insert(callee).inserted
      else { return nil }
      return LLVMFunction(reference: callee, type: LLVMType(LLVMGlobalGetValueType(callee)))
    }
  }
}

extension LLVMBlock {
  var instructions: [OpaquePointer] {
    var instructions: [OpaquePointer] = []
    var next: OpaquePointer? = LLVMGetFirstInstruction(reference)
    while let instruction = next {
      instructions.append(instruction)
      next = LLVMGetNextInstruction(instruction)
    }
    return instructions
  }
}
