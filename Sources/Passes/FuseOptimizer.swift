import Diagnostics
import IR

extension Pass {
  /// Makes one operation of an optimizer's step, whatever the optimizer, so that a parameter, its gradient and its state are
  /// read once:
  ///
  ///     %0 = mul %decay, @w : f32[3,5]
  ///     %1 = add %g, %0 : f32[3,5]
  ///     %m = momentum @sgd.m/w, %1 {momentum = 0.9} : f32[3,5]
  ///     %p = descend @w, %m, %rate : f32[3,5]
  ///
  /// becomes, where the new values of `@w` and `@sgd.m/w` are results of the entry,
  ///
  ///     %p, %m = map2 @w, %rate, @sgd.m/w, %g, %decay {formula = sub(a, mul(b, add(mul(0.9, c), add(d, mul(e, a))))),
  ///       second = add(mul(0.9, c), add(d, mul(e, a)))} : f32[3,5], f32[3,5]
  ///
  /// What the formulas have in common is computed once. The operation stands where the gradient is there and nothing reads
  /// the old parameter any more: the gradient is then still in the cache, and its memory free for the next.
  public static let fuseOptimizer = Pass(
    name: "fuse-optimizer", summary: "fuses the optimizer's steps into one pass over each parameter",
    perEntry: { entry, context in
      var fusion = OptimizerFusion(entry)
      for result in entry.results {
        guard case .global = result.target else { continue }
        context.count("optimizer steps fused", fusion.addStep(for: result.value) ? 1 : 0)
      }
      let steps = fusion.steps
      entry.operations = fusion.operations
      entry.moveOptimizerSteps(Set(steps))
    })
}

private struct OptimizerFusion {
  private let entry: Entry
  private let definitions: [ValueID: Int]
  private let users: [ValueID: [Int]]
  private let updated: Set<ValueID>
  private let returned: Set<ValueID>
  private var slots: [Operation?]
  /// The results of the steps that were made, in order.
  private(set) var steps: [[ValueID]] = []

  init(_ entry: Entry) {
    self.entry = entry
    definitions = entry.definitions()
    users = entry.users()
    slots = entry.operations
    updated = Set(entry.results.compactMap { if case .global = $0.target { $0.value } else { nil } })
    returned = Set(entry.results.compactMap { if case .global = $0.target { nil } else { $0.value } })
  }

  var operations: [Operation] { slots.compactMap { $0 } }

  /// Notes the step that makes a parameter's new value, with the new values of what it keeps besides, in one operation.
  /// - Returns: whether there was something to fuse.
  mutating func addStep(for value: ValueID) -> Bool {
    guard let last = definitions[value], let whole = slots[last], let type = entry.type(of: value),
      isPart(last, of: type)
    else { return false }
    let group = group(of: last, type)
    if group.count == 1, whole.operands.contains(where: isRate) { steps.append(whole.results) }
    guard group.count > 1, let step = fused(group, last: last) else { return false }
    for position in group { slots[position] = nil }
    slots[last] = step
    steps.append(step.results)
    return true
  }

  /// What changes a global by the learning rate is an optimizer's step; running means are not.
  private func isRate(_ value: ValueID) -> Bool {
    entry.arguments.contains { $0.value == value && $0.role == .rate }
  }

  /// Whether an operation maps elements to those of a tensor of a type without images.
  private func isPart(_ position: Int, of type: TensorType) -> Bool {
    let operation = entry.operations[position]
    return !type.isPerImage && !type.isScalar && operation.formula != nil && operation.name != "broadcast_like"
      && operation.results.count == 1 && entry.type(of: operation.results[0]) == type
  }

  /// The group in one operation; nil where it is no step, or has too many operands or results for one.
  private func fused(_ group: Set<Int>, last: Int) -> Operation? {
    let ordered = group.sorted()
    let outputs =
      entry.operations[last].results
      + ordered.filter { $0 != last }.flatMap { entry.operations[$0].results }.filter(updated.contains)
    guard outputs.count <= Operation.mostFormulas else { return nil }
    var operands: [ValueID] = []
    var formulas: [ValueID: ScalarExpression] = [:]
    for position in ordered {
      let operation = entry.operations[position]
      guard let formula = operation.formula else { return nil }
      let parts = operation.operands.map { operand -> ScalarExpression in
        if let inner = formulas[operand] { return inner }
        if let place = operands.firstIndex(of: operand) { return .operand(place) }
        operands.append(operand)
        return .operand(operands.count - 1)
      }
      formulas[operation.results[0]] = formula.substituting({ parts[$0] }, attributes: operation.attributes)
    }
    guard operands.count <= formulaOperandLimit, operands.contains(where: isRate) else { return nil }
    return Operation.map(
      outputs.compactMap { formulas[$0] }, operands, results: outputs,
      sources: mergedSources(ordered.map { entry.operations[$0] }))
  }

  /// The elementwise operations behind the last, as far as they make nothing that is needed elsewhere but new values of
  /// globals.
  private func group(of last: Int, _ type: TensorType) -> Set<Int> {
    var group: Set<Int> = [last]
    var open = [last]
    while let position = open.popLast() {
      for operand in entry.operations[position].operands {
        guard let inner = definitions[operand], slots[inner] != nil, isPart(inner, of: type) else { continue }
        if group.insert(inner).inserted { open.append(inner) }
      }
    }
    while let outsider = group.first(where: { $0 != last && isNeeded($0, outside: group) }) {
      group.remove(outsider)
    }
    return group
  }

  private func isNeeded(_ position: Int, outside group: Set<Int>) -> Bool {
    let value = entry.operations[position].results[0]
    return returned.contains(value) || (users[value] ?? []).contains { !group.contains($0) }
  }
}

extension Entry {
  /// Moves each step of the optimizer up to where its gradient is there and the last reader of what it replaces is done; what
  /// it needs besides comes early with it.
  fileprivate mutating func moveOptimizerSteps(_ steps: Set<[ValueID]>) {
    let definitions = definitions()
    let users = users()
    let replaced = Dictionary(
      results.compactMap { result in
        if case .global(let name) = result.target { (result.value, name) } else { nil }
      }, uniquingKeysWith: { first, _ in first })
    var early: [ValueID: Bool] = [:]
    /// Numbers of the step, such as Adam's corrections, are cheap and can be made early; what depends on gradients cannot.
    func isEarly(_ value: ValueID) -> Bool {
      if let known = early[value] { return known }
      guard let definition = definitions[value] else { return true }
      let result = type(of: value)?.isScalar == true && operations[definition].operands.allSatisfy(isEarly)
      early[value] = result
      return result
    }
    /// The steps that come behind the operation at each position; -1 is before the first.
    var following: [Int: [Int]] = [:]
    for (position, operation) in operations.enumerated() where steps.contains(operation.results) {
      let names = Set(operation.results.compactMap { replaced[$0] })
      let readers = values.indices.filter { values[$0].global.map(names.contains) ?? false }
        .flatMap { users[ValueID($0)] ?? [] }.filter { $0 != position }
      let needed = operation.operands.filter { !isEarly($0) }.map { definitions[$0] ?? -1 }
      let earliest = (needed + readers).max() ?? -1
      if earliest < position { following[earliest, default: []].append(position) }
    }
    let moving = Set(following.values.joined())
    var order = following[-1] ?? []
    for position in operations.indices {
      if !moving.contains(position) { order.append(position) }
      order += following[position] ?? []
    }
    var changed = self
    changed.operations = order.map { operations[$0] }
    if let sorted = changed.sorted() { self = sorted }
  }
}
