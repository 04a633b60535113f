import Diagnostics

extension Formatter {
  mutating func file(_ model: ModelSyntax) {
    beginLine(indent: 0, isFirst: true)
    emit(to: braceIndex(from: index) + 1)
    alignKeywords(model.declarations)
    for (number, declaration) in model.declarations.enumerated() {
      beginLine(indent: 2, isFirst: number == 0)
      self.declaration(declaration)
    }
    closeBrace(indent: 0, isEmpty: model.declarations.isEmpty)
    beginLine(indent: 0)
  }

  /// The next opening brace.
  private func braceIndex(from start: Int) -> Int {
    tokens[start...].firstIndex { $0.kind == .punctuation(.leftBrace) } ?? start
  }

  private mutating func closeBrace(indent: Int, isEmpty: Bool) {
    beginLine(indent: indent, isFirst: isEmpty, isClosing: true, commentIndent: indent + 2)
    emit()
  }

  /// `config` and `hyper` in lines under one another take the same room.
  private mutating func alignKeywords(_ declarations: [Declaration]) {
    var run: [SourceRange] = []
    for declaration in declarations {
      guard declaration.isConstant else {
        align(run)
        run = []
        continue
      }
      if let last = run.last, isApart(last, declaration.range) {
        align(run)
        run = []
      }
      run.append(declaration.range)
    }
    align(run)
  }

  private mutating func align(_ declarations: [SourceRange]) {
    let keywords = declarations.map(first)
    let widest = keywords.map { tokens[$0].text.count }.max() ?? 0
    for keyword in keywords where tokens[keyword].text.count < widest {
      padding[keyword] = widest - tokens[keyword].text.count
    }
  }

  /// Whether a blank line stands between two declarations, or a comment, which may hold one.
  private func isApart(_ a: SourceRange, _ b: SourceRange) -> Bool {
    b.start.line > a.end.line + 1
  }

  private mutating func declaration(_ declaration: Declaration) {
    let end = range(declaration.range).upperBound
    switch declaration {
    case .input, .corrupt, .use: emit(to: end)
    case .config(let node), .hyper(let node): assignment(node.value)
    case .block(let node): assignment(node.body)
    case .objective(let node): assignment(node.value)
    case .shared(let node):
      emit(to: first(node.layer.range))
      call(node.layer)
    case .scope(let node): scope(node)
    case .train(let node): train(node, end: end)
    }
  }

  /// What stands before a value, and the value.
  private mutating func assignment(_ value: Expression) {
    emit(to: first(value.range))
    expression(value)
  }

  private mutating func scope(_ node: ScopeDeclaration) {
    if node.isShort {
      if case .draw(let draw)? = node.statements.first {
        emit(to: first(draw.distribution.range))
        call(draw.distribution)
      }
      return
    }
    emit(to: braceIndex(from: index) + 1)
    for (number, statement) in node.statements.enumerated() {
      beginLine(indent: 4, isFirst: number == 0)
      switch statement {
      case .binding(let binding): assignment(binding.value)
      case .draw(let draw):
        emit(to: first(draw.distribution.range))
        call(draw.distribution)
      }
    }
    closeBrace(indent: 2, isEmpty: node.statements.isEmpty)
  }

  /// In one line as it was written, or each setting in a line of its own, then without commas.
  private mutating func train(_ node: TrainDeclaration, end: Int) {
    let starts = node.settings.map { first($0.range) } + [end - 1]
    let isInOneLine =
      !starts.contains { tokens[$0].isFirstOnLine }
      && (width(index..<end).map { nextColumn + $0 <= Self.width } ?? false)
    if isInOneLine { return emit(to: end) }
    emit(to: braceIndex(from: index) + 1)
    for (number, setting) in node.settings.enumerated() {
      beginLine(indent: 4, isFirst: number == 0)
      assignment(setting.value)
      if tokens[index].kind == .punctuation(.comma) { skip() }
    }
    closeBrace(indent: 2, isEmpty: node.settings.isEmpty)
  }
}

extension Declaration {
  fileprivate var isConstant: Bool {
    switch self {
    case .config, .hyper: true
    default: false
    }
  }
}
