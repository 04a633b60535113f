import Diagnostics

extension Formatter {
  mutating func expression(_ expression: Expression) {
    let range = range(expression.range)
    if let width = width(range), nextColumn + width <= Self.width { return emit(to: range.upperBound) }
    switch expression {
    case .number, .string, .name: emit(to: range.upperBound)
    case .call(let node): call(node)
    case .negation(let node):
      emit()
      self.expression(node.operand)
    case .parenthesized(let node):
      emit()
      bracketed { $0.expression(node.content) }
    case .binary(let node): chain(node)
    case .pipeline(let node): pipeline(node)
    }
  }

  /// `a + b - c`: lines go on with an operator under the first operand. A product is never broken.
  private mutating func chain(_ node: BinaryExpression) {
    var operands = [node.right]
    var operators = [node.operatorRange]
    var left = node.left
    while case .binary(let inner) = left, inner.operation.isSum == node.operation.isSum {
      operands.append(inner.right)
      operators.append(inner.operatorRange)
      left = inner.left
    }
    let outer = continuation
    continuation = nextColumn
    expression(left)
    for (sign, operand) in zip(operators, operands).reversed() {
      let start = first(sign)
      if node.operation.isSum {
        let end = range(operand.range).upperBound
        let fits = width(start..<end).map { nextColumn + $0 <= Self.width } ?? true
        if isBroken(before: start) || !fits { breakLine(at: continuation) }
      }
      emit()
      expression(operand)
    }
    continuation = outer
  }

  // MARK: Pipelines

  private mutating func pipeline(_ node: Pipeline) {
    let outer = continuation
    let start = nextColumn
    expression(node.source)
    let first = nextColumn
    let isFirstBroken = node.stages.first.map { isBroken(before: $0, at: first) } ?? false
    // A source that is long would push the lines below it to the right.
    let isUnderFirst = !isFirstBroken && first <= 40
    continuation = isUnderFirst ? first : nesting > 0 ? start + 2 : indent + 4
    let breaks = lineBreaks(node, from: first)
    alignArguments(node.stages, breaks, includesFirst: isUnderFirst)
    for (stage, isBroken) in zip(node.stages, breaks) {
      if isBroken { breakLine(at: continuation) }
      emit()
      call(stage)
    }
    continuation = outer
  }

  /// Which stages begin a line: where the author or a comment wants it, behind a stage of several lines, and where the
  /// line would be too long.
  private func lineBreaks(_ node: Pipeline, from start: Int) -> [Bool] {
    var column: Int? = start
    return node.stages.map { stage in
      let isBroken = isBroken(before: stage, at: column)
      let begin = isBroken ? continuation : column
      column = nil
      if let begin, let width = width(of: stage) { column = begin + width + 1 }
      return isBroken
    }
  }

  /// - Parameter column: where the stage would begin; nil behind one of several lines.
  private func isBroken(before stage: Call, at column: Int?) -> Bool {
    guard let column, !isBroken(before: first(stage.range) - 1) else { return true }
    return width(of: stage).map { column + $0 > Self.width } ?? false
  }

  /// The characters of a stage with its `|>` in one line.
  private func width(of stage: Call) -> Int? {
    let range = range(stage.range)
    return width(range.lowerBound - 1..<range.upperBound)
  }

  /// Where lines under one another begin with the same layer, what follows its numbers stands in columns:
  ///
  ///     |> deconv(32, kernel: 3, stride: 2) |> relu
  ///     |> deconv(1,  kernel: 3, stride: 2)
  private mutating func alignArguments(_ stages: [Call], _ breaks: [Bool], includesFirst: Bool) {
    var run: [Call] = []
    for (index, (stage, isBroken)) in zip(stages, breaks).enumerated() {
      guard isBroken || (index == 0 && includesFirst) else { continue }
      let isFlat = width(range(stage.range)) != nil && stage.arguments.count > 1
      if let last = run.last, !isFlat || last.name.text != stage.name.text {
        align(run)
        run = []
      }
      if isFlat { run.append(stage) }
    }
    align(run)
  }

  private mutating func align(_ calls: [Call]) {
    let columns = calls.map(\.arguments.count).max() ?? 0
    guard calls.count > 1, columns > 1 else { return }
    for column in 0..<columns - 1 {
      let aligned = calls.filter { $0.arguments.count > column + 1 }.map(\.arguments)
      guard aligned.allSatisfy({ $0[column].isNumber }), Set(aligned.map { $0[column].label?.text }).count == 1
      else { return }
      let widths = aligned.map { width(range($0[column].range)) ?? 0 }
      let widest = widths.max() ?? 0
      for (arguments, width) in zip(aligned, widths) where width < widest {
        // Behind the comma.
        padding[range(arguments[column].range).upperBound] = widest - width
      }
    }
  }

  // MARK: Calls

  mutating func call(_ node: Call) {
    let end = range(node.range).upperBound
    if let width = width(index..<end), nextColumn + width <= Self.width { return emit(to: end) }
    emit()
    if node.hasParentheses {
      emit()
      bracketed { $0.arguments(node) }
    }
    emit(to: end)
  }

  /// What stands in brackets, up to the closing one. Lines in it begin behind the opening one.
  private mutating func bracketed(_ content: (inout Formatter) -> Void) {
    let outer = continuation
    continuation = buffer.column
    nesting += 1
    content(&self)
    emit()
    nesting -= 1
    continuation = outer
  }

  /// All in one line, or each in a line of its own with the values under one another.
  private mutating func arguments(_ node: Call) {
    let starts = node.arguments.map { first($0.range) }
    let parts = node.arguments.map { width(range($0.range)) }
    let total = parts.reduce(0) { $0 + ($1 ?? 0) + 2 }
    let isBroken =
      starts.dropFirst().contains(where: isBroken(before:))
      || (parts.allSatisfy { $0 != nil } && buffer.column + total > Self.width)
    if isBroken { alignValues(node.arguments) }
    for (index, argument) in node.arguments.enumerated() {
      if index > 0 {
        emit()
        if isBroken { breakLine(at: continuation) }
      }
      if argument.label != nil {
        emit()
        emit()
      }
      expression(argument.value)
    }
  }

  private mutating func alignValues(_ arguments: [Argument]) {
    let labels = arguments.compactMap(\.label)
    guard labels.count == arguments.count, let widest = labels.map(\.text.count).max() else { return }
    for label in labels where label.text.count < widest {
      padding[first(label.range) + 1] = widest - label.text.count
    }
  }
}

extension Argument {
  fileprivate var isNumber: Bool {
    if case .number = value { true } else { false }
  }
}
