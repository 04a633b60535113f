import IR
import Kernels
import LLVM

/// Emits one entry: the exported function, and the bodies that each worker runs, which run the kernels one after another.
struct EntryLowering {
  let module: LLVMModule
  let target: KernelTarget
  let code: KernelCode
  /// The entry's exported name, the prefix of every symbol.
  let symbol: String
  let variants: EntryVariants

  private var builder: LLVMBuilder { LLVMBuilder(module) }

  /// Emits everything.
  func emit() {
    let blocks = emit(variants.blocks, symbol: symbol, firstNumber: 0)
    let single = variants.single.map {
      emit($0, symbol: EntryVariants.singleSymbol(symbol), firstNumber: variants.blocks.schedule.count)
    }
    emitEntryPoint(blocks: blocks, single: single)
  }

  /// The body of one variant; its kernels are numbered from `firstNumber` on.
  private func emit(_ variant: EntryVariant, symbol: String, firstNumber: Int) -> LLVMFunction {
    let functions = variant.schedule.map(code.function)
    let steps = emitSteps(variant, functions, symbol: symbol, firstNumber: firstNumber)
    return emitBody(steps, symbol: symbol)
  }

  /// The kernels in order.
  private func emitSteps(
    _ variant: EntryVariant, _ functions: [LLVMFunction], symbol: String, firstNumber: Int
  ) -> LLVMFunction {
    let b = builder
    let i64 = b.context.i64
    let share = emitShare()
    let function = module.addFunction(
      "\(symbol).steps", [b.context.pointer, i64, i64], returning: b.context.void, linkage: .internal,
      parameterNames: ["frame", "worker", "workers"])
    function.add(.noInline)
    b.define(function) { p in
      for (index, (scheduled, kernel)) in zip(variant.schedule, functions).enumerated() {
        let data = KernelStep.data(scheduled, number: firstNumber + index, arena: variant.plan.arena)
        let step = module.addConstant("\(symbol).step\(index)", data, alignment: 8)
        b.call(share, [p[0], kernel.value, step, p[1], p[2]])
      }
    }
    return function
  }

  /// A worker's share of a kernel's tasks, behind a barrier where the kernel needs what another made; told to the profiler where
  /// there is one.
  ///
  /// Half of the tasks are dealt out beforehand, each worker the same ones of every kernel of that many, so that it finds
  /// in its caches what it made; the rest is taken by who is done. On a machine that others use too, one processor is slower
  /// than another for milliseconds, and all would wait for it at the next barrier. Which worker does a task changes no bit.
  private func emitShare() -> LLVMFunction {
    let name = Self.shareSymbol(module)
    if let known = module.function(named: name) { return known }
    let b = builder
    let (pointer, i32, i64) = (b.context.pointer, b.context.i32, b.context.i64)
    let barrier = emitBarrier()
    let function = module.addFunction(
      name, [pointer, pointer, pointer, i64, i64], returning: b.context.void, linkage: .internal,
      parameterNames: ["frame", "kernel", "step", "worker", "workers"])
    function.add(.noInline)
    b.define(function) { p in
      let (step, worker, workers) = (p[2], p[3], p[4])
      b.ifThen(b.icmp(.ne, KernelStep.load(.needsBarrier, b, step), 0), name: "barrier") {
        b.call(barrier, [p[0]])
      }
      let arguments = KernelStep.argumentSlot(b, most: code.mostArguments)
      KernelStep.storeArguments(of: step, to: arguments, b, frame: p[0])
      let number = KernelStep.load(.number, b, step)
      let tasks = b.add(
        KernelStep.load(.fixedTasks, b, step),
        b.mul(KernelStep.load(.tasksPerBlock, b, step), b.loadField(.blocks, i64, of: p[0])))
      let profile = b.load(pointer, from: b.offset(p[0], bytes: FrameField.profile.offset))
      func tell(isEnd: Bool) {
        b.ifThen(b.icmp(.ne, profile, pointer.zero), name: "profile") {
          let executor = b.load(pointer, from: b.offset(p[0], bytes: FrameField.executor.offset))
          let context = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.context.rawValue))
          b.call(
            profile, as: b.context.function([pointer, i32, i32, i32], returning: b.context.void),
            [context, b.trunc(worker, to: i32), b.trunc(number, to: i32), b.i32(isEnd ? 1 : 0)])
        }
      }
      tell(isEnd: false)
      let type = b.context.function([pointer, i64, pointer], returning: b.context.void)
      func run(from first: LLVMValue, to end: LLVMValue) {
        b.forLoop(from: first, to: end, name: "task") { b.call(p[1], as: type, [p[0], $0, arguments]) }
      }
      let taken = b.loadField(.taken, pointer, of: p[0])
      // Fewer tasks are not worth the counting.
      let isShared = b.and(b.icmp(.sgt, workers, 1), b.icmp(.sge, tasks, b.mul(workers, 4)))
      _ = b.ifThen(
        isShared, name: "shared",
        {
          let own = b.udiv(tasks, b.mul(workers, 2))
          run(from: b.mul(own, worker), to: b.mul(own, b.add(worker, 1)))
          let start = b.mul(own, workers)
          let rest = b.sub(tasks, start)
          // A few tasks at a time, an eighth of a worker's part of the rest.
          let some = b.add(b.udiv(rest, b.mul(workers, 8)), 1)
          let counter = b.offset(taken, bytes: b.mulIndex(number, 8))
          b.forEach({ b.atomicAdd(some, to: counter, type: i64) }, below: rest, name: "rest") { place in
            let past = b.add(place, some)
            run(from: b.add(start, place), to: b.add(start, b.select(b.icmp(.slt, past, rest), past, rest)))
          }
          return []
        },
        else: {
          run(
            from: b.udiv(b.mul(tasks, worker), workers), to: b.udiv(b.mul(tasks, b.add(worker, 1)), workers))
          return []
        })
      tell(isEnd: true)
    }
    return function
  }

  /// The name of the function through which every kernel is run.
  static func shareSymbol(_ module: LLVMModule) -> String { "\(module.name).share" }

  private func emitBarrier() -> LLVMFunction {
    let name = "\(module.name).barrier"
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
  private func emitBody(_ steps: LLVMFunction, symbol: String) -> LLVMFunction {
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
  private func emitEntryPoint(blocks blockBody: LLVMFunction, single: LLVMFunction?) {
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
          var blocks = b.udiv(b.add(count, target.blockImages - 1), target.blockImages)
          var body = blockBody.value
          if let single {
            let isSmall = b.icmp(.sle, count, target.singleImageCalls)
            blocks = b.select(isSmall, count, blocks)
            body = b.select(isSmall, single.value, body)
          }
          let fields: [(FrameField, LLVMValue)] = [
            (.weights, field(.weights, pointer)), (.state, field(.state, pointer)),
            (.arena, field(.arena, pointer)),
            (.count, count), (.blocks, blocks), (.inputs, field(.inputs, pointer)),
            (.outputs, field(.outputs, pointer)), (.executor, executor),
          ]
          for (place, value) in fields { b.store(value, to: b.offset(frame, bytes: place.offset)) }
          let profilePlace = b.offset(frame, bytes: FrameField.profile.offset)
          let kernels = variants.blocks.schedule.count + (variants.single?.schedule.count ?? 0)
          let taken = b.stackSlot(b.context.i64.array(of: kernels), align: 64, name: "taken")
          b.forLoop(from: 0, to: b.i64(kernels), name: "kernel") {
            b.store(b.i64(0), to: b.element(taken, of: b.context.i64, at: $0))
          }
          b.store(taken, to: b.offset(frame, bytes: FrameField.taken.offset))
          _ = b.ifThen(
            b.icmp(.eq, executor, pointer.zero), name: "serial",
            {
              b.store(pointer.zero, to: profilePlace)
              b.call(body, as: blockBody.type, [frame, b.i32(0), b.i32(1)])
              return []
            },
            else: {
              let profile = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.profile.rawValue))
              b.store(profile, to: profilePlace)
              let run = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.run.rawValue))
              let context = b.load(pointer, from: b.offset(executor, bytes: ExecutorField.context.rawValue))
              let type = b.context.function([pointer, pointer, pointer], returning: b.context.void)
              b.call(run, as: type, [context, body, frame])
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
