import IR
import LLVM

/// A kernel function's surroundings: the frame that the entry made, and addresses of tensors.
public final class KernelBuilder {
  public let b: LLVMBuilder
  public let target: KernelTarget
  /// Bytes from one block's part of the arena to the next, i64.
  public let blockBytes: LLVMValue
  /// Rows for each image in the kernel at hand.
  public let samples: Int
  private let frame: LLVMValue
  private let arguments: [LLVMValue]

  /// - Parameters:
  ///   - arguments: the pointers that places number.
  ///   - blockBytes: bytes from one block's part of the arena to the next.
  ///   - samples: rows for each image.
  public init(
    _ builder: LLVMBuilder, target: KernelTarget, frame: LLVMValue, arguments: [LLVMValue],
    blockBytes: LLVMValue, samples: Int = 1
  ) {
    self.samples = samples
    b = builder
    self.target = target
    self.frame = frame
    self.arguments = arguments
    self.blockBytes = blockBytes
  }

  /// The same for another way to use the machine's vectors.
  func with(_ target: KernelTarget) -> KernelBuilder {
    KernelBuilder(
      b, target: target, frame: frame, arguments: arguments, blockBytes: blockBytes, samples: samples)
  }

  public var lanes: Int { target.lanes }
  public var rowBytes: Int { target.rowBytes }
  /// `<lanes x float>`.
  public var vector: LLVMType { b.context.f32.lanes(lanes) }

  /// Images of the call, i64; each of their rows counts.
  public func count() -> LLVMValue { times(samples, imageCount()) }
  /// Blocks of the call, i64: those of images, for each of their rows.
  public func blocks() -> LLVMValue { times(samples, b.loadField(.blocks, b.context.i64, of: frame)) }

  private func imageCount() -> LLVMValue { b.loadField(.count, b.context.i64, of: frame) }

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
    let base = arguments[slot.place.argument]
    guard let block else { return base }
    switch slot.place.step {
    case .none: return base
    case .arena:
      let part = b.offset(base, bytes: b.mulIndex(images(of: block), blockBytes))
      guard samples > 1, slot.place.sampleBytes > 0 else { return part }
      return b.offset(part, bytes: b.mulIndex(b.urem(block, samples), slot.place.sampleBytes))
    case .rows:
      let bytes = slot.type.count * slot.type.element.byteCount * target.blockImages
      return b.offset(base, bytes: b.mulIndex(images(of: block), bytes))
    }
  }
  /// Images of a block that the call has: `min(blockImages, count - block * blockImages)`, i64.
  public func images(in block: LLVMValue) -> LLVMValue {
    let rest = b.sub(imageCount(), b.mulIndex(images(of: block), target.blockImages))
    return b.select(b.icmp(.slt, rest, target.blockImages), rest, b.i64(target.blockImages))
  }

  /// Runs `body` for each vector of a block, whose number it is given (i64), in a loop: what is long is in the code once.
  func forEachVector(_ body: (LLVMValue) -> Void) {
    guard target.tileVectors > 1 else { return body(b.i64(0)) }
    b.forLoop(from: 0, to: b.i64(target.tileVectors), name: "vector") { body($0) }
  }

  /// The lanes of one of a block's vectors that hold an image of the call.
  public func mask(block: LLVMValue, vector index: some LLVMOperand) -> LLVMValue {
    let first = b.mulIndex(index.value(like: b.context.i64), lanes)
    return b.mask(below: b.trunc(b.sub(images(in: block), first), to: b.context.i32), lanes: lanes)
  }

  /// One vector of a row: `<lanes x float>` at an address that holds floats.
  public func loadVector(_ address: LLVMValue, _ index: some LLVMOperand = 0) -> LLVMValue {
    b.load(vector, from: place(address, index))
  }

  public func storeVector(_ value: LLVMValue, _ address: LLVMValue, _ index: some LLVMOperand = 0) {
    b.store(value, to: place(address, index))
  }

  private func place(_ address: LLVMValue, _ index: some LLVMOperand) -> LLVMValue {
    b.offset(address, bytes: b.mulIndex(index.value(like: b.context.i64), lanes * 4))
  }

  public func loadFloat(_ address: LLVMValue) -> LLVMValue { b.load(b.context.f32, from: address) }

  /// A float from memory in all lanes.
  public func broadcast(_ address: LLVMValue) -> LLVMValue { b.splat(loadFloat(address), lanes: lanes) }
}

/// The frame: what an entry's call unpacks on its stack for the kernels, eight bytes a field.
public enum FrameField: Int, Sendable, CaseIterable {
  case weights, state, arena, count, blocks, inputs, outputs, executor
  /// The executor's callback for profilers, null where there is none.
  case profile
  /// A number for each kernel, of the tasks that have been taken of those that no worker has of its own.
  case taken

  public var offset: Int { rawValue * 8 }
  var name: String { String(describing: self) }
}

extension LLVMBuilder {
  /// A field of the frame at an address.
  public func loadField(_ field: FrameField, _ type: LLVMType, of frame: LLVMValue) -> LLVMValue {
    load(type, from: offset(frame, bytes: field.offset), name: field.name)
  }
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
