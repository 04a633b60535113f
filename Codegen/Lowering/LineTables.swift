import IR
import LLVM

/// The program as text, as it lies beside the code, and the code's line table, which points into it: debuggers and
/// profilers then show an operation for each instruction.
struct LineTables {
  /// The text form of the module. Code that several operations share is listed behind it in comments, so that it has lines
  /// of its own.
  let text: String

  /// Places every function of a module's code.
  ///
  /// - Parameter schedules: the kernels of each entry, by its name.
  init(_ module: Module, schedules: [String: [ScheduledKernel]], llvm: LLVMModule, producer: String) {
    let listing = ModuleListing(module)
    let table = LLVMLineTable(llvm, file: "\(module.name).vir", producer: producer)
    var placed: Set<LLVMFunction> = []
    func place(_ name: String, _ line: Int, callLines: [LLVMFunction: Int] = [:]) {
      guard let function = llvm.function(named: name), placed.insert(function).inserted else { return }
      table.place(function, line: line, callLines: callLines)
    }
    var callers: [LLVMFunction: [String]] = [:]
    for entry in module.entries {
      let symbol = "\(module.name)_\(entry.name)"
      var lines: [LLVMFunction: Int] = [:]
      for scheduled in schedules[entry.name] ?? [] {
        guard let function = llvm.function(named: scheduled.kernel.name) else { continue }
        let line = scheduled.line(in: entry, listing)
        lines[function] = line
        place(scheduled.kernel.name, line)
        // Tiles are called by kernels, or by code that kernels share.
        let callees = function.callees
        for callee in Set(callees + callees.flatMap(\.callees)) {
          callers[callee, default: []].append(scheduled.kernel.name)
        }
      }
      let head = listing.line(ofEntry: entry.name)
      for symbol in [symbol, EntryVariants.singleSymbol(symbol)] {
        place("\(symbol).steps", head, callLines: lines)
        for name in ["\(symbol).body", symbol] { place(name, head) }
      }
    }
    for name in ["abi_version", "cpu_features", "digest", "kernels"] { place("\(module.name)_\(name)", 1) }

    var lines = ["", "// Code that several operations share:"]
    for function in llvm.definedFunctions where !placed.contains(function) {
      lines.append("// \(function.name)" + Self.callers(callers[function] ?? [], prefix: module.name + "_"))
      place(function.name, listing.lineCount + lines.count)
    }
    table.finish()
    text = listing.text + lines.joined(separator: "\n") + "\n"
  }

  private static func callers(_ names: [String], prefix: String) -> String {
    guard !names.isEmpty else { return "" }
    return ": "
      + names.map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
      .joined(separator: ", ")
  }
}

extension ScheduledKernel {
  /// The line of its operation, or of the result that it copies.
  func line(in entry: Entry, _ listing: ModuleListing) -> Int {
    if let operation { return listing.line(ofOperation: operation, in: entry.name) }
    return result.map { listing.line(ofResult: $0, in: entry.name) } ?? listing.line(ofEntry: entry.name)
  }
}
