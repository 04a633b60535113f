import IR
import Kernels

/// One way to run an entry: where its values lie, and its kernels in order.
public struct EntryVariant {
  public let entry: Entry
  public internal(set) var plan: MemoryPlan
  public let schedule: [ScheduledKernel]

  /// - Parameters:
  ///   - target: how the variant uses the machine.
  ///   - machine: the machine with blocks of images.
  fileprivate init(
    _ entry: Entry, globals: [String: Location], products: ProductSchedules, target: KernelTarget,
    machine: KernelTarget, symbol: String
  ) throws {
    self.entry = entry
    plan = MemoryPlan(entry, globals: globals, target: target) {
      Self.scratch($0, entry, products, target, machine)
    }
    schedule = try ScheduleMaker(
      entry: entry, plan: plan, products: products, target: target, machine: machine, symbol: symbol
    ).make()
  }

  static func scratch(
    _ operation: Operation, _ entry: Entry, _ products: ProductSchedules, _ target: KernelTarget,
    _ machine: KernelTarget
  ) -> [Scratch] {
    let single = target.blockImages == 1 ? SingleImageOperations.scratch(operation, entry, machine) : nil
    let schedule = products.schedule(of: operation, in: entry, target)
    return single ?? OperationKernels.scratch(operation, entry, schedule, target)
  }
}

/// The ways to run an entry: with blocks of images, and where it can be asked for a few images, with one image at a time. The
/// call chooses by the number of its images.
struct EntryVariants {
  private(set) var blocks: EntryVariant
  private(set) var single: EntryVariant?

  /// - Parameter symbol: the entry's exported name.
  init(
    _ entry: Entry, globals: [String: Location], products: ProductSchedules, target: KernelTarget,
    symbol: String
  ) throws {
    blocks = try EntryVariant(
      entry, globals: globals, products: products, target: target, machine: target, symbol: symbol)
    guard let small = entry.forSingleImages else { return }
    let variant = try EntryVariant(
      small, globals: globals, products: products, target: target.oneLane, machine: target,
      symbol: Self.singleSymbol(symbol))
    // The caller gives memory for one block at least; what more the images take is added to the shared part.
    let arena = variant.plan.arena
    let bytes = arena.sharedBytes + target.singleImageCalls * arena.blockBytes
    blocks.plan.reserve(sharedBytes: bytes - blocks.plan.arena.blockBytes)
    single = variant
  }

  /// The kernels of all variants, as profilers number them.
  var schedule: [ScheduledKernel] { blocks.schedule + (single?.schedule ?? []) }

  static func singleSymbol(_ symbol: String) -> String { symbol + ".one" }
}

/// Makes the kernels of an entry, in order.
private struct ScheduleMaker {
  let entry: Entry
  let plan: MemoryPlan
  let products: ProductSchedules
  let target: KernelTarget
  let machine: KernelTarget
  let symbol: String

  func make() throws -> [ScheduledKernel] {
    var schedule: [ScheduledKernel] = []
    for (position, operation) in entry.operations.enumerated() {
      schedule += try scheduled(operation, at: position)
    }
    var replaced: Set<Location> = []
    for (result, value, location) in plan.copies {
      guard let from = plan.tensors[value] else {
        throw LoweringError.unplanned(operation: "return", entry: entry.name)
      }
      guard !replaced.contains(from.location) else { throw LoweringError.exchange(entry: entry.name) }
      replaced.insert(location)
      let to = PlannedTensor(type: from.type.with(layout: .canonical), location: location)
      var arguments = KernelArguments()
      let (operand, copied) = (arguments.slot(from), arguments.slot(to))
      let kernel = OperationKernels(target: target).copy(
        "\(symbol).result\(result)", from: operand, to: copied)
      var access = Access()
      access.add(read: from, target)
      access.add(write: to, target)
      let identity = KernelIdentity(
        operation: "copy", lanes: target.lanes, blockImages: target.blockImages,
        slots: OperationSlots(operands: [operand], results: [copied], scratch: []))
      schedule.append(
        ScheduledKernel(
          kernel: kernel, target: target, result: result, arguments: arguments.locations,
          identity: identity, title: "copy", access: access))
    }
    return schedule.withBarriers()
  }

  private func scheduled(_ operation: Operation, at position: Int) throws -> [ScheduledKernel] {
    let operands = operation.operands.compactMap { plan.tensors[$0] }
    let results = operation.results.compactMap { plan.tensors[$0] }
    guard operands.count == operation.operands.count, results.count == operation.results.count else {
      throw LoweringError.unplanned(operation: operation.name, entry: entry.name)
    }
    let scratch = plan.scratch[position] ?? []
    var arguments = KernelArguments()
    let slots = OperationSlots(
      operands: operands.map { arguments.slot($0) }, results: results.map { arguments.slot($0) },
      scratch: scratch.map { arguments.place($0, isPerImage: false) })
    let name = "\(symbol).\(position)_\(operation.name)"
    // What has nothing to do with images is the same in all variants.
    let target = (operands + results).contains { $0.type.isPerImage } ? self.target : machine
    let samples = operation.samples(in: entry)
    let single = singleKernels(operation, slots, name: name)
    let product = single == nil ? Product(operation, in: entry, target) : nil
    let kernels =
      try single
      ?? OperationKernels(target: target, schedule: products.schedule(of: operation, in: entry, target))
      .kernels(
        operation, slots, samples: samples, name: name, entry: entry.name)
    let identity = KernelIdentity(
      operation: operation.name, attributes: operation.attributes, samples: samples, lanes: target.lanes,
      blockImages: target.blockImages, slots: slots)
    return kernels.enumerated().map { index, kernel in
      var identity = identity
      identity.index = index
      // Kernels of one operation hand each other its scratch: all of them count as touching all of it.
      var access = Access()
      for operand in operands { access.add(read: operand, target) }
      for (offset, location) in scratch.enumerated() {
        let piece = EntryVariant.scratch(operation, entry, products, self.target, machine)[offset]
        access.add(
          write: location, bytes: MemoryPlan.aligned(piece.bytes) * (piece.isPerBlock ? samples : 1))
      }
      if index == kernels.count - 1 {
        for result in results { access.add(write: result, target) }
      }
      return ScheduledKernel(
        kernel: kernel, product: product, target: target, operation: position,
        arguments: arguments.locations, identity: identity, title: operation.name, access: access)
    }
  }

  private func singleKernels(_ operation: Operation, _ slots: OperationSlots, name: String) -> [Kernel]? {
    guard target.blockImages == 1 else { return nil }
    return SingleImageOperations(target: machine).kernels(operation, slots, name: name)
  }
}
