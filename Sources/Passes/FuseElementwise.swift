import Diagnostics
import IR

extension Pass {
  /// Makes one operation of a chain of elementwise ones, and of a sum per image at its end:
  ///
  ///     %1 = sub %y, %x : f32[N,784]
  ///     %2 = square %1 : f32[N,784]
  ///     %mse = mean_per_image %2 : f32[N]
  ///
  /// becomes
  ///
  ///     %mse = map_sum_per_image %y, %x {formula = mul(sub(a, b), sub(a, b)), scale = 0.0012755102} : f32[N]
  ///
  /// An operation joins its reader where nothing else reads it and both have the same extents; what is broadcast stays
  /// outside, so that it is computed once. Where all of two or three readers are such chains, a few sums and products are
  /// computed again in each of them, which is cheaper than to store and to load what they make.
  public static let fuseElementwise = Pass(
    name: "fuse-elementwise", summary: "fuses chains of elementwise operations, and sums per image behind them",
    perEntry: { entry, context in
      var fusion = ElementwiseFusion(entry)
      entry = fusion.run(&context)
    })
}

private struct ElementwiseFusion {
  private var entry: Entry
  private var slots: [Operation?]
  private let definitions: [ValueID: Int]
  private let uses: [ValueID: Int]
  private let users: [ValueID: [Int]]
  /// The positions of operations that readers compute themselves.
  private var repeated: Set<Int> = []

  /// Operands of a formula: more of them would need more addresses and loads in flight than there are registers.
  private static let operandLimit = 8
  /// Operations of a formula: longer ones would hold more values than there are registers.
  private static let lengthLimit = 48
  /// Operations of a formula that is computed again.
  private static let repeatLimit = 4

  init(_ entry: Entry) {
    self.entry = entry
    slots = entry.operations
    definitions = entry.definitions()
    uses = entry.useCounts()
    users = entry.users()
  }

  mutating func run(_ context: inout PassContext) -> Entry {
    for position in slots.indices {
      guard let operation = slots[position] else { continue }
      if operation.formula != nil, operation.name != "broadcast_like" {
        fuseChain(position, operation, &context)
      } else if operation.name == "sum_per_image" || operation.name == "mean_per_image" {
        fuseSum(position, operation, &context)
      }
    }
    // What all readers compute themselves now, the last first, so that what it read alone goes too.
    for position in repeated.sorted(by: >) {
      guard let values = slots[position]?.results,
        !slots.contains(where: { $0?.operands.contains(where: values.contains) ?? false })
      else { continue }
      slots[position] = nil
      context.count("elementwise operations repeated in their readers")
    }
    entry.operations = slots.compactMap { $0 }
    return entry
  }

  /// A formula under construction with what it reads and stands for.
  private struct Chain {
    var formula: ScalarExpression
    var operands: [ValueID]
    var sources: [SourceRange]
    /// The positions of the operations that it takes in.
    var absorbed: [Int] = []
    /// The positions of those that it repeats.
    var repeated: [Int] = []

    /// Notes the operation at a position as part of the chain; `alone` where nothing else reads it. What was taken in by way of
    /// a repeated operation may be needed by that one still.
    mutating func take(_ position: Int, alone: Bool) {
      if alone, repeated.isEmpty { absorbed.append(position) } else { repeated.append(position) }
    }
  }

  private mutating func fuseChain(_ position: Int, _ operation: Operation, _ context: inout PassContext) {
    guard let chain = chain(of: operation), !chain.absorbed.isEmpty || !chain.repeated.isEmpty else { return }
    slots[position] = Operation(
      "map", chain.operands, ["formula": .formula(chain.formula)], results: operation.results,
      sources: chain.sources)
    remove(chain, &context)
  }

  /// The sum's operand is a chain already, or a lone elementwise operation.
  private mutating func fuseSum(_ position: Int, _ operation: Operation, _ context: inout PassContext) {
    guard let defined = producer(of: operation.operands[0], like: operation.operands[0]),
      let mapped = slots[defined], var chain = chain(of: mapped),
      let type = entry.type(of: operation.operands[0])
    else { return }
    chain.take(defined, alone: uses[operation.operands[0]] == 1)
    let scale = operation.name == "mean_per_image" ? 1 / Double(max(1, type.count)) : 1
    slots[position] = Operation(
      "map_sum_per_image", chain.operands, ["formula": .formula(chain.formula), "scale": .float(scale)],
      results: operation.results, sources: chain.sources.union(operation.sources))
    remove(chain, &context)
  }

  private mutating func remove(_ chain: Chain, _ context: inout PassContext) {
    repeated.formUnion(chain.repeated)
    for position in chain.absorbed { slots[position] = nil }
    context.count("elementwise operations fused", chain.absorbed.count)
  }

  /// The operation's formula with those of its operands taken in as far as they may be.
  private func chain(of operation: Operation) -> Chain? {
    guard let result = operation.results.first, let formula = operation.formula else { return nil }
    var chain = Chain(
      formula: formula.substituting({ .operand($0) }, attributes: operation.attributes),
      operands: operation.operands, sources: operation.sources)
    var index = 0
    while index < chain.operands.count {
      let value = chain.operands[index]
      if let position = producer(of: value, like: result), let inner = slots[position],
        let merged = merge(chain, index, inner, position)
      {
        chain = merged
      } else if let merged = mergeConstant(chain, index) {
        chain = merged
      } else {
        index += 1
      }
    }
    return chain
  }

  /// The position of the elementwise operation that makes a value for one reader, or is cheap to repeat for each, in the
  /// extents of another value.
  private func producer(of value: ValueID, like result: ValueID) -> Int? {
    guard let position = definitions[value], let operation = slots[position], isElementwise(operation),
      entry.type(of: value)?.dimensions == entry.type(of: result)?.dimensions,
      uses[value] == 1 || isRepeatable(value, operation)
    else { return nil }
    return position
  }

  private func isElementwise(_ operation: Operation) -> Bool {
    operation.formula != nil && operation.name != "broadcast_like"
  }

  /// True for a value that all of its readers can compute with less traffic than one can hand it to them: with two operands
  /// and two readers, four loads instead of a store and four; with three, six loads instead of a store and five.
  private func isRepeatable(_ value: ValueID, _ operation: Operation) -> Bool {
    guard let formula = operation.formula, formula.isCheap, formula.operationCount <= Self.repeatLimit,
      let readers = users[value], readers.count <= 3, let dimensions = entry.type(of: value)?.dimensions,
      dimensions.count > 1,
      Set(operation.operands).count(where: { entry.type(of: $0)?.dimensions == dimensions }) <= 2
    else { return false }
    let isResult = entry.results.contains { $0.value == value }
    return !isResult
      && readers.allSatisfy { position in
        let reader = entry.operations[position]
        if reader.name == "sum_per_image" || reader.name == "mean_per_image" { return true }
        return isElementwise(reader) && entry.type(of: reader.results[0])?.dimensions == dimensions
      }
  }

  /// The chain with operand `index` replaced by its number, where it is a constant; nil otherwise. The constant's own
  /// operation goes where nothing else reads it.
  private func mergeConstant(_ chain: Chain, _ index: Int) -> Chain? {
    let value = chain.operands[index]
    guard let position = definitions[value], case let operation = entry.operations[position],
      operation.name == "constant", chain.operands.count > 1
    else { return nil }
    var merged = chain
    merged.operands.remove(at: index)
    merged.formula = chain.formula.substituting { old in
      old == index
        ? .constant(operation.attributes.float("value")) : .operand(old < index ? old : old - 1)
    }
    if uses[value] == 1 { merged.absorbed.append(position) }
    return merged
  }

  /// The chain with operand `index` replaced by the operation that makes it; nil where that would be too long.
  private func merge(_ chain: Chain, _ index: Int, _ inner: Operation, _ position: Int) -> Chain? {
    guard let formula = inner.formula else { return nil }
    var operands = chain.operands
    operands.remove(at: index)
    func place(_ value: ValueID) -> Int {
      if let known = operands.firstIndex(of: value) { return known }
      operands.append(value)
      return operands.count - 1
    }
    let places = inner.operands.map(place)
    let replacement = formula.substituting({ .operand(places[$0]) }, attributes: inner.attributes)
    let merged = chain.formula.substituting { old in
      old == index ? replacement : .operand(old < index ? old : old - 1)
    }
    guard operands.count <= Self.operandLimit, merged.operationCount <= Self.lengthLimit else { return nil }
    var longer = chain
    longer.formula = merged
    longer.operands = operands
    longer.sources = inner.sources.union(chain.sources)
    longer.take(position, alone: uses[chain.operands[index]] == 1)
    return longer
  }
}
