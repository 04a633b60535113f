import Diagnostics
import IR

/// What an expression of a scope comes down to: the last layer that makes its numbers, and the names on the way there.
struct ResolvedValue {
  /// The expression itself.
  let argument: Expression
  var names: [Name] = []
  /// The last layer that changes the numbers; nil where arithmetic, or no layer, makes them.
  var layer: Name?

  /// A warning inside the expression, with a note at what is named there.
  func warning(_ message: String, at name: Name, _ remedy: String) -> Diagnostic {
    let isInside = argument.range.start <= name.range.start && name.range.end <= argument.range.end
    var notes = [Diagnostic.Note(remedy)]
    if !isInside { notes.append(.init("it is made here", at: name.range)) }
    return Diagnostic(message, at: isInside ? name.range : argument.range, notes: notes)
  }
}

/// An argument of a distribution that a scope draws from, resolved.
struct ResolvedArgument {
  let distribution: String
  let label: String
  /// Whether the decoder draws from it.
  let isLikelihood: Bool
  let value: ResolvedValue
}

extension ModelSyntax {
  /// The labeled arguments of the distributions of the encoder and the decoder.
  var distributionArguments: [ResolvedArgument] {
    resolvers([.encoder, .decoder]).flatMap { resolver in
      resolver.scope.statements.flatMap { statement -> [ResolvedArgument] in
        guard case .draw(let draw) = statement else { return [] }
        return draw.distribution.arguments.compactMap { argument in
          argument.label.map {
            ResolvedArgument(
              distribution: draw.distribution.name.text, label: $0.text,
              isLikelihood: resolver.scope.kind == .decoder, value: resolver.resolve(argument.value))
          }
        }
      }
    }
  }

  /// What the decoder computes as an input's reconstruction: `x = ...`.
  var reconstructions: [ResolvedValue] {
    resolvers([.decoder]).flatMap { resolver in
      resolver.scope.statements.compactMap { statement in
        guard case .binding(let binding) = statement, !binding.isLet else { return nil }
        return resolver.resolve(binding.value)
      }
    }
  }

  private func resolvers(_ kinds: Set<ScopeKind>) -> [ValueResolver] {
    var layers: [String: Expression] = [:]
    for declaration in declarations {
      switch declaration {
      case .block(let block): layers[block.name.text] = block.body
      case .shared(let shared): layers[shared.name.text] = .call(shared.layer)
      default: break
      }
    }
    return declarations.compactMap { declaration in
      guard case .scope(let scope) = declaration, kinds.contains(scope.kind) else { return nil }
      return ValueResolver(layers: layers, scope: scope)
    }
  }
}

/// Follows names to the values that they stand for, and blocks to their last layer.
private struct ValueResolver {
  /// What blocks and shared layers are made of.
  private let layers: [String: Expression]
  let scope: ScopeDeclaration
  private let bindings: [String: Expression]

  init(layers: [String: Expression], scope: ScopeDeclaration) {
    self.layers = layers
    self.scope = scope
    bindings = scope.statements.reduce(into: [:]) { bindings, statement in
      if case .binding(let binding) = statement, binding.isLet { bindings[binding.name.text] = binding.value }
    }
  }

  func resolve(_ expression: Expression) -> ResolvedValue {
    var value = ResolvedValue(argument: expression)
    resolve(expression, &value, depth: 0)
    return value
  }

  private func resolve(_ expression: Expression, _ value: inout ResolvedValue, depth: Int) {
    // A block or a value may, wrongly, be made of itself.
    guard depth < 32 else { return }
    switch expression {
    case .parenthesized(let node): resolve(node.content, &value, depth: depth + 1)
    case .name(let name):
      value.names.append(name)
      if let bound = bindings[name.text] { resolve(bound, &value, depth: depth + 1) }
    case .pipeline(let node):
      // Layers that move numbers about leave their range as it is.
      if let last = node.stages.last(where: { !LayerRange.keeping.contains($0.name.text) }) {
        resolve(.call(last), &value, depth: depth)
      } else {
        resolve(node.source, &value, depth: depth + 1)
      }
    case .call(let node):
      if let alias = node.alias { value.names.append(alias) }
      value.layer = node.name
      if let content = layers[node.name.text] { resolve(content, &value, depth: depth + 1) }
    default: break
    }
  }
}

/// Layers by the range of their results.
enum LayerRange {
  /// Layers whose results are some of their input's numbers, or means of them.
  static let keeping: Set<String> = [
    "reshape", "flatten", "upsample", "max_pool", "avg_pool", "global_avg_pool", "slice",
  ]

  private static func range(_ layer: String) -> ActivationLayer.Range {
    OpTable.standard[layer]?.layer?.range ?? .all
  }

  static func isPositive(_ layer: String) -> Bool {
    switch range(layer) {
    case .unit, .positive: true
    case .all, .symmetric, .nonnegative, .hardlyNegative: false
    }
  }

  static func isNonnegative(_ layer: String) -> Bool { isPositive(layer) || range(layer) == .nonnegative }

  /// The results of an activation whose range is less than all numbers, in words.
  static func words(_ layer: String) -> String? {
    switch range(layer) {
    case .all: nil
    case .unit: "numbers from 0 to 1"
    case .symmetric: "numbers from -1 to 1"
    case .positive, .nonnegative: "nothing below 0"
    case .hardlyNegative: "hardly anything below 0"
    }
  }
}
