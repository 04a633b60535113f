import Kernels
import LLVM

/// The code of a module's kernels. What a kernel does with its tensors follows from shapes alone; where they lie, it is told by
/// who runs it. So code stands once for all kernels that do the same: `evaluate` and `train_step` share the forward half of
/// a model, `gradients` and `train_step` the rest, and layers of the same shape all of theirs.
final class KernelCode {
  private let module: LLVMModule
  /// How many kernels have each identity.
  private var users: [KernelIdentity: Int] = [:]
  private var functions: [KernelIdentity: LLVMFunction] = [:]
  /// How many functions have a name that says what their kernels do, by that name.
  private var namesakes: [String: Int] = [:]
  /// The most arguments of a kernel.
  let mostArguments: Int

  init(_ module: LLVMModule, schedules: [[ScheduledKernel]]) {
    self.module = module
    mostArguments = schedules.joined().map(\.arguments.count).max() ?? 0
    for scheduled in schedules.flatMap({ $0 }) { users[scheduled.identity, default: 0] += 1 }
  }

  /// The function of a kernel, `name(frame, task, arguments)`, emitted for the first kernel that asks for it. The arguments are
  /// what `KernelStep` stores. Its name is that of its only kernel, or says what all of its kernels do.
  func function(of scheduled: ScheduledKernel) -> LLVMFunction {
    if let known = functions[scheduled.identity] { return known }
    let b = LLVMBuilder(module)
    let (pointer, i64) = (b.context.pointer, b.context.i64)
    let function = module.addFunction(
      name(of: scheduled), [pointer, i64, pointer], returning: b.context.void, linkage: .internal,
      parameterNames: ["frame", "task", "arguments"])
    function.add(.noInline)
    for constant in [0, 2] { function.add(.noAlias, .readOnly, parameter: constant) }
    b.define(function) { p in
      let (blockBytes, addresses) = KernelStep.loadArguments(scheduled.arguments.count, from: p[2], b)
      let k = KernelBuilder(
        b, target: scheduled.target, frame: p[0], arguments: addresses, blockBytes: blockBytes,
        samples: scheduled.kernel.samples)
      body(scheduled.kernel, k, p[1])
    }
    functions[scheduled.identity] = function
    return function
  }

  private func name(of scheduled: ScheduledKernel) -> String {
    guard users[scheduled.identity, default: 0] > 1 else { return scheduled.kernel.name }
    let number = namesakes[scheduled.title, default: 0]
    namesakes[scheduled.title] = number + 1
    return "shared_\(scheduled.title)_\(number)"
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
