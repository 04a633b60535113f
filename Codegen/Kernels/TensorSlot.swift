import IR

/// Where a tensor lies at run time.
public enum Place: Sendable, Hashable {
  /// In each block's part of the arena, at this offset.
  case block(offset: Int)
  /// In the arena's part that all blocks share.
  case shared(offset: Int)
  case weights(offset: Int)
  case state(offset: Int)
  /// The caller's memory: the pointer of that number.
  case input(Int)
  case output(Int)
}

/// A tensor of an entry: its type and its place.
public struct TensorSlot: Sendable, Hashable {
  public let type: TensorType
  public let place: Place

  public init(type: TensorType, place: Place) {
    self.type = type
    self.place = place
  }
}

/// How often a kernel's body runs.
public enum TaskCount: Sendable, Hashable {
  case fixed(Int)
  /// That many times for each block of images.
  case perBlock(Int)
}

/// One parallel loop: tasks that may run in any order and at the same time.
///
/// Work is split by shape, never by the number of threads, so each task adds in a fixed order and the result has the
/// same bits whoever runs it.
public struct Kernel {
  public let name: String
  public let tasks: TaskCount
  /// Emits the body for a task's number (i64) in [0, tasks).
  public let emit: (KernelBuilder, TaskIndex) -> Void

  public init(_ name: String, tasks: TaskCount, emit: @escaping (KernelBuilder, TaskIndex) -> Void) {
    self.name = name
    self.tasks = tasks
    self.emit = emit
  }
}
