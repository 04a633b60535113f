import IR
import Kernels
import LLVM

/// Where a tensor lies at run time.
public enum Location: Sendable, Hashable {
  /// In each block's part of the arena, at this offset; where images have several rows, so many bytes from one row's part to
  /// the next one's, else 0.
  case block(offset: Int, sampleBytes: Int)
  /// In the arena's part that all blocks share.
  case shared(offset: Int)
  case weights(offset: Int)
  case state(offset: Int)
  /// The caller's memory: the pointer of that number.
  case input(Int)
  case output(Int)

  /// The address, of the first block's part where blocks have such.
  func address(_ b: LLVMBuilder, frame: LLVMValue, arena: ArenaLayout) -> LLVMValue {
    let pointer = b.context.pointer
    func region(_ field: FrameField, _ offset: Int) -> LLVMValue {
      b.offset(b.loadField(field, pointer, of: frame), bytes: offset)
    }
    switch self {
    case .weights(let offset): return region(.weights, offset)
    case .state(let offset): return region(.state, offset)
    case .shared(let offset): return region(.arena, offset)
    case .block(let offset, _): return region(.arena, arena.sharedBytes + offset)
    case .input(let index): return b.load(pointer, from: region(.inputs, index * 8))
    case .output(let index): return b.load(pointer, from: region(.outputs, index * 8))
    }
  }
}

/// A tensor of an entry: its type and where it lies.
public struct PlannedTensor: Sendable, Hashable {
  public let type: TensorType
  public let location: Location
}

/// Sizes of the arena's two parts: one that all blocks share, then one for each block.
public struct ArenaLayout: Sendable, Hashable {
  public let sharedBytes: Int
  public let blockBytes: Int
}

/// What a kernel's code is given of an operation: the tensors, each behind an argument, and the locations that the
/// arguments stand for, each once.
struct KernelArguments {
  private(set) var locations: [Location] = []

  mutating func slot(_ tensor: PlannedTensor) -> TensorSlot {
    TensorSlot(type: tensor.type, place: place(tensor.location, isPerImage: tensor.type.isPerImage))
  }

  mutating func place(_ location: Location, isPerImage: Bool) -> Place {
    let argument = locations.firstIndex(of: location) ?? locations.count
    if argument == locations.count { locations.append(location) }
    switch location {
    case .block(_, let sampleBytes):
      return Place(argument: argument, step: .arena, sampleBytes: sampleBytes)
    case .input, .output: return Place(argument: argument, step: isPerImage ? .rows : .none)
    case .shared, .weights, .state: return Place(argument: argument, step: .none)
    }
  }
}
