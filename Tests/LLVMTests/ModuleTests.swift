import LLVM
import NativeTesting
import Testing

@Suite struct ModuleTests {
  private static let generic = LLVMTarget(triple: "x86_64-unknown-linux-gnu", cpu: "x86-64-v3")

  /// `f(p, n)` sets n bytes to zero one by one, which the loop idiom pass would love to make a call of memset.
  private func clearing(_ target: LLVMTarget) throws -> (LLVMModule, LLVMTargetMachine) {
    let machine = try LLVMTargetMachine(target)
    let module = LLVMModule("clearing", machine: machine)
    let b = LLVMBuilder(module)
    let c = module.context
    let f = module.addFunction("f", [c.pointer, c.i64], returning: c.void, parameterNames: ["p", "n"])
    f.add(.noAlias, .nonNull, .align(64), parameter: 0)
    b.define(f) { p in
      b.forLoop(from: 0, to: p[1]) { i in b.store(c.i8.zero, to: b.offset(p[0], bytes: i)) }
    }
    return (module, machine)
  }

  @Test func clearingLoopCallsNothing() throws {
    let (module, machine) = try clearing(.host)
    let library = try NativeLibrary(module, machine: machine, passes: "default<O3>")
    #expect(library.undefinedSymbols.isEmpty)
    #expect(!module.text.contains("llvm.memset"))
    let f = try library.function("f", as: (@convention(c) (UnsafeMutableRawPointer, Int) -> Void).self)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 64)
    defer { bytes.deallocate() }
    bytes.initializeMemory(as: UInt8.self, repeating: 9)
    f(try #require(bytes.baseAddress), 77)
    #expect(Array(bytes) == Array(repeating: 0, count: 77) + Array(repeating: 9, count: 23))
  }

  @Test func textNamesParametersAttributesAndTarget() throws {
    let (module, _) = try clearing(Self.generic)
    let text = module.text
    #expect(text.contains("define void @f(ptr noalias nonnull align 64 %p, i64 %n)"))
    #expect(text.contains("target triple = \"x86_64-unknown-linux-gnu\""))
    #expect(text.contains("target datalayout = \"e-m:e-"))
    #expect(text.contains("\"no-builtins\""))
    #expect(text.contains("\"target-cpu\"=\"x86-64-v3\""))
    #expect(text.contains("%i = phi i64"))
  }

  @Test(arguments: [
    ("x86_64-unknown-linux-gnu", "x86-64-v3", "retq"),
    ("aarch64-unknown-linux-gnu", "neoverse-n1", "ret"),
    ("wasm32-unknown-unknown", "generic", "end_function"),
  ])
  func machineCodeIsMadeForEachTarget(triple: String, cpu: String, return instruction: String) throws {
    let (module, machine) = try clearing(LLVMTarget(triple: triple, cpu: cpu))
    try machine.run(passes: "default<O2>", on: module)
    let assembly = try machine.assembly(of: module)
    #expect(assembly.contains("f:"))
    #expect(assembly.contains(instruction))
  }

  @Test func objectsAreAFunctionOfTheModule() throws {
    var objects: [[UInt8]] = []
    for _ in 0..<2 {
      let (module, machine) = try clearing(Self.generic)
      try machine.run(passes: "default<O2>", on: module)
      objects.append(try machine.object(of: module))
    }
    #expect(objects[0] == objects[1])
    #expect(objects[0].starts(with: [0x7F, 0x45, 0x4C, 0x46]))
  }

  @Test func constantsAndTextsAreReadable() throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let name = b.module.addText("name", "vaec")
      let text = b.module.addFunction("text", [], returning: c.pointer)
      b.define(text) { _ in b.ret(name) }
      let table = b.module.addConstant("table", [Int64(-5), 1 << 40])
      let entry = b.module.addFunction("entry", [c.i64], returning: c.i64)
      b.define(entry) { p in b.ret(b.load(c.i64, from: b.element(table, of: c.i64, at: p[0]))) }
    }
    let text = try library.function("text", as: (@convention(c) () -> UnsafePointer<CChar>).self)
    let entry = try library.function("entry", as: (@convention(c) (Int) -> Int64).self)
    #expect(String(cString: text()) == "vaec")
    #expect([entry(0), entry(1)] == [-5, 1 << 40])
  }

  @Test func verifierSaysWhatIsWrong() throws {
    let module = LLVMModule("broken", machine: try LLVMTargetMachine(Self.generic))
    let b = LLVMBuilder(module)
    let f = module.addFunction("f", [], returning: module.context.i64)
    b.define(f) { _ in b.ret(b.i32(1)) }
    let error = #expect(throws: LLVMError.self) { try module.verify() }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("the LLVM module 'broken' is not well formed (a fault of the code generator): "))
    #expect(text.contains("return type"))
  }

  @Test func unknownTargetsAreNamed() {
    let error = #expect(throws: LLVMError.self) { try LLVMTargetMachine(LLVMTarget(triple: "vax-dec-vms")) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("no code generator for the target 'vax-dec-vms': "))
    #expect(text.hasSuffix("use a triple such as x86_64-unknown-linux-gnu"))
  }

  @Test func unknownPassesAreNamed() throws {
    let (module, machine) = try clearing(Self.generic)
    let error = #expect(throws: LLVMError.self) { try machine.run(passes: "no-such-pass", on: module) }
    #expect(error?.description.hasPrefix("the LLVM passes 'no-such-pass' could not be run: ") == true)
  }

  @Test func hostIsDescribed() {
    let host = LLVMTarget.host
    #expect(!host.cpu.isEmpty)
    #expect(host.features.allSatisfy { $0.hasPrefix("+") || $0.hasPrefix("-") })
    #expect(LLVMTarget.libraryVersion.split(separator: ".").count == 3)
  }

  @Test(arguments: [
    ("x86_64-unknown-linux-gnu", LLVMTarget.Architecture.x86), ("aarch64-unknown-linux-gnu", .aarch64),
    ("arm64-apple-macosx", .aarch64), ("wasm32-unknown-unknown", .webAssembly), ("riscv64-linux", .other),
  ])
  func architectureIsReadFromTheTriple(triple: String, architecture: LLVMTarget.Architecture) {
    #expect(LLVMTarget(triple: triple).architecture == architecture)
  }
}
