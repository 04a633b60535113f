import IR
import Kernels

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

  /// Which of the frame's regions it is in and how many bytes behind its start, where blocks have parts the first block's; and
  /// whether it begins there or a pointer to it stands there.
  func place(in arena: ArenaLayout) -> (region: FrameField, offset: Int, isPointer: Bool) {
    switch self {
    case .weights(let offset): (.weights, offset, false)
    case .state(let offset): (.state, offset, false)
    case .shared(let offset): (.arena, offset, false)
    case .block(let offset, _): (.arena, arena.sharedBytes + offset, false)
    case .input(let index): (.inputs, index * 8, true)
    case .output(let index): (.outputs, index * 8, true)
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
