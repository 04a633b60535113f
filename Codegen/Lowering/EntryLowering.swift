import IR
import Kernels
import LLVM

/// Emits one entry: the exported function, the body that each worker runs, and a function for each kernel.
struct EntryLowering {
  let module: LLVMModule
  let target: KernelTarget
  /// The model's name, the prefix of every symbol.
  let prefix: String
  let entry: Entry
  let plan: MemoryPlan

  private var builder: LLVMBuilder { LLVMBuilder(module) }

  /// Emits everything and returns the kernels in order, as the schedule shows them.
  func emit() throws -> [ScheduledKernel] {
    let schedule = try makeSchedule()
    let functions = schedule.map(emitKernel)
    let steps = emitSteps(schedule, functions)
    emitEntryPoint(body: emitBody(steps))
    return schedule
  }

  private var symbol: String { "\(prefix)_\(entry.name)" }

  // MARK: Schedule

  func makeSchedule() throws -> [ScheduledKernel] {
    let maker = OperationKernels(target: target, plan: plan)
    var schedule: [ScheduledKernel] = []
    for (position, operation) in entry.operations.enumerated() {
      let name = "\(symbol).\(position)_\(operation.name)"
      let kernels = try maker.kernels(operation, at: position, in: entry, name: name)
      let scratch = plan.scratch[position] ?? []
      for (index, kernel) in kernels.enumerated() {
        // Kernels of one operation hand each other its scratch: all of them count as touching all of it.
        var access = Access()
        for operand in operation.operands { access.add(read: plan.slots[operand], target) }
        for (offset, place) in scratch.enumerated() {
          let bytes = OperationKernels.scratchBytes(operation, entry, target)[offset]
          access.add(write: place, bytes: MemoryPlan.aligned(bytes) * operation.samples(in: entry))
        }
        if index == kernels.count - 1 {
          for result in operation.results { access.add(write: plan.slots[result], target) }
        }
        schedule.append(ScheduledKernel(kernel: kernel, operation: position, access: access))
      }
    }
    var replaced: Set<Place> = []
    for (result, value, place) in plan.copies {
      guard let from = plan.slots[value] else {
        throw LoweringError.unplanned(operation: "return", entry: entry.name)
      }
      guard !replaced.contains(from.place) else { throw LoweringError.exchange(entry: entry.name) }
      replaced.insert(place)
      let to = TensorSlot(type: from.type.with(layout: .canonical), place: place)
      let kernel = maker.copy("\(symbol).result\(result)", from: from, to: to)
      var access = Access()
      access.add(read: from, target)
      access.add(write: to, target)
      schedule.append(ScheduledKernel(kernel: kernel, result: result, access: access))
    }
    return schedule.withBarriers()
  }

  // MARK: Functions

  private func emitKernel(_ scheduled: ScheduledKernel) -> LLVMFunction {
    let b = builder
    let function = module.addFunction(
      scheduled.kernel.name, [b.context.pointer, b.context.i64], returning: b.context.void, linkage: .internal,
      parameterNames: ["frame", "task"])
    function.add(.noInline)
    function.add(.noAlias, .readOnly, parameter: 0)
    b.define(function) { parameters in
      let k = KernelBuilder(
        b, target: target, arena: plan.arena, frame: parameters[0], samples: scheduled.kernel.samples)
      let task = parameters[1]
      switch scheduled.kernel.tasks {
      case .fixed: scheduled.kernel.emit(k, TaskIndex(block: nil, part: task))
      case .perBlock(1): scheduled.kernel.emit(k, TaskIndex(block: task, part: b.i64(0)))
      case .perBlock(let parts):
        scheduled.kernel.emit(k, TaskIndex(block: b.udiv(task, parts), part: b.urem(task, parts)))
      }
    }
    return function
  }

  /// The kernels in order, with barriers where one kernel needs what another made.
  private func emitSteps(_ schedule: [ScheduledKernel], _ functions: [LLVMFunction]) -> LLVMFunction {
    let b = builder
    let i64 = b.context.i64
    let barrier = emitBarrier()
    let share = emitShare()
    let function = module.addFunction(
      "\(symbol).steps", [b.context.pointer, i64, i64], returning: b.context.void, linkage: .internal,
      parameterNames: ["frame", "worker", "workers"])
    function.add(.noInline)
    b.define(function) { p in
      let k = KernelBuilder(b, target: target, arena: plan.arena, frame: p[0])
      for (number, (scheduled, kernel)) in zip(schedule, functions).enumerated() {
        if scheduled.needsBarrier { b.call(barrier, [p[0]]) }
        let tasks =
          switch scheduled.kernel.tasks {
          case .fixed(let count): b.i64(count)
          case .perBlock(let parts): b.mulIndex(k.blocks(), parts * scheduled.kernel.samples)
          }
        b.call(share, [p[0], kernel.value, b.i32(number), tasks, p[1], p[2]])
      }
    }
    return function
  }

  /// A worker's share of a kernel's tasks, told to the profiler where there is one.
  private func emitShare() -> LLVMFunction {
    let name = "\(prefix).share"
    if let known = module.function(named: name) { return known }
    let b = builder
    let (pointer, i32, i64) = (b.context.pointer, b.context.i32, b.context.i64)
    let function = module.addFunction(
      name, [pointer, pointer, i32, i64, i64, i64], returning: b.context.void, linkage: .internal,
      parameterNames: ["frame", "kernel", "number", "tasks", "worker", "workers"])
    function.add(.noInline)
    b.define(function) { p in
      let profile = b.load(pointer, from: b.offset(p[0], bytes: FrameField.profile.offset))
      func tell(isEnd: Bool) {
        b.ifThen(b.icmp(.ne, profile, pointer.zero), name: "profile") {
          let executor = b.load(pointer, from: b.offset(p[0], bytes: FrameField.executor.offset))
          let context = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.context.rawValue))
          b.call(
            profile, as: b.context.function([pointer, i32, i32, i32], returning: b.context.void),
            [context, b.trunc(p[4], to: i32), p[2], b.i32(isEnd ? 1 : 0)])
        }
      }
      tell(isEnd: false)
      let first = b.udiv(b.mul(p[3], p[4]), p[5])
      let end = b.udiv(b.mul(p[3], b.add(p[4], 1)), p[5])
      let type = b.context.function([pointer, i64], returning: b.context.void)
      b.forLoop(from: first, to: end, name: "task") { b.call(p[1], as: type, [p[0], $0]) }
      tell(isEnd: true)
    }
    return function
  }

  private func emitBarrier() -> LLVMFunction {
    let name = "\(prefix).barrier"
    if let known = module.function(named: name) { return known }
    let b = builder
    let pointer = b.context.pointer
    let function = module.addFunction(
      name, [pointer], returning: b.context.void, linkage: .internal, parameterNames: ["frame"])
    b.define(function) { p in
      let executor = b.load(pointer, from: b.offset(p[0], bytes: FrameField.executor.offset))
      b.ifThen(b.icmp(.ne, executor, pointer.zero)) {
        let callback = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.barrier.rawValue))
        let context = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.context.rawValue))
        b.call(callback, as: b.context.function([pointer], returning: b.context.void), [context])
      }
    }
    return function
  }

  /// What the executor calls on each worker: denormals are flushed while the steps run, and the mode put back.
  private func emitBody(_ steps: LLVMFunction) -> LLVMFunction {
    let b = builder
    let i32 = b.context.i32
    let function = module.addFunction(
      "\(symbol).body", [b.context.pointer, i32, i32], returning: b.context.void, linkage: .internal,
      parameterNames: ["frame", "worker", "workers"])
    b.define(function) { p in
      let mode = b.flushDenormals()
      b.call(steps, [p[0], b.zext(p[1], to: b.context.i64), b.zext(p[2], to: b.context.i64)])
      b.restoreFloatControl(mode)
    }
    return function
  }

  /// `int32_t NAME_ENTRY(const vaec_call *call)`.
  private func emitEntryPoint(body: LLVMFunction) {
    let b = builder
    let pointer = b.context.pointer
    let function = module.addFunction(symbol, [pointer], returning: b.context.i32, parameterNames: ["call"])
    b.define(function) { p in
      func field(_ field: CallField, _ type: LLVMType) -> LLVMValue {
        b.load(type, from: b.offset(p[0], bytes: field.rawValue * 8))
      }
      let count = field(.count, b.context.i64)
      let results = b.ifThen(
        b.icmp(.slt, count, 1), name: "refused", { [b.i32(1)] },
        else: {
          let frame = b.stackSlot(b.context.i64.array(of: FrameField.allCases.count), align: 8)
          let executor = field(.executor, pointer)
          let blocks = b.udiv(b.add(count, target.blockImages - 1), target.blockImages)
          let fields: [(FrameField, LLVMValue)] = [
            (.weights, field(.weights, pointer)), (.state, field(.state, pointer)),
            (.arena, field(.arena, pointer)),
            (.count, count), (.blocks, blocks), (.inputs, field(.inputs, pointer)),
            (.outputs, field(.outputs, pointer)), (.executor, executor),
          ]
          for (place, value) in fields { b.store(value, to: b.offset(frame, bytes: place.offset)) }
          let profilePlace = b.offset(frame, bytes: FrameField.profile.offset)
          _ = b.ifThen(
            b.icmp(.eq, executor, pointer.zero), name: "serial",
            {
              b.store(pointer.zero, to: profilePlace)
              b.call(body, [frame, b.i32(0), b.i32(1)])
              return []
            },
            else: {
              let profile = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.profile.rawValue))
              b.store(profile, to: profilePlace)
              let run = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.run.rawValue))
              let context = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.context.rawValue))
              let type = b.context.function([pointer, pointer, pointer], returning: b.context.void)
              b.call(run, as: type, [context, body.value, frame])
              return []
            })
          return [b.i32(0)]
        })
      b.ret(results[0])
    }
  }
}

/// Fields of `vaec_call`, eight bytes each.
private enum CallField: Int { case weights, state, arena, count, inputs, outputs, executor }

/// Byte offsets in `vaec_executor`.
private enum ExecutorField: Int {
  case context = 0
  case run = 8
  case barrier = 16
  case profile = 24
}
