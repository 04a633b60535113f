import IR
import LLVM

/// A kernel function's surroundings: the frame that the entry made, and addresses of tensors in it.
public final class KernelBuilder {
  public let b: LLVMBuilder
  public let target: KernelTarget
  /// Bytes of the arena that all blocks share, and of each block.
  public let arena: ArenaLayout
  /// Rows for each image in the kernel at hand.
  public let samples: Int
  private let frame: LLVMValue

  public init(
    _ builder: LLVMBuilder, target: KernelTarget, arena: ArenaLayout, frame: LLVMValue, samples: Int = 1
  ) {
    self.samples = samples
    b = builder
    self.target = target
    self.arena = arena
    self.frame = frame
  }

  public var lanes: Int { target.lanes }
  public var rowBytes: Int { target.rowBytes }
  /// `<lanes x float>`.
  public var vector: LLVMType { b.context.f32.lanes(lanes) }

  /// Images of the call, i64; each of their rows counts.
  public func count() -> LLVMValue { times(samples, imageCount()) }
  /// Blocks of the call, i64: those of images, for each of their rows.
  public func blocks() -> LLVMValue { times(samples, imageBlocks()) }
  /// Blocks of images, i64.
  public func imageBlocks() -> LLVMValue { load(b.context.i64, FrameField.blocks) }

  private func imageCount() -> LLVMValue { load(b.context.i64, FrameField.count) }

  private func times(_ factor: Int, _ value: LLVMValue) -> LLVMValue {
    factor == 1 ? value : b.mulIndex(value, factor)
  }

  /// Which of its images' rows a block is, i32.
  public func sample(of block: LLVMValue) -> LLVMValue {
    samples == 1 ? b.i32(0) : b.trunc(b.urem(block, samples), to: b.context.i32)
  }

  /// The block of images that a block belongs to.
  private func images(of block: LLVMValue) -> LLVMValue {
    samples == 1 ? block : b.udiv(block, samples)
  }

  /// The address of a tensor; of a block's part of it where it has one, which is that of its images where they have one row. In
  /// the caller's memory a block's part begins at its first image's row.
  public func address(_ slot: TensorSlot, block: LLVMValue? = nil) -> LLVMValue {
    switch slot.place {
    case .weights(let offset): return b.offset(load(b.context.pointer, .weights), bytes: offset)
    case .state(let offset): return b.offset(load(b.context.pointer, .state), bytes: offset)
    case .shared(let offset): return b.offset(load(b.context.pointer, .arena), bytes: offset)
    case .block(let offset, let sampleBytes):
      let base = b.offset(load(b.context.pointer, .arena), bytes: arena.sharedBytes + offset)
      guard let block else { return base }
      let part = b.offset(base, bytes: b.mulIndex(images(of: block), arena.blockBytes))
      guard samples > 1, sampleBytes > 0 else { return part }
      return b.offset(part, bytes: b.mulIndex(b.urem(block, samples), sampleBytes))
    case .input(let index): return callerAddress(.inputs, index, slot, block)
    case .output(let index): return callerAddress(.outputs, index, slot, block)
    }
  }

  private func callerAddress(_ field: FrameField, _ index: Int, _ slot: TensorSlot, _ block: LLVMValue?)
    -> LLVMValue
  {
    let table = load(b.context.pointer, field)
    let base = b.load(b.context.pointer, from: b.offset(table, bytes: index * 8))
    guard let block, slot.type.isPerImage else { return base }
    return b.offset(
      base,
      bytes: b.mulIndex(images(of: block), slot.type.count * slot.type.element.byteCount * target.blockImages))
  }

  /// The executor of the call, a pointer that may be null.
  public func executor() -> LLVMValue { load(b.context.pointer, .executor) }

  private func load(_ type: LLVMType, _ field: FrameField) -> LLVMValue {
    b.load(type, from: b.offset(frame, bytes: field.offset), name: field.name)
  }

  /// Images of a block that the call has: `min(blockImages, count - block * blockImages)`, i64.
  public func images(in block: LLVMValue) -> LLVMValue {
    let rest = b.sub(imageCount(), b.mulIndex(images(of: block), target.blockImages))
    return b.select(b.icmp(.slt, rest, target.blockImages), rest, b.i64(target.blockImages))
  }

  /// The lanes of one of a block's vectors that hold an image of the call.
  public func mask(block: LLVMValue, vector index: Int) -> LLVMValue {
    b.mask(below: b.trunc(b.sub(images(in: block), index * lanes), to: b.context.i32), lanes: lanes)
  }

  /// One vector of a row: `<lanes x float>` at an address that holds floats.
  public func loadVector(_ address: LLVMValue, _ index: Int = 0) -> LLVMValue {
    b.load(vector, from: b.offset(address, bytes: index * lanes * 4))
  }

  public func storeVector(_ value: LLVMValue, _ address: LLVMValue, _ index: Int = 0) {
    b.store(value, to: b.offset(address, bytes: index * lanes * 4))
  }

  public func loadFloat(_ address: LLVMValue) -> LLVMValue { b.load(b.context.f32, from: address) }

  /// A float from memory in all lanes.
  public func broadcast(_ address: LLVMValue) -> LLVMValue { b.splat(loadFloat(address), lanes: lanes) }
}

/// Sizes of the arena's two parts: one that all blocks share, then one for each block.
public struct ArenaLayout: Sendable, Hashable {
  public let sharedBytes: Int
  public let blockBytes: Int

  public init(sharedBytes: Int, blockBytes: Int) {
    self.sharedBytes = sharedBytes
    self.blockBytes = blockBytes
  }
}

/// The frame: what an entry's call unpacks on its stack for the kernels, eight bytes a field.
public enum FrameField: Int, Sendable, CaseIterable {
  case weights, state, arena, count, blocks, inputs, outputs, executor
  /// The executor's callback for profilers, null where there is none.
  case profile

  public var offset: Int { rawValue * 8 }
  var name: String { String(describing: self) }
}

/// The number of a task, split into the block and the task inside the block where the kernel has such.
public struct TaskIndex {
  /// Nil for a kernel with a fixed number of tasks.
  public let block: LLVMValue?
  /// The task inside the block, or of all.
  public let part: LLVMValue

  public init(block: LLVMValue?, part: LLVMValue) {
    self.block = block
    self.part = part
  }
}
