import Kernels
import LLVM
import Random

/// The code of a module's kernels. A kernel's function says where its tensors lie; what it does with them follows from
/// shapes alone, and stands once where several kernels do the same: `evaluate` and `train_step` share the forward half of a
/// model, `gradients` and `train_step` the rest.
final class KernelCode {
  private let module: LLVMModule
  /// How many kernels have each identity.
  private var users: [String: Int] = [:]
  private var functions: [String: LLVMFunction] = [:]

  init(_ module: LLVMModule, schedules: [[ScheduledKernel]]) {
    self.module = module
    for scheduled in schedules.flatMap({ $0 }) { users[scheduled.identity, default: 0] += 1 }
  }

  /// The function of a kernel: `name(frame, task)`.
  func emit(_ scheduled: ScheduledKernel, arena: ArenaLayout) -> LLVMFunction {
    let b = LLVMBuilder(module)
    let function = module.addFunction(
      scheduled.kernel.name, [b.context.pointer, b.context.i64], returning: b.context.void, linkage: .internal,
      parameterNames: ["frame", "task"])
    function.add(.noInline)
    function.add(.noAlias, .readOnly, parameter: 0)
    b.define(function) { p in
      let arguments = scheduled.arguments.map { $0.address(b, frame: p[0], arena: arena) }
      let blockBytes = b.i64(arena.blockBytes)
      if users[scheduled.identity, default: 0] > 1 {
        b.call(shared(scheduled), [p[0], p[1], blockBytes] + arguments)
      } else {
        let k = KernelBuilder(
          b, target: scheduled.target, frame: p[0], arguments: arguments, blockBytes: blockBytes,
          samples: scheduled.kernel.samples)
        body(scheduled.kernel, k, p[1])
      }
    }
    return function
  }

  /// The code that kernels of one identity share: `function(frame, task, bytes of a block, pointers...)`.
  private func shared(_ scheduled: ScheduledKernel) -> LLVMFunction {
    if let known = functions[scheduled.identity] { return known }
    let b = LLVMBuilder(module)
    let (pointer, i64) = (b.context.pointer, b.context.i64)
    let digits = String(streamIdentifier(of: scheduled.identity), radix: 16)
    let function = module.addFunction(
      "shared_\(scheduled.title).\(digits)",
      [pointer, i64, i64] + Array(repeating: pointer, count: scheduled.arguments.count),
      returning: b.context.void, linkage: .internal, parameterNames: ["frame", "task", "block_bytes"])
    function.add(.noInline)
    function.add(.noAlias, .readOnly, parameter: 0)
    b.define(function) { p in
      let k = KernelBuilder(
        b, target: scheduled.target, frame: p[0], arguments: Array(p.dropFirst(3)), blockBytes: p[2],
        samples: scheduled.kernel.samples)
      body(scheduled.kernel, k, p[1])
    }
    functions[scheduled.identity] = function
    return function
  }

  private func body(_ kernel: Kernel, _ k: KernelBuilder, _ task: LLVMValue) {
    switch kernel.tasks {
    case .fixed: kernel.emit(k, TaskIndex(block: nil, part: task))
    case .perBlock(1): kernel.emit(k, TaskIndex(block: task, part: k.b.i64(0)))
    case .perBlock(let parts):
      kernel.emit(k, TaskIndex(block: k.b.udiv(task, parts), part: k.b.urem(task, parts)))
    }
  }
}
