import Diagnostics
import IR

extension Pass {
  /// Makes one operation of a normalization and the activation behind it, and one pass over the elements of its gradient:
  ///
  ///     %3 = affine_channels %x, %scale, @bias, %mean : f32[N,32,14,14]
  ///     %y = relu %3 : f32[N,32,14,14]
  ///     ...
  ///     %7 = relu_gradient %dy, %y : f32[N,32,14,14]
  ///     %8 = affine_channels %7, %scale : f32[N,32,14,14]
  ///     %9, %10 = channel_sums %7, %x, %mean : f32[32], f32[32]
  ///     ... = %11 and %12 of %9 and %10
  ///     %13 = affine_channels %x, %11, %12, %mean : f32[N,32,14,14]
  ///     %14 = add %8, %13 : f32[N,32,14,14]
  ///
  /// becomes
  ///
  ///     %y = affine_channels %x, %scale, @bias, %mean {formula = max(a, 0.0)} : f32[N,32,14,14]
  ///     ...
  ///     %9, %10 = channel_sums %dy, %x, %mean, %scale, @bias {formula = select(max(b, 0.0), a, 0.0)} : f32[32], f32[32]
  ///     ...
  ///     %14 = normalization_gradient %dy, %x, %scale, %11, %12, %mean, @bias {formula = ...} : f32[N,32,14,14]
  ///
  /// The gradient of a cheap activation is computed twice, from the normalization's input, instead of being stored; that of one
  /// with an exponential stays. The gradient of batch normalization sums to zero over each channel, so that of a bias before
  /// it is zero and needs no pass.
  public static let fuseNormalization = Pass(
    name: "fuse-normalization",
    summary: "fuses normalization with the activation behind it, and the parts of its gradient",
    perEntry: { entry, context in
      // Sums first: an activation's gradient that they read can then go into them. The activations themselves last, for what
      // reads their operand may be gone by then.
      for step in NormalizationFusion.Step.allCases {
        var fusion = NormalizationFusion(entry)
        entry = fusion.run(step, &context)
      }
    })
}

private struct NormalizationFusion {
  private var entry: Entry
  private var slots: [Operation?]
  /// Operations that come before those of a position.
  private var inserted: [Int: Operation] = [:]
  private let definitions: [ValueID: Int]
  private let users: [ValueID: [Int]]
  private let uses: [ValueID: Int]

  init(_ entry: Entry) {
    self.entry = entry
    slots = entry.operations
    definitions = entry.definitions()
    users = entry.users()
    uses = entry.useCounts()
  }

  enum Step: CaseIterable {
    case sums, activationGradients, activations
  }

  mutating func run(_ step: Step, _ context: inout PassContext) -> Entry {
    for position in slots.indices {
      switch step {
      case .sums: fuseSum(position, &context)
      case .activationGradients: fuseActivationGradient(position, &context)
      case .activations: fuseActivation(position, &context)
      }
    }
    entry.operations = slots.enumerated().flatMap { position, operation in
      [inserted[position], operation].compactMap { $0 }
    }
    return entry
  }

  private func definition(_ value: ValueID, _ op: String) -> Operation? {
    guard let position = definitions[value], let operation = slots[position], operation.name == op else {
      return nil
    }
    return operation
  }

  /// The normalization that makes a value, if nothing is fused into it.
  private func normalization(_ value: ValueID) -> Operation? {
    guard let operation = definition(value, "affine_channels"), operation.hasPlainFormula else { return nil }
    return operation
  }

  private func operations(at positions: [Int]) -> [Operation] { positions.compactMap { slots[$0] } }

  private mutating func remove(_ operation: Operation) {
    if let result = operation.results.first, let position = definitions[result] { slots[position] = nil }
  }

  // MARK: Gradient

  /// `add (affine_channels dy, scale), (affine_channels x, slope, offset, mean)` is one pass over dy and x.
  private mutating func fuseSum(_ position: Int, _ context: inout PassContext) {
    guard let sum = slots[position], sum.name == "add", sum.operands.allSatisfy({ uses[$0] == 1 }) else {
      return
    }
    let parts = sum.operands.compactMap(normalization)
    guard parts.count == 2, let direct = parts.first(where: { $0.operands.count == 2 }),
      let through = parts.first(where: { $0.operands.count == 4 })
    else { return }
    let (dy, scale) = (direct.operands[0], direct.operands[1])
    let fused = Operation(
      "normalization_gradient", [dy, through.operands[0], scale] + through.operands[1...], results: sum.results,
      sources: mergedSources([direct, through, sum]))
    remove(direct)
    remove(through)
    slots[position] = fused
    context.count("gradients fused")
    if sumsToZero(fused) { dropBiasGradients(of: fused, &context) }
  }

  /// Whether the gradient is that of batch normalization: its offset is then minus the mean of `dy * scale`, and x less its
  /// mean, whatever it is multiplied by, sums to zero.
  private func sumsToZero(_ gradient: Operation) -> Bool {
    let (dy, x, scale) = (gradient.operands[0], gradient.operands[1], gradient.operands[2])
    let (offset, mean) = (gradient.operands[4], gradient.operands[5])
    guard let statistics = definition(mean, "channel_statistics"), statistics.operands == [x],
      statistics.results[0] == mean,
      let product = definition(offset, "mul"),
      let share = product.operands.first(where: { definition($0, "inverse_count")?.operands == [x] }),
      let rest = product.operands.first(where: { $0 != share }), let negated = definition(rest, "neg"),
      let scaled = definition(negated.operands[0], "mul"), let other = scaled.other(than: scale),
      let sums = definition(other, "channel_sums")
    else { return false }
    return sums.results[1] == other && sums.operands[0] == dy && sums.hasPlainFormula
      && entry.type(of: sums.operands[0])?.dimensions == entry.type(of: x)?.dimensions
  }

  /// What is added to each channel before batch normalization makes no difference.
  private mutating func dropBiasGradients(of gradient: Operation, _ context: inout PassContext) {
    for position in users[gradient.results[0]] ?? [] {
      guard let sum = slots[position], sum.name == "sum_to_channels" else { continue }
      let zero = entry.addValue(Value(type: .scalar))
      let constant = Operation("constant", [], ["value": .float(0)], results: [zero], sources: sum.sources)
      inserted[position] = constant
      slots[position] = Operation(
        "broadcast_like", [zero, gradient.operands[5]], results: sum.results, sources: sum.sources)
      context.count("bias gradients known to be zero")
    }
  }

  /// The gradient of the activation behind a normalization, where it is cheap, is computed where it is read.
  private mutating func fuseActivationGradient(_ position: Int, _ context: inout PassContext) {
    guard let gradient = slots[position], let formula = gradient.formula, gradient.name != "broadcast_like",
      let result = gradient.results.first, uses[result] == 2, let readers = users[result], readers.count == 2,
      let sums = operations(at: readers).first(where: { $0.name == "channel_sums" }),
      let through = operations(at: readers).first(where: { $0.name == "normalization_gradient" }
      ),
      sums.operands.count == 3, sums.hasPlainFormula, through.operands.count == 6, through.hasPlainFormula,
      sums.operands[0] == result, through.operands[0] == result
    else { return }
    let (x, scale, mean) = (through.operands[1], through.operands[2], through.operands[5])
    guard sums.operands[1] == x, sums.operands[2] == mean else { return }
    var arrived: ValueID?
    var normalized: Operation?
    var replacements: [ScalarExpression] = []
    for operand in gradient.operands {
      if let (source, value) = normalizedValue(operand), source.operands.count == 4, source.operands[0] == x,
        source.operands[1] == scale, source.operands[3] == mean
      {
        normalized = source
        replacements.append(value)
      } else if arrived == nil || arrived == operand,
        entry.type(of: operand)?.dimensions == entry.type(of: result)?.dimensions
      {
        arrived = operand
        replacements.append(.operand(0))
      } else {
        return
      }
    }
    guard let arrived, let normalized else { return }
    let fused = formula.substituting({ replacements[$0] }, attributes: gradient.attributes)
    guard fused.isCheap else { return }
    let bias = normalized.operands[2]
    rewrite(sums, [arrived, x, mean, scale, bias], fused, gradient)
    rewrite(through, [arrived] + through.operands[1...] + [bias], fused, gradient)
    slots[position] = nil
    context.count("activation gradients fused")
  }

  /// The normalization that a value is the result of, or an activation of, with the value's formula of that result, `b`.
  private func normalizedValue(_ value: ValueID) -> (Operation, ScalarExpression)? {
    if let operation = normalization(value) { return (operation, .operand(1)) }
    guard let position = definitions[value], let activation = slots[position], let formula = activation.formula,
      activation.operands.count == 1, let operation = normalization(activation.operands[0])
    else { return nil }
    return (operation, formula.substituting({ _ in .operand(1) }, attributes: activation.attributes))
  }

  private mutating func rewrite(
    _ operation: Operation, _ operands: [ValueID], _ formula: ScalarExpression, _ gradient: Operation
  ) {
    guard let position = definitions[operation.results[0]] else { return }
    slots[position]?.operands = operands
    slots[position]?.attributes["formula"] = .formula(formula)
    slots[position]?.sources.formUnion(gradient.sources)
  }

  // MARK: Forward

  /// `relu (affine_channels ...)` = `affine_channels ... {formula = max(a, 0.0)}`.
  private mutating func fuseActivation(_ position: Int, _ context: inout PassContext) {
    guard let activation = slots[position], let formula = activation.formula, activation.operands.count == 1,
      let normalized = normalization(activation.operands[0]), uses[activation.operands[0]] == 1
    else { return }
    var fused = normalized
    fused.results = activation.results
    fused.attributes["formula"] = .formula(
      formula.substituting({ _ in .operand(0) }, attributes: activation.attributes))
    fused.sources.formUnion(activation.sources)
    remove(normalized)
    slots[position] = fused
    context.count("activations fused")
  }
}

extension Operation {
  /// The other operand of two.
  fileprivate func other(than operand: ValueID) -> ValueID? {
    guard operands.count == 2, let index = operands.firstIndex(of: operand) else { return nil }
    return operands[1 - index]
  }
}

extension ScalarExpression {
  /// Whether computing it twice costs less than storing it: a few instructions, nothing iterative.
  fileprivate var isCheap: Bool { operationCount <= 8 && !usesExponential }

  private var usesExponential: Bool {
    switch self {
    case .operand, .constant, .attribute: false
    case .unary(let operation, let x):
      switch operation {
      case .negate, .absolute: x.usesExponential
      case .exp, .log, .tanh, .sigmoid, .softplus, .squareRoot: true
      }
    case .binary(let operation, let a, let b): operation == .divide || a.usesExponential || b.usesExponential
    case .selectPositive(let c, let a, let b): c.usesExponential || a.usesExponential || b.usesExponential
    }
  }
}
