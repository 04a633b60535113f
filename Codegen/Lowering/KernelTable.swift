import IR

/// What a library tells of its kernels: the numbers that a profiler needs to judge the times that it measures.
struct KernelTable {
  /// A line for each kernel of each entry, in order: entry, kernel, line of the program's text, 1 for a product of matrices or 0,
  /// FLOPs and bytes for each image, FLOPs and bytes for the call. Those of an operation of several kernels are with the last.
  let text: String

  init(_ module: Module, schedules: [String: [ScheduledKernel]]) {
    let listing = ModuleListing(module)
    var lines: [String] = []
    for entry in module.entries {
      let schedule = schedules[entry.name] ?? []
      let prefix = "\(module.name)_\(entry.name)."
      for (number, scheduled) in schedule.enumerated() {
        let name = scheduled.kernel.name
        let isLast = number + 1 == schedule.count || schedule[number + 1].operation != scheduled.operation
        let operation = scheduled.operation.map { entry.operations[$0] }
        let work = isLast ? operation.map { Work($0, entry) } ?? Work() : Work()
        let words: [Any] = [
          entry.name, name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name,
          scheduled.line(in: entry, listing), work.isProduct ? 1 : 0, work.perImage.flops, work.perImage.bytes,
          work.perCall.flops, work.perCall.bytes,
        ]
        lines.append(words.map { "\($0)" }.joined(separator: " ") + "\n")
      }
    }
    text = lines.joined()
  }

  /// FLOPs by the op table, and the bytes of operands and results, each once.
  private struct Work {
    var isProduct = false
    var perImage = (flops: 0, bytes: 0)
    var perCall = (flops: 0, bytes: 0)

    init() {}

    init(_ operation: Operation, _ entry: Entry) {
      isProduct = OpTable.standard[operation.name]?.isProduct == true
      if let cost = entry.cost(of: operation) {
        if cost.isPerImage { perImage.flops = cost.flops } else { perCall.flops = cost.flops }
      }
      let operands = operation.operands.enumerated().filter { index, value in
        operation.operands.firstIndex(of: value) == index
      }.map(\.element)
      for value in operands + operation.results {
        let type = entry.typeOf(value)
        let bytes = type.count * type.samples * type.element.byteCount
        if type.isPerImage { perImage.bytes += bytes } else { perCall.bytes += bytes }
      }
    }
  }
}
