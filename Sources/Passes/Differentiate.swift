import Diagnostics
import IR

extension Pass {
  /// Replaces requests for gradients by the operations that compute them, in reverse mode:
  ///
  ///     %y = dense %x, @w : f32[N,3]
  ///     %l = ... %y ... : f32[]
  ///     %d = gradient %l, @w : f32[3,5]
  ///
  /// becomes
  ///
  ///     %y = dense %x, @w : f32[N,3]
  ///     %l = ... %y ... : f32[]
  ///     %1 = constant {value = 1.0} : f32[]
  ///     %dy = ... %1 ... : f32[N,3]
  ///     %d = dense_weight_gradient %dy, %x : f32[3,5]
  ///
  /// One sweep serves all gradients of one scalar, and builds only what they need. Contributions that meet at a
  /// value are added. Gradients are operations of the table, so that a gradient may itself be differentiated:
  /// requests are served in the order of the entry, the inner ones first.
  public static let differentiate = Pass(
    name: "differentiate", summary: "replaces gradients by the operations that compute them, in reverse mode",
    perEntry: { entry, context in
      while let position = entry.operations.firstIndex(where: { $0.name == "jacobian_norm" }) {
        try entry.expandJacobian(at: position)
        context.count("Jacobians expanded")
      }
      while let request = entry.operations.first(where: { $0.name == "gradient" }) {
        var sweep = try ReverseSweep(of: request.operands[0], in: entry)
        let built = try sweep.run()
        context.count("gradients built", sweep.requestCount)
        context.count("operations added", built.operations.count - entry.operations.count + sweep.requestCount)
        entry = built
      }
    })
}

/// The gradients of one scalar by all the values for which the entry asks.
private struct ReverseSweep {
  private let output: ValueID
  private let entry: Entry
  private let requests: [Operation]
  /// The operations before the first request: all that the scalar depends on.
  private let forward: [Operation]
  private var builder: EntryBuilder
  private var gradients: [ValueID: ValueID] = [:]

  var requestCount: Int { requests.count }

  init(of output: ValueID, in entry: Entry) throws {
    self.output = output
    self.entry = entry
    let isRequest = { (operation: Operation) in operation.name == "gradient" && operation.operands[0] == output
    }
    let first = entry.operations.firstIndex(where: isRequest) ?? entry.operations.count
    forward = Array(entry.operations[..<first])
    // A request by a value that is defined later waits for a sweep of its own.
    let later = Set(entry.operations[first...].flatMap(\.results))
    requests = entry.operations.filter { isRequest($0) && !later.contains($0.operands[1]) }
    var start = entry
    start.operations = forward
    builder = EntryBuilder(start)
  }

  /// The entry with the requests replaced.
  mutating func run() throws -> Entry {
    let active = activeValues()
    builder.sources = requests.first?.sources ?? []
    if active.contains(output) {
      gradients[output] = try builder.constant(1)
    }
    for operation in forward.reversed() { try propagate(through: operation, active) }
    var replacements: [ValueID: ValueID] = [:]
    for request in requests {
      builder.sources = request.sources
      replacements[request.results[0]] = try gradients[request.operands[1]] ?? zeros(like: request.operands[1])
    }
    var result = builder.entry
    let served = Set(requests.map { $0.results[0] })
    result.operations += entry.operations[forward.count...].filter { operation in
      !operation.results.contains(where: served.contains)
    }
    result.replaceUses(replacements)
    return result
  }

  /// The values that depend on one of those by which is differentiated. An operation with a gradient stops the
  /// dependence at the operands by which its gradient is zero; one without a gradient does not, so that it is
  /// reported.
  private func activeValues() -> Set<ValueID> {
    var active = Set(requests.map { $0.operands[1] })
    for operation in forward {
      guard let definition = OpTable.standard[operation.name] else { continue }
      let depends = operation.operands.enumerated().contains { index, operand in
        active.contains(operand) && (definition.gradient == nil || definition.operands[index].isDifferentiable)
      }
      if depends { active.formUnion(operation.results) }
    }
    return active
  }

  /// Adds what an operation passes on to its operands of the gradients that have arrived at its results.
  private mutating func propagate(through operation: Operation, _ active: Set<ValueID>) throws {
    let arrived = operation.results.map { gradients[$0] }
    guard arrived.contains(where: { $0 != nil }), let definition = OpTable.standard[operation.name] else {
      return
    }
    let isActive = operation.operands.map(active.contains)
    guard isActive.contains(true) else { return }
    guard let rule = definition.gradient else {
      throw notDifferentiable("'\(operation.name)' has no gradient", operation)
    }
    let wanted = zip(isActive, definition.operands).map { $0 && $1.isDifferentiable }
    guard wanted.contains(true) else { return }
    builder.sources = operation.sources
    let context = GradientContext(operation: operation, resultGradients: arrived, wanted: wanted)
    do {
      for (index, gradient) in try rule(context, &builder).enumerated() {
        guard let gradient, index < wanted.count, wanted[index] else { continue }
        let operand = operation.operands[index]
        // An operand that went with several rows of an image gets the sum of their gradients.
        let isShared =
          definition.mapsSamples && builder.type(of: operand).isPerImage
          && builder.type(of: operand).samples < builder.type(of: gradient).samples
        try accumulate(isShared ? try builder.add("sum_samples", [gradient]) : gradient, at: operand)
      }
    } catch let error as TypeError {
      throw notDifferentiable(error.message, operation)
    }
  }

  private mutating func accumulate(_ gradient: ValueID, at value: ValueID) throws {
    if let known = gradients[value] {
      gradients[value] = try builder.add("add", [known, gradient])
    } else {
      gradients[value] = gradient
    }
  }

  /// The gradient by a value on which the scalar does not depend.
  private mutating func zeros(like value: ValueID) throws -> ValueID {
    let zero = try builder.constant(0)
    return builder.type(of: value).isScalar ? zero : try builder.add("broadcast_like", [zero, value])
  }

  private func notDifferentiable(_ reason: String, _ operation: Operation) -> DiagnosticList {
    let request = requests.first?.sources.first
    let notes = request.map { [Diagnostic.Note("the gradient is asked for here", at: $0)] } ?? []
    return DiagnosticList([
      Diagnostic("the objective cannot be differentiated: \(reason)", at: operation.sources.first, notes: notes)
    ])
  }
}
