import IR

/// Where a tensor lies at run time.
public enum Place: Sendable, Hashable {
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
}

extension Place {
  /// Bytes from one row of an image to the next one of its rows; 0 where it has one.
  var sampleBytes: Int { if case .block(_, let bytes) = self { bytes } else { 0 } }
}

/// A tensor of an entry: its type and its place.
public struct TensorSlot: Sendable, Hashable {
  public let type: TensorType
  public let place: Place

  public init(type: TensorType, place: Place) {
    self.type = type
    self.place = place
  }

  /// The same memory with the rows of an image as an extent.
  public var withRowsAsExtent: TensorSlot { TensorSlot(type: type.withRowsAsExtent, place: place) }
}

/// How often a kernel's body runs.
public enum TaskCount: Sendable, Hashable {
  case fixed(Int)
  /// That many times for each block of images, and each of the kernel's samples.
  case perBlock(Int)
}

/// One parallel loop: tasks that may run in any order and at the same time.
///
/// Work is split by shape, never by the number of threads, so each task adds in a fixed order and the result has the
/// same bits whoever runs it.
public struct Kernel {
  public let name: String
  public let tasks: TaskCount
  /// Rows for each image: the body then runs for each of them. What it takes for a block is one row of all images of a block.
  public var samples = 1
  /// Emits the body for a task's number (i64) in [0, tasks).
  public let emit: (KernelBuilder, TaskIndex) -> Void

  public init(_ name: String, tasks: TaskCount, emit: @escaping (KernelBuilder, TaskIndex) -> Void) {
    self.name = name
    self.tasks = tasks
    self.emit = emit
  }
}
