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
  /// - Parameters:
  ///   - variants: what was made of each entry.
  ///   - code: the code of their kernels.
  init(
    _ module: Module, variants: [EntryVariants], code: KernelCode, llvm: LLVMModule, producer: String
  ) {
    let listing = ModuleListing(module)
    let table = LLVMLineTable(llvm, file: "\(module.name).vir", producer: producer)
    let share = llvm.function(named: EntryLowering.shareSymbol(llvm))
    var placed: Set<LLVMFunction> = []
    func place(_ function: LLVMFunction?, _ line: Int, calls: [Int] = []) {
      guard let function, placed.insert(function).inserted else { return }
      table.place(function, line: line, calls: share.map { ($0, calls) })
    }
    var users: [LLVMFunction: [String]] = [:]
    for (entry, variants) in zip(module.entries, variants) {
      let symbol = "\(module.name)_\(entry.name)"
      for scheduled in variants.schedule {
        let function = code.function(of: scheduled)
        if function.name == scheduled.kernel.name { place(function, scheduled.line(in: entry, listing)) }
        // Tiles are called by kernels.
        for used in [function] + function.callees {
          users[used, default: []].append(scheduled.kernel.name)
        }
      }
      let head = listing.line(ofEntry: entry.name)
      let bodies =
        [(symbol, variants.blocks)] + (variants.single.map { [(EntryVariants.singleSymbol(symbol), $0)] } ?? [])
      for (symbol, variant) in bodies {
        place(
          llvm.function(named: "\(symbol).steps"), head,
          calls: variant.schedule.map { $0.line(in: entry, listing) })
        place(llvm.function(named: "\(symbol).body"), head)
      }
      place(llvm.function(named: symbol), head)
    }
    for name in ["abi_version", "cpu_features", "digest", "kernels"] {
      place(llvm.function(named: "\(module.name)_\(name)"), 1)
    }

    var lines = ["", "// Code that several operations share:"]
    for function in llvm.definedFunctions where !placed.contains(function) {
      lines.append("// \(function.name)" + Self.names(users[function] ?? [], prefix: module.name + "_"))
      place(function, listing.lineCount + lines.count)
    }
    table.finish()
    text = listing.text + lines.joined(separator: "\n") + "\n"
  }

  private static func names(_ names: [String], prefix: String) -> String {
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
