import IR

/// Where a tensor lies, as a kernel's code sees it: behind one of the pointers that it is given. So the code of a kernel
/// follows from shapes alone, and operations of the same shapes, in whatever entry, can share it.
public struct Place: Sendable, Hashable {
  /// How a block's part is found from the first block's.
  public enum Step: Sendable, Hashable {
    /// All blocks have the same, or there are none.
    case none
    /// Blocks lie one block of the arena apart.
    case arena
    /// Blocks lie in the caller's memory, which has a row for each image.
    case rows
  }

  /// The number of the pointer.
  public let argument: Int
  public let step: Step
  /// Where images have several rows, bytes from one row's part of a block to the next one's; else 0.
  public let sampleBytes: Int

  public init(argument: Int, step: Step, sampleBytes: Int = 0) {
    self.argument = argument
    self.step = step
    self.sampleBytes = sampleBytes
  }
}

/// A tensor that a kernel reads or writes: its type and its place.
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

  /// The same with another way to use the machine's vectors.
  public func with(_ target: KernelTarget) -> Kernel {
    var kernel = Kernel(name, tasks: tasks) { emit($0.with(target), $1) }
    kernel.samples = samples
    return kernel
  }
}
