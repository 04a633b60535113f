internal import CLLVM

// Structured control flow: blocks and phis are made here, so that kernels need none.
extension LLVMBuilder {
  /// `for i in stride(from: start, to: end, by: step)`, with signed comparison and a positive step.
  public func forLoop(
    from start: some LLVMOperand, to end: some LLVMOperand, step: some LLVMOperand = 1,
    name: String = "i", _ body: (_ index: LLVMValue) throws -> Void
  ) rethrows {
    _ = try forLoop(from: start, to: end, step: step, carrying: [], name: name) { index, _ in
      try body(index)
      return []
    }
  }

  /// A counted loop that carries values: `body` gets the values of this turn and returns those of the next, of
  /// the same types; the result is the last ones (`initial` where the loop does not run). The index is of the
  /// type of `end` or `start` where one of them is a value, else an i64.
  ///
  ///     let sum = b.forLoop(from: 0, to: n, step: 16, carrying: [zero]) { i, carried in
  ///       [b.add(carried[0], b.load(vector, from: b.element(x, of: b.context.f32, at: i)))]
  ///     }[0]
  public func forLoop(
    from start: some LLVMOperand, to end: some LLVMOperand, step: some LLVMOperand = 1,
    carrying initial: [LLVMValue], name: String = "i",
    _ body: (_ index: LLVMValue, _ carried: [LLVMValue]) throws -> [LLVMValue]
  ) rethrows -> [LLVMValue] {
    let type = (end as? LLVMValue ?? start as? LLVMValue)?.type ?? context.i64
    let start = start.value(like: type)
    let end = end.value(like: type)
    if let first = start.constantInteger, let last = end.constantInteger, first >= last { return initial }

    // The condition stands at the end of the body, as in machine code; a test before the loop guards the first
    // turn.
    let before = block
    let loop = appendBlock("\(name).loop")
    let exit = appendBlock("\(name).exit")
    let runs = icmp(.slt, start, end)
    let alwaysRuns = runs.constantInteger != nil
    if alwaysRuns { br(loop) } else { br(runs, then: loop, else: exit) }

    position(atEndOf: loop)
    let index = phi(type, name: name)
    let carried = initial.map { phi($0.type) }
    let results = try body(index, carried)
    precondition(results.count == initial.count, "the loop '\(name)' carries \(initial.count) values")
    let next = addIndex(index, step, name: "\(name).next")
    let latch = block
    br(icmp(.slt, next, end), then: loop, else: exit)

    addIncoming(start, from: before, to: index)
    addIncoming(next, from: latch, to: index)
    for (phi, (first, later)) in zip(carried, zip(initial, results)) {
      addIncoming(first, from: before, to: phi)
      addIncoming(later, from: latch, to: phi)
    }
    position(atEndOf: exit)
    if alwaysRuns { return results }
    return merge(initial, from: before, results, from: latch)
  }

  /// Runs `body` with what `next` gives, again and again, as long as that is below `end` (signed).
  public func forEach(
    _ next: () -> LLVMValue, below end: LLVMValue, name: String = "next", _ body: (LLVMValue) -> Void
  ) {
    let loop = appendBlock("\(name).loop")
    let turn = appendBlock("\(name).turn")
    let exit = appendBlock("\(name).exit")
    br(loop)
    position(atEndOf: loop)
    let value = next()
    br(icmp(.slt, value, end), then: turn, else: exit)
    position(atEndOf: turn)
    body(value)
    br(loop)
    position(atEndOf: exit)
  }

  /// Runs `body` where an i1 is true.
  public func ifThen(_ condition: LLVMValue, name: String = "if", _ body: () throws -> Void) rethrows {
    let then = appendBlock("\(name).then")
    let exit = appendBlock("\(name).exit")
    br(condition, then: then, else: exit)
    position(atEndOf: then)
    try body()
    if !block.isTerminated { br(exit) }
    position(atEndOf: exit)
  }

  /// Runs one of two bodies; the results, of the same types, are those of the one that ran.
  @discardableResult
  public func ifThen(
    _ condition: LLVMValue, name: String = "if", _ body: () throws -> [LLVMValue],
    else other: () throws -> [LLVMValue]
  ) rethrows -> [LLVMValue] {
    let then = appendBlock("\(name).then")
    let otherwise = appendBlock("\(name).else")
    let exit = appendBlock("\(name).exit")
    br(condition, then: then, else: otherwise)
    position(atEndOf: then)
    let first = try body()
    let firstEnd = block
    br(exit)
    position(atEndOf: otherwise)
    let second = try other()
    let secondEnd = block
    br(exit)
    position(atEndOf: exit)
    precondition(first.count == second.count, "the branches of '\(name)' give different numbers of values")
    return merge(first, from: firstEnd, second, from: secondEnd)
  }

  /// The phis of two blocks' values at the start of the block that both branch to.
  private func merge(
    _ first: [LLVMValue], from firstBlock: LLVMBlock, _ second: [LLVMValue], from secondBlock: LLVMBlock
  ) -> [LLVMValue] {
    zip(first, second).map { a, b in
      let result = phi(a.type)
      addIncoming(a, from: firstBlock, to: result)
      addIncoming(b, from: secondBlock, to: result)
      return result
    }
  }
}
