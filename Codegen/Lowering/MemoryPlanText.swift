import Diagnostics
import IR

extension ModulePlan {
  /// Where everything lies: the arena of each entry, then weights and training state, which all entries share. Offsets
  /// and sizes in bytes; a buffer is alive from the operation that makes it to the last that reads it.
  public var memoryText: String {
    (entries.map(arenaText) + [globalsText]).joined(separator: "\n")
  }

  private func arenaText(_ plan: EntryPlan) -> String {
    let arena = plan.memory.arena
    let head =
      "entry @\(plan.entry.name): arena = \(grouped(arena.sharedBytes)) + blocks * \(grouped(arena.blockBytes)) bytes, "
      + "a block for each \(target.blockImages) images\n"
    let parts = [("shared by all blocks", false), ("each block", true)].map { title, isPerBlock in
      bufferTable(plan, title: title, plan.memory.buffers.filter { $0.isPerBlock == isPerBlock })
    }
    return head + parts.joined()
  }

  private func bufferTable(_ plan: EntryPlan, title: String, _ buffers: [MemoryPlan.Buffer]) -> String {
    guard !buffers.isEmpty else { return "" }
    var table = TextTable([
      (title, .left), ("offset", .right), ("bytes", .right), ("alive", .right),
      ("operation 0 ... \(plan.entry.operations.count)", .left),
    ])
    let ordered = buffers.sorted { ($0.offset, $0.first) < ($1.offset, $1.first) }
    for buffer in ordered {
      table.add(
        "  " + buffer.name, grouped(buffer.offset), grouped(buffer.bytes), "\(buffer.first)-\(buffer.last)",
        lifeline(buffer, operations: plan.entry.operations.count))
    }
    let sum = buffers.reduce(0) { $0 + $1.bytes }
    let used = buffers.map { $0.offset + $0.bytes }.max() ?? 0
    let tenants = buffers.filter { $0.values.count > 1 }
    let saved = tenants.reduce(0) { $0 + $1.bytes * ($1.values.count - 1) }
    let inPlace =
      tenants.isEmpty
      ? ""
      : "; \(tenants.reduce(0) { $0 + $1.values.count - 1 }) values of \(grouped(saved)) bytes took an operand's place"
    return table.text + "  \(buffers.count) buffers of \(grouped(sum)) bytes in \(grouped(used))\(inPlace)\n"
  }

  /// A bar over the entry's operations that shows when a buffer is alive.
  private func lifeline(_ buffer: MemoryPlan.Buffer, operations: Int) -> String {
    let width = 40
    let first = buffer.first * width / max(1, operations + 1)
    let last = max(first, buffer.last * width / max(1, operations + 1))
    return String(repeating: ".", count: first) + String(repeating: "#", count: last - first + 1)
      + String(repeating: ".", count: max(0, width - last - 1))
  }

  /// Globals of the kinds that the entries have to do with.
  private var globalsText: String {
    let used = Set(entries.flatMap { $0.entry.values.compactMap(\.global) })
    let regions: [(Set<Global.Kind>, String, Int)] = [
      ([.parameter, .statistic, .frozen], "weights", weightsBytes), ([.state], "training state", stateBytes),
    ]
    return regions.compactMap { kinds, title, bytes in
      let globals = module.globals.filter { kinds.contains($0.kind) }
      guard globals.contains(where: { used.contains($0.name) }) else { return nil }
      let count = globals.reduce(0) { $0 + $1.type.count }
      var table = TextTable([(title, .left), ("offset", .right), ("bytes", .right), ("type", .left)])
      for global in globals {
        table.add(
          "  @" + global.name, grouped(layout.offset(global.name)),
          grouped(MemoryPlan.aligned(global.type.count * 4)), global.type.description)
      }
      return "\(title): \(grouped(bytes)) bytes, \(grouped(count)) numbers\n" + table.text
    }.joined(separator: "\n")
  }
}
