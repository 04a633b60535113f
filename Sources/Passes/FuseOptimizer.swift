import Diagnostics
import IR

extension Pass {
  /// Makes one operation of Adam's step, so that a parameter, its gradient and its moments are read once:
  ///
  ///     %0 = mul %decay, @w : f32[3,5]
  ///     %1 = add %g, %0 : f32[3,5]
  ///     %2 = decay_average @adam.m/w, %1 {decay = 0.9} : f32[3,5]
  ///     %3 = decay_average_square @adam.v/w, %1 {decay = 0.999} : f32[3,5]
  ///     %4 = adam_apply @w, %2, %3, %rate, %c1, %c2 {epsilon = 1e-08} : f32[3,5]
  ///
  /// becomes
  ///
  ///     %2, %3, %4 = adam @w, %g, @adam.m/w, @adam.v/w, %rate, %c1, %c2, %decay {beta1 = 0.9, beta2 = 0.999, epsilon = 1e-08} : ...
  ///
  /// and stands where the gradient is there and nothing reads the old parameter any more: the gradient is then still in the
  /// cache, and its memory free for the next.
  public static let fuseOptimizer = Pass(
    name: "fuse-optimizer", summary: "fuses the optimizer's steps into one pass over each parameter",
    perEntry: { entry, context in
      let fusion = OptimizerFusion(entry)
      var slots: [Operation?] = entry.operations
      for (position, operation) in entry.operations.enumerated() where operation.name == "adam_apply" {
        guard let step = fusion.step(operation) else { continue }
        // The moments' only other readers are the entry's results, so that they can be made here.
        for absorbed in step.absorbed { slots[absorbed] = nil }
        slots[position] = step.operation
        context.count("optimizer steps fused")
        if step.operation.operands.count > 7 { context.count("decays fused") }
      }
      entry.operations = slots.compactMap { $0 }
      entry.moveOptimizerSteps()
    })
}

/// Adam's step in one operation, and the positions of those that it stands for.
private struct OptimizerStep {
  var operation: Operation
  var absorbed: [Int]
}

private struct OptimizerFusion {
  private let entry: Entry
  private let definitions: [ValueID: Int]
  private let uses: [ValueID: Int]

  init(_ entry: Entry) {
    self.entry = entry
    definitions = entry.definitions()
    uses = entry.useCounts()
  }

  /// The step that ends in an `adam_apply`, or nil where its parts do not belong together or something else computes with
  /// the moments.
  func step(_ apply: Operation) -> OptimizerStep? {
    guard let first = definitions[apply.operands[1]], let second = definitions[apply.operands[2]] else {
      return nil
    }
    let (average, averageOfSquares) = (entry.operations[first], entry.operations[second])
    guard average.name == "decay_average", averageOfSquares.name == "decay_average_square",
      average.operands[1] == averageOfSquares.operands[1]
    else { return nil }
    let moments = Set(average.results + averageOfSquares.results)
    let readers = entry.operations.filter { !moments.isDisjoint(with: $0.operands) }
    let type = entry.type(of: apply.operands[0])
    var tensors = [
      apply.operands[0], average.operands[1], average.operands[0], averageOfSquares.operands[0],
    ]
    guard readers.count == 1, tensors.allSatisfy({ entry.type(of: $0) == type }) else { return nil }
    var absorbed = [first, second]
    var numbers = Array(apply.operands[3...])
    if let decayed = decayed(tensors[1], parameter: tensors[0]) {
      tensors[1] = decayed.gradient
      numbers.append(decayed.decay)
      absorbed += decayed.absorbed
    }
    var sources = mergedSources(absorbed.map { entry.operations[$0] })
    sources.formUnion(apply.sources)
    let operation = Operation(
      "adam", tensors + numbers,
      [
        "beta1": .float(average.attributes.float("decay")),
        "beta2": .float(averageOfSquares.attributes.float("decay")),
        "epsilon": .float(apply.attributes.float("epsilon")),
      ],
      results: apply.results + average.results + averageOfSquares.results, sources: sources)
    return OptimizerStep(operation: operation, absorbed: absorbed)
  }

  /// `gradient + decay * parameter`, in any order, where the two averages alone read the sum.
  private func decayed(_ value: ValueID, parameter: ValueID) -> (
    gradient: ValueID, decay: ValueID, absorbed: [Int]
  )? {
    guard let position = definitions[value], uses[value] == 2, entry.operations[position].name == "add" else {
      return nil
    }
    let terms = entry.operations[position].operands
    for (gradient, product) in [(terms[0], terms[1]), (terms[1], terms[0])] {
      guard let inner = definitions[product], entry.operations[inner].name == "mul", gradient != product,
        entry.type(of: gradient) == entry.type(of: parameter)
      else { continue }
      let factors = entry.operations[inner].operands
      for (decay, factor) in [(factors[0], factors[1]), (factors[1], factors[0])]
      where factor == parameter && entry.type(of: decay)?.isScalar == true {
        return (gradient, decay, [position] + (uses[product] == 1 ? [inner] : []))
      }
    }
    return nil
  }
}

extension Entry {
  /// Moves each step of the optimizer up to where its gradient is there and the last reader of what it replaces is done; what
  /// it needs besides comes early with it.
  fileprivate mutating func moveOptimizerSteps() {
    let definitions = definitions()
    let users = users()
    /// The steps that come behind the operation at each position; -1 is before the first.
    var following: [Int: [Int]] = [:]
    for (position, operation) in operations.enumerated() where operation.name == "adam" {
      let replaced = [0, 2, 3].flatMap { users[operation.operands[$0]] ?? [] }.filter { $0 != position }
      // Numbers of the step, such as Adam's corrections, are cheap and can be made early.
      let earliest = ([definitions[operation.operands[1]] ?? -1] + replaced).max() ?? -1
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
