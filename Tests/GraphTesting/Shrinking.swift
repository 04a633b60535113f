import IR

extension Module {
  /// A module of one entry with as little in it as was found with which something still fails: results and operations are left
  /// out, and values are replaced by arguments or by others of their type, as long as it does.
  ///
  /// - Parameters:
  ///   - attempts: the number of modules that are tried at most.
  ///   - fails: true where the failure is still there. Every module that it is asked about is well formed.
  public func shrunk(attempts: Int = 2000, while fails: (Module) -> Bool) -> Module {
    var best = cleaned()
    var left = attempts
    var isSmaller = true
    while isSmaller, left > 0 {
      isSmaller = false
      var index = 0
      // What becomes smaller is tried at the same index again, where the next piece stands now.
      while left > 0, let candidate = best.smaller(index) {
        left -= 1
        let cleaned = candidate.cleaned()
        if cleaned != best, cleaned.size < best.size, cleaned.isWellFormed, fails(cleaned) {
          best = cleaned
          isSmaller = true
        } else {
          index += 1
        }
      }
    }
    return best
  }

  private var isWellFormed: Bool { (try? Verifier.verify(self, phase: .inferred)) != nil }

  /// What shrinking makes less: first operations, then what they read and what the entry returns, takes and declares.
  private var size: Int {
    let entry = entries.first
    let operands = entry?.operations.reduce(0) { $0 + $1.operands.count } ?? 0
    return (entry?.operations.count ?? 0) * 1000 + operands * 20 + (entry?.results.count ?? 0) * 10
      + (entry?.arguments.count ?? 0) + globals.count
  }

  /// The module with one piece less; nil behind the last piece. Large pieces come first: halves of the results, single ones,
  /// operations at the end, then operations from the last to the first.
  private func smaller(_ index: Int) -> Module? {
    guard let entry = entries.first else { return nil }
    var candidate = self
    let count = entry.results.count
    switch index {
    case 0: candidate.entries[0].results = Array(entry.results.prefix(count / 2))
    case 1: candidate.entries[0].results = Array(entry.results.suffix(count / 2))
    case 2..<2 + count: candidate.entries[0].results.remove(at: index - 2)
    case 2 + count..<2 + 2 * count: candidate.returnOperands(ofResult: index - 2 - count)
    default:
      let (number, way) = (index - 2 - 2 * count).quotientAndRemainder(dividingBy: Replacement.allCases.count)
      guard number < entry.operations.count else { return nil }
      let operation = entry.operations[entry.operations.count - 1 - number]
      for result in operation.results {
        candidate.replace(result, of: operation, by: Replacement.allCases[way])
      }
    }
    return candidate
  }

  /// Returns what the operation behind a result reads in place of what it makes.
  private mutating func returnOperands(ofResult index: Int) {
    let entry = entries[0]
    let value = entry.results[index].value
    guard let operation = entry.operations.first(where: { $0.results.contains(value) }) else { return }
    let operands = operation.operands.filter { operand in
      entry[operand].global == nil && entry.type(of: operand)?.element == .f32
    }
    let results = operands.enumerated().map { number, operand in
      let name = "r\(operand.index)_\(number)"
      return EntryResult((entry.type(of: operand)?.rank ?? 0) > 1 ? .latent(name) : .metric(name), operand)
    }
    entries[0].results.replaceSubrange(index...index, with: results)
  }

  /// What may stand in an operation's place.
  private enum Replacement: CaseIterable { case argument, operand, earlierValue }

  private mutating func replace(_ result: ValueID, of operation: Operation, by replacement: Replacement) {
    let entry = entries[0]
    guard let type = entry.type(of: result) else { return }
    let substitute: ValueID?
    switch replacement {
    case .argument: substitute = argument(type)
    case .operand: substitute = operation.operands.first { entry.type(of: $0) == type }
    case .earlierValue:
      let position = entry.operations.firstIndex(of: operation) ?? 0
      let earlier = entry.arguments.map(\.value) + entry.operations[..<position].flatMap(\.results)
      substitute = earlier.first { entry.type(of: $0) == type }
    }
    if let substitute { entries[0].replaceUses(of: result, with: substitute) }
  }

  /// A new argument of a type, or a new parameter where it has no images.
  private mutating func argument(_ type: TensorType) -> ValueID? {
    guard type.element == .f32, type.layout == .canonical else { return nil }
    let number = entries[0].values.count
    if type.isPerImage { return entries[0].addArgument("x\(number)", role: .latent, type: type) }
    if type.isScalar {
      hypers.append(NamedNumber("h\(number)", 0.5))
      return entries[0].addArgument("hyper.h\(number)", role: .hyper, type: type)
    }
    let global = Global(name: "p\(number)", kind: .parameter, type: type, initializer: .constant(0.1))
    globals.append(global)
    return entries[0].reference(to: global)
  }

  /// The module without what nothing reads: operations, arguments, globals.
  private func cleaned() -> Module {
    guard var entry = entries.first else { return self }
    var live = Set(entry.results.map(\.value))
    var kept: [Operation] = []
    for operation in entry.operations.reversed() where operation.results.contains(where: live.contains) {
      live.formUnion(operation.operands)
      kept.append(operation)
    }
    entry.operations = kept.reversed()
    entry.arguments.removeAll { !live.contains($0.value) }
    let targets = entry.results.compactMap { if case .global(let name) = $0.target { name } else { nil } }
    let gradients = entry.results.compactMap { if case .gradient(let name) = $0.target { name } else { nil } }
    let needed = Set(live.compactMap { entry[$0].global } + targets + gradients)
    var module = self
    module.entries[0] = entry.renumbered()
    module.globals.removeAll { !needed.contains($0.name) }
    let hypers = Set(entry.arguments.compactMap { entry[$0.value].name })
    module.hypers.removeAll { !hypers.contains("hyper.\($0.name)") }
    return module
  }
}
