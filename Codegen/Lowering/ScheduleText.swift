import Diagnostics
import IR
import Kernels

extension ModulePlan {
  /// The kernels of each entry in order, with the barriers between them: number, kernel, the tasks that it is split into, and the
  /// FLOPs of its operation by the op table (those of an operation of several kernels at the last). Behind them what was chosen for
  /// products.
  public var scheduleText: String {
    let chosenText = chosen.isEmpty ? "" : "\nchosen:\n" + chosen.map { "\($0.text)\n" }.joined()
    return entriesText + chosenText
  }

  private var entriesText: String {
    entries.map { plan in
      let blocks =
        "entry @\(plan.entry.name): \(size(plan.schedule)), "
        + "\(grouped(plan.entry.productFlopsPerImage)) FLOPs of products an image\n"
        + scheduleTable(plan, plan.schedule)
      guard let single = plan.singleSchedule else { return blocks }
      return blocks
        + "entry @\(plan.entry.name) for up to \(target.singleImageCalls) images: \(size(single)), a block is one image\n"
        + scheduleTable(plan, single)
    }.joined(separator: "\n")
  }

  private func size(_ schedule: [ScheduledKernel]) -> String {
    "\(schedule.count) kernels, \(schedule.count { $0.needsBarrier }) barriers"
  }

  private func scheduleTable(_ plan: EntryPlan, _ schedule: [ScheduledKernel]) -> String {
    var table = TextTable([
      ("", .right), ("kernel", .left), ("tasks", .right), ("FLOPs", .right), ("operation", .left),
    ])
    let printer = EntryPrinter(plan.entry, sourceFile: module.sourceFile)
    let prefix = "\(module.name)_\(plan.entry.name)."
    for (number, scheduled) in schedule.enumerated() {
      if scheduled.needsBarrier { table.addRule() }
      let kernel = scheduled.kernel
      let name = kernel.name.hasPrefix(prefix) ? String(kernel.name.dropFirst(prefix.count)) : kernel.name
      let isLast =
        number + 1 == schedule.count || schedule[number + 1].operation != scheduled.operation
      let operation = scheduled.operation.map { plan.entry.operations[$0] }
      table.add(
        "\(number)", name, kernel.tasks.text, isLast ? operation.map { flopsText($0, plan.entry) } ?? "" : "",
        operation.map { results(of: $0, printer) } ?? "copies a result")
    }
    return table.text
  }

  private func flopsText(_ operation: Operation, _ entry: Entry) -> String {
    guard let cost = entry.cost(of: operation), cost.flops > 0 else { return "" }
    return grouped(cost.flops) + (cost.isPerImage ? " an image" : "")
  }

  /// The operation's line of the program up to its attributes.
  private func results(of operation: Operation, _ printer: EntryPrinter) -> String {
    operation.results.map(printer.name).joined(separator: ", ") + " = \(operation.name) "
      + operation.operands.map(printer.name).joined(separator: ", ")
  }
}

extension TaskCount {
  /// `12`, `7 a block`.
  fileprivate var text: String {
    switch self {
    case .fixed(let count): "\(count)"
    case .perBlock(let count): "\(count) a block"
    }
  }
}
