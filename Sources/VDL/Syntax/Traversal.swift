extension Expression {
  /// Visits the expression and all that are in it, in the order of the text; stages of a pipeline as calls.
  func walk(_ visit: (Expression) -> Void) {
    visit(self)
    switch self {
    case .number, .string, .name: break
    case .call(let node): for argument in node.arguments { argument.value.walk(visit) }
    case .negation(let node): node.operand.walk(visit)
    case .binary(let node):
      node.left.walk(visit)
      node.right.walk(visit)
    case .pipeline(let node):
      node.source.walk(visit)
      for stage in node.stages { Expression.call(stage).walk(visit) }
    case .parenthesized(let node): node.content.walk(visit)
    }
  }
}

extension Declaration {
  /// The expressions that stand directly in the declaration, in the order of the text.
  var expressions: [Expression] {
    switch self {
    case .config(let node), .hyper(let node): [node.value]
    case .input(let node): node.type.extents + node.operations.map { .call($0) }
    case .block(let node): [node.body]
    case .shared(let node): [.call(node.layer)]
    case .scope(let node): node.statements.map(\.expression)
    case .corrupt(let node): [.call(node.corruption)]
    case .objective(let node): [node.value]
    case .use: []
    case .train(let node): node.settings.map(\.value)
    }
  }
}

extension Statement {
  /// What the statement computes or draws from.
  var expression: Expression {
    switch self {
    case .binding(let node): node.value
    case .draw(let node): .call(node.distribution)
    }
  }
}

extension BinaryOperator {
  /// Whether it binds like `+`.
  var isSum: Bool { self == .add || self == .subtract }
}
