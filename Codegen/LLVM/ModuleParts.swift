internal import CLLVM
import Dispatch
import Foundation

extension LLVMModule {
  /// Machine code of the module as object files of about even size that belong together, made at the same time by as many
  /// threads as there are processors. Which function is in which object follows from the module alone.
  ///
  /// - Parameters:
  ///   - parts: how many objects.
  ///   - passes: what runs on each part first.
  /// - Precondition: no function's address or name is used from outside but those of external linkage.
  public func objects(
    parts: Int, passes: String, level: LLVMCodegenLevel = .standard
  ) throws(LLVMError) -> [[UInt8]] {
    let owners = self.owners(parts: parts)
    let bitcode = self.bitcode
    let (name, target) = (self.name, self.target)
    let made = Results(count: parts)
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      made.set(
        part,
        Result { () throws(LLVMError) in
          let machine = try LLVMTargetMachine(target, level: level)
          let module = try LLVMModule(name, bitcode: bitcode, target: target)
          for function in module.definedFunctions where owners[function.name] != part {
            function.leaveToOthers()
          }
          for function in module.definedFunctions { function.showToParts() }
          try machine.run(passes: "elim-avail-extern,globaldce," + passes, on: module)
          return try machine.object(of: module)
        })
    }
    var objects: [[UInt8]] = []
    for result in made.values { objects.append(try result.get()) }
    return objects
  }

  /// The part that each function is in: the largest first, each to the part that has least.
  private func owners(parts: Int) -> [String: Int] {
    let functions = definedFunctions.map { (name: $0.name, size: $0.instructionCount) }
    let ordered = functions.enumerated().sorted {
      ($1.element.size, $0.offset) < ($0.element.size, $1.offset)
    }
    var sizes = Array(repeating: 0, count: parts)
    var owners: [String: Int] = [:]
    for (_, function) in ordered {
      let part = sizes.indices.min { (sizes[$0], $0) < (sizes[$1], $1) } ?? 0
      sizes[part] += function.size
      owners[function.name] = part
    }
    return owners
  }

  private var bitcode: [UInt8] {
    let buffer: OpaquePointer = LLVMWriteBitcodeToMemoryBuffer(reference)
    defer { LLVMDisposeMemoryBuffer(buffer) }
    return Array(UnsafeRawBufferPointer(start: LLVMGetBufferStart(buffer), count: LLVMGetBufferSize(buffer)))
  }

  /// A copy of a module in a context of its own.
  private convenience init(_ name: String, bitcode: [UInt8], target: LLVMTarget) throws(LLVMError) {
    let context = LLVMContext()
    let read: OpaquePointer? = bitcode.withUnsafeBytes { bytes in
      let buffer: OpaquePointer? = LLVMCreateMemoryBufferWithMemoryRangeCopy(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, name)
      defer { LLVMDisposeMemoryBuffer(buffer) }
      var module: OpaquePointer?
      return LLVMParseBitcodeInContext2(context.reference, buffer, &module) == 0 ? module : nil
    }
    guard let read else {
      throw .emissionFailed(reason: context.takeErrors().first ?? "a module's bitcode cannot be read")
    }
    self.init(name, reference: read, target: target, context: context)
  }
}

/// What the threads make, by part.
private final class Results: @unchecked Sendable {
  // Behind the lock.
  private var results: [Result<[UInt8], LLVMError>?]
  private let lock = NSLock()

  init(count: Int) { results = Array(repeating: nil, count: count) }

  func set(_ part: Int, _ result: Result<[UInt8], LLVMError>) { lock.withLock { results[part] = result } }

  var values: [Result<[UInt8], LLVMError>] { lock.withLock { results.compactMap { $0 } } }
}

extension LLVMFunction {
  /// Instructions of the body.
  fileprivate var instructionCount: Int { blocks.reduce(0) { $0 + $1.instructions.count } }

  /// Keeps the body for the optimizer alone: another part has the code.
  fileprivate func leaveToOthers() { LLVMSetLinkage(reference, LLVMAvailableExternallyLinkage) }

  /// Lets other parts call a function that is local to the module; it stays local to the library.
  fileprivate func showToParts() {
    switch LLVMGetLinkage(reference) {
    case LLVMInternalLinkage, LLVMPrivateLinkage:
      LLVMSetLinkage(reference, LLVMExternalLinkage)
      LLVMSetVisibility(reference, LLVMHiddenVisibility)
    default: break
    }
  }
}
