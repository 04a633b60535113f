import IR
import LLVM

/// A kernel function's surroundings: the frame that the entry made, and addresses of tensors.
public final class KernelBuilder {
  public let b: LLVMBuilder
  public let target: KernelTarget
  /// Bytes from one block's part of the arena to the next, i64.
  public let blockBytes: LLVMValue
  private let frame: LLVMValue
  private let arguments: [LLVMValue]

  /// - Parameters:
  ///   - arguments: the pointers that places number.
  ///   - blockBytes: bytes from one block's part of the arena to the next.
  public init(
    _ builder: LLVMBuilder, target: KernelTarget, frame: LLVMValue, arguments: [LLVMValue],
    blockBytes: LLVMValue
  ) {
    b = builder
    self.target = target
    self.frame = frame
    self.arguments = arguments
    self.blockBytes = blockBytes
  }

  /// The same for another way to use the machine's vectors.
  func with(_ target: KernelTarget) -> KernelBuilder {
    KernelBuilder(b, target: target, frame: frame, arguments: arguments, blockBytes: blockBytes)
  }

  public var lanes: Int { target.lanes }
  public var rowBytes: Int { target.rowBytes }
  /// `<lanes x float>`.
  public var vector: LLVMType { b.context.f32.lanes(lanes) }

  /// Images of the call, i64.
  public func count() -> LLVMValue { b.loadField(.count, b.context.i64, of: frame) }
  /// Blocks of the call, i64.
  public func blocks() -> LLVMValue { b.loadField(.blocks, b.context.i64, of: frame) }

  /// The address of a tensor; of a block's part of it where it has one.
  public func address(_ slot: TensorSlot, block: LLVMValue? = nil) -> LLVMValue {
    let base = arguments[slot.place.argument]
    guard let block else { return base }
    switch slot.place.step {
    case .none: return base
    case .arena: return b.offset(base, bytes: b.mulIndex(block, blockBytes))
    case .rows:
      let bytes = slot.type.count * slot.type.element.byteCount * target.blockImages
      return b.offset(base, bytes: b.mulIndex(block, bytes))
    }
  }

  /// Images of a block that the call has: `min(blockImages, count - block * blockImages)`, i64.
  public func images(in block: LLVMValue) -> LLVMValue {
    let rest = b.sub(count(), b.mulIndex(block, target.blockImages))
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

/// The frame: what an entry's call unpacks on its stack for the kernels, eight bytes a field.
public enum FrameField: Int, Sendable, CaseIterable {
  case weights, state, arena, count, blocks, inputs, outputs, executor
  /// The executor's callback for profilers, null where there is none.
  case profile

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
