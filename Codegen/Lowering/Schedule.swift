import IR
import Kernels

/// A kernel in its place in an entry.
public struct ScheduledKernel {
  public let kernel: Kernel
  /// The product that it is of, where that has a schedule.
  public let product: Product?
  /// How its code uses the machine.
  let target: KernelTarget
  /// The position of the operation that it belongs to; nil for a copy of a result.
  public let operation: Int?
  /// The number of the result that it copies, if it does.
  public let result: Int?
  /// What the places of its tensors stand for.
  let arguments: [Location]
  let identity: KernelIdentity
  /// What it does, for the name of code that it shares.
  let title: String
  let access: Access
  /// True where all workers have to be done with what came before.
  public internal(set) var needsBarrier = false

  init(
    kernel: Kernel, product: Product? = nil, target: KernelTarget, operation: Int? = nil, result: Int? = nil,
    arguments: [Location], identity: KernelIdentity, title: String, access: Access
  ) {
    self.kernel = kernel
    self.product = product
    self.target = target
    self.operation = operation
    self.result = result
    self.arguments = arguments
    self.identity = identity
    self.title = title
    self.access = access
  }
}

/// What a kernel's code is made of: kernels of the same identity have the same code.
struct KernelIdentity: Hashable {
  /// The operation's name and what it says beside its operands.
  let operation: String
  var attributes = Attributes()
  var samples = 1
  let lanes: Int
  let blockImages: Int
  let slots: OperationSlots
  /// The number of the kernel, of those that the operation has.
  var index = 0
}

/// The memory that a kernel reads and writes.
struct Access {
  private(set) var reads: [Range<Int>] = []
  private(set) var writes: [Range<Int>] = []

  mutating func add(read tensor: PlannedTensor?, _ target: KernelTarget) {
    if let tensor { reads.append(Self.range(tensor.location, MemoryPlan.bytes(tensor.type, target))) }
  }

  mutating func add(write tensor: PlannedTensor?, _ target: KernelTarget) {
    if let tensor { writes.append(Self.range(tensor.location, MemoryPlan.bytes(tensor.type, target))) }
  }

  mutating func add(write location: Location, bytes: Int) { writes.append(Self.range(location, bytes)) }

  func conflicts(with other: Access) -> Bool {
    func meet(_ a: [Range<Int>], _ b: [Range<Int>]) -> Bool {
      a.contains { x in b.contains { $0.overlaps(x) } }
    }
    return meet(writes, other.reads) || meet(writes, other.writes) || meet(reads, other.writes)
  }

  /// A stretch of one line on which every region of memory has a part of its own, 2^40 bytes apart.
  private static func range(_ location: Location, _ bytes: Int) -> Range<Int> {
    let region = 1 << 40
    let start =
      switch location {
      case .block(let offset, _): offset
      case .shared(let offset): region + offset
      case .weights(let offset): 2 * region + offset
      case .state(let offset): 3 * region + offset
      case .input(let index): (4 + index) * region
      case .output(let index): (1024 + index) * region
      }
    return start..<start + max(1, bytes)
  }
}

extension [ScheduledKernel] {
  /// Marks the kernels that touch what a kernel since the last barrier writes, or write what it touches.
  func withBarriers() -> [ScheduledKernel] {
    var open: [Access] = []
    return map { scheduled in
      var scheduled = scheduled
      if open.contains(where: { scheduled.access.conflicts(with: $0) }) {
        scheduled.needsBarrier = true
        open = []
      }
      open.append(scheduled.access)
      return scheduled
    }
  }
}
