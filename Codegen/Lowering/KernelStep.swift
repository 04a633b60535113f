import Kernels
import LLVM

/// What a worker has to know of a kernel in its place in an entry. It is constant data, integers of eight bytes, and not code:
/// an entry of many kernels would else be a long function that does little.
enum KernelStep {
  /// What a step begins with.
  enum Field: Int, CaseIterable {
    /// The kernel's number in its entry.
    case number
    /// 1 where all workers have to be done with what came before.
    case needsBarrier
    /// The kernel has `fixedTasks + blocks * tasksPerBlock` tasks.
    case fixedTasks, tasksPerBlock
    /// From one block's part of the arena to the next, in bytes.
    case blockBytes
    /// How many arguments follow.
    case arguments
  }

  /// What a step has for each argument, a tensor's address.
  private enum ArgumentField: Int, CaseIterable {
    /// The place in the frame of the region's address.
    case region
    /// Bytes from the region's start.
    case offset
    /// 1 where the address is not there, but stands there.
    case isPointer
  }

  private static let headBytes = Field.allCases.count * 8
  private static let argumentBytes = ArgumentField.allCases.count * 8

  static func data(_ scheduled: ScheduledKernel, number: Int, arena: ArenaLayout) -> [Int64] {
    let head = Field.allCases.map { field in
      switch field {
      case .number: number
      case .needsBarrier: scheduled.needsBarrier ? 1 : 0
      case .fixedTasks: if case .fixed(let count) = scheduled.kernel.tasks { count } else { 0 }
      case .tasksPerBlock:
        if case .perBlock(let parts) = scheduled.kernel.tasks { parts * scheduled.kernel.samples } else { 0 }
      case .blockBytes: arena.blockBytes
      case .arguments: scheduled.arguments.count
      }
    }
    let arguments = scheduled.arguments.flatMap { location in
      let place = location.place(in: arena)
      return ArgumentField.allCases.map { field in
        switch field {
        case .region: place.region.offset
        case .offset: place.offset
        case .isPointer: place.isPointer ? 1 : 0
        }
      }
    }
    return (head + arguments).map(Int64.init)
  }

  static func load(_ field: Field, _ b: LLVMBuilder, _ step: LLVMValue) -> LLVMValue {
    b.load(b.context.i64, from: b.offset(step, bytes: field.rawValue * 8), name: "\(field)")
  }

  // MARK: - What a kernel's code gets

  /// Room on the stack for what a kernel's code gets beside frame and task: `blockBytes`, then the address of each argument.
  static func argumentSlot(_ b: LLVMBuilder, most: Int) -> LLVMValue {
    b.stackSlot(b.context.i64.array(of: 1 + most), align: 8, name: "arguments")
  }

  /// Fills the slot.
  static func storeArguments(of step: LLVMValue, to slot: LLVMValue, _ b: LLVMBuilder, frame: LLVMValue) {
    let (pointer, i64) = (b.context.pointer, b.context.i64)
    b.store(load(.blockBytes, b, step), to: slot)
    b.forLoop(from: 0, to: load(.arguments, b, step), name: "argument") { index in
      let argument = b.offset(step, bytes: b.addIndex(b.mulIndex(index, argumentBytes), headBytes))
      func field(_ field: ArgumentField) -> LLVMValue {
        b.load(i64, from: b.offset(argument, bytes: field.rawValue * 8), name: "\(field)")
      }
      let region = b.load(pointer, from: b.offset(frame, bytes: field(.region)))
      let place = b.offset(region, bytes: field(.offset))
      let address = b.ifThen(
        b.icmp(.ne, field(.isPointer), 0), name: "pointer", { [b.load(pointer, from: place)] },
        else: { [place] })
      b.store(address[0], to: self.place(b, slot, of: index))
    }
  }

  /// What `storeArguments` stored.
  static func loadArguments(
    _ count: Int, from slot: LLVMValue, _ b: LLVMBuilder
  ) -> (blockBytes: LLVMValue, addresses: [LLVMValue]) {
    let blockBytes = b.load(b.context.i64, from: slot, name: "block_bytes")
    return (
      blockBytes, (0..<count).map { b.load(b.context.pointer, from: place(b, slot, of: b.i64($0))) }
    )
  }

  private static func place(_ b: LLVMBuilder, _ slot: LLVMValue, of index: LLVMValue) -> LLVMValue {
    b.offset(slot, bytes: b.addIndex(b.mulIndex(index, 8), 8))
  }
}
