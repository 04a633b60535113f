import Diagnostics

extension LintRule {
  static let unusedName = LintRule(
    id: "unused-name",
    summary: "A name that nothing uses: a part of the model is not connected, or another name was meant.",
    check: { model in UnusedNames(model).warnings })
}

/// Collects the names that a model declares and does not use. A name that begins with `_` may go unused.
private struct UnusedNames {
  private(set) var warnings: [Diagnostic] = []
  private let model: ModelSyntax
  private let scopes: [ScopeDeclaration]
  /// Names in the objective: of hypers, configs, latents and, in penalties, of values of the scopes.
  private let inObjective: Set<String>

  init(_ model: ModelSyntax) {
    self.model = model
    scopes = ScopeKind.allCases.flatMap { model.scopes($0) }
    inObjective = model.declarations.reduce(into: []) { names, declaration in
      if case .objective(let objective) = declaration { names.formUnion(objective.value.usedNames) }
    }
    let everywhere = model.declarations.reduce(into: Set<String>()) { $0.formUnion($1.usedNames) }
    for declaration in model.declarations {
      switch declaration {
      case .config(let node): check(node.name, "config", everywhere)
      case .hyper(let node): check(node.name, "hyper", everywhere)
      case .input(let node): checkInput(node.name)
      case .block(let node):
        check(node.name, "block", everywhere)
        for parameter in node.parameters {
          check(parameter, "parameter", of: "block '\(node.name.text)'", node.body.usedNames)
        }
      case .shared(let node): check(node.name, "shared layer", everywhere)
      case .scope(let node): checkScope(node)
      default: break
      }
    }
  }

  private mutating func check(_ name: Name, _ kind: String, of owner: String? = nil, _ used: Set<String>) {
    guard !used.contains(name.text), !name.text.hasPrefix("_") else { return }
    let place = owner.map { " of \($0)" } ?? ""
    warnings.append(Diagnostic("\(kind) '\(name.text)'\(place) is never used", at: name.range))
  }

  private mutating func checkInput(_ name: Name) {
    let used = scopes.reduce(into: Set<String>()) { names, scope in
      names.formUnion(scope.parameters.map(\.text))
      if scope.kind == .decoder { names.formUnion(scope.results.map(\.text)) }
    }
    check(name, "input", used)
  }

  private mutating func checkScope(_ scope: ScopeDeclaration) {
    let used = scope.statements.reduce(into: Set<String>()) { $0.formUnion($1.expression.usedNames) }
    for parameter in scope.parameters { check(parameter, "parameter", of: "the \(scope.kind.rawValue)", used) }
    for case .binding(let binding) in scope.statements where binding.isLet {
      check(binding.name, "value", used.union(inObjective))
    }
    guard scope.kind == .encoder else { return }
    let decoded = scopes.filter { $0.kind == .decoder }.flatMap { $0.parameters.map(\.text) }
    for result in scope.results { check(result, "latent", used.union(inObjective).union(decoded)) }
  }
}

extension ModelSyntax {
  /// The scopes of a kind, those of other models among them.
  fileprivate func scopes(_ kind: ScopeKind) -> [ScopeDeclaration] {
    declarations.flatMap { declaration -> [ScopeDeclaration] in
      switch declaration {
      case .scope(let scope) where scope.kind == kind: [scope]
      case .use(let node) where node.part == kind: used[node.file.text]?.scopes(kind) ?? []
      default: []
      }
    }
  }
}

extension Expression {
  /// The names of values, numbers, layers and words in the expression.
  fileprivate var usedNames: Set<String> {
    var names: Set<String> = []
    walk { node in
      switch node {
      case .name(let name): names.insert(name.text)
      case .call(let call): names.insert(call.name.text)
      default: break
      }
    }
    return names
  }
}

extension Declaration {
  /// A block's parameters hide what else has their names.
  fileprivate var usedNames: Set<String> {
    let names = expressions.reduce(into: Set<String>()) { $0.formUnion($1.usedNames) }
    if case .block(let block) = self { return names.subtracting(block.parameters.map(\.text)) }
    return names
  }
}
