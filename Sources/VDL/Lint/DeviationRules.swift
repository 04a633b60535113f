import Diagnostics

// Programs that give a log-variance where a standard deviation is read, or the other way round, train all the same,
// to something that is not the model: the KL is too large or too small, and samples are too wide or too narrow.

extension LintRule {
  static let stdAsLogvar = LintRule(
    id: "std-as-logvar",
    summary:
      "`logvar:` is given what looks like a standard deviation: a layer whose results are never below 0, or "
      + "a name such as std or sigma.",
    check: { model in
      model.deviations(labeled: "logvar").compactMap { value in
        if let layer = value.layer, Layers.nonnegative.contains(layer.text) {
          return value.warning(
            "'logvar:' takes the logarithm of a variance, which may be below 0; '\(layer.text)' gives nothing below 0",
            at: layer, "write 'std:' if this is a standard deviation, or leave '\(layer.text)' out")
        }
        guard let name = value.names.first(where: { $0.text.saysDeviation }) else { return nil }
        if name.text.saysLogarithm {
          return value.warning(
            "'logvar:' takes log(std^2), but '\(name.text)' is named like log(std), half of it", at: name,
            "rename it, or write 'logvar: 2 * \(name.text)'")
        }
        return value.warning(
          "'logvar:' takes the logarithm of a variance, but '\(name.text)' is named like a standard deviation",
          at: name,
          "write 'std:' if this is a standard deviation, or rename it")
      }
    })

  static let logvarAsStd = LintRule(
    id: "logvar-as-std", summary: "`std:` is given what is named like a variance or a logarithm.",
    check: { model in
      model.deviations(labeled: "std").compactMap { value in
        guard let name = value.names.first(where: { $0.text.saysVariance || $0.text.saysLogarithm }) else {
          return nil
        }
        return value.warning(
          "'std:' takes a standard deviation, but '\(name.text)' is named like something else", at: name,
          "write 'logvar:' if this is the logarithm of a variance, or rename it")
      }
    })

  static let unboundedStd = LintRule(
    id: "unbounded-std",
    summary:
      "`std:` is given a layer whose results may be 0 or below, of which there is no logarithm: training ends in NaN.",
    check: { model in
      model.deviations(labeled: "std").compactMap { value in
        guard let layer = value.layer, !Layers.positive.contains(layer.text),
          LayerTable.named(layer.text) != nil
        else {
          return nil
        }
        return value.warning(
          "'std:' has to be above 0, but '\(layer.text)' gives \(Layers.nonnegative.contains(layer.text) ? "0, too" : "any number")",
          at: layer, "end with softplus, or write 'logvar:', which may be any number")
      }
    })
}

/// Layers by the range of their results.
private enum Layers {
  static let positive: Set<String> = ["softplus", "sigmoid", "exp"]
  static let nonnegative = positive.union(["relu"])
}

extension String {
  fileprivate var saysDeviation: Bool {
    let name = lowercased()
    return ["std", "sigma", "stddev", "deviation"].contains { name.contains($0) }
  }
  fileprivate var saysLogarithm: Bool { lowercased().contains("log") }
  fileprivate var saysVariance: Bool { lowercased().contains("var") }
}

/// What a distribution's argument comes down to: the last layer that makes it, and the names on the way there.
private struct DeviationValue {
  /// The argument itself.
  let argument: Expression
  var names: [Name] = []
  var layer: Name?

  /// A warning inside the argument, with a note at what is named there.
  func warning(_ message: String, at name: Name, _ remedy: String) -> Diagnostic {
    let isInside = argument.range.start <= name.range.start && name.range.end <= argument.range.end
    var notes = [Diagnostic.Note(remedy)]
    if !isInside { notes.append(.init("it is made here", at: name.range)) }
    return Diagnostic(message, at: isInside ? name.range : argument.range, notes: notes)
  }
}

extension ModelSyntax {
  /// The arguments of that label that distributions of the encoder and the decoder are given.
  fileprivate func deviations(labeled label: String) -> [DeviationValue] {
    var layers: [String: Expression] = [:]
    for declaration in declarations {
      switch declaration {
      case .block(let block): layers[block.name.text] = block.body
      case .shared(let shared): layers[shared.name.text] = .call(shared.layer)
      default: break
      }
    }
    return declarations.flatMap { declaration -> [DeviationValue] in
      guard case .scope(let scope) = declaration, scope.kind != .prior else { return [] }
      return DeviationResolver(layers: layers, scope: scope).values(labeled: label)
    }
  }
}

/// Follows names to the values that they stand for, and blocks to their last layer.
private struct DeviationResolver {
  /// What blocks and shared layers are made of.
  private let layers: [String: Expression]
  private let scope: ScopeDeclaration
  private let bindings: [String: Expression]

  init(layers: [String: Expression], scope: ScopeDeclaration) {
    self.layers = layers
    self.scope = scope
    bindings = scope.statements.reduce(into: [:]) { bindings, statement in
      if case .binding(let binding) = statement, binding.isLet { bindings[binding.name.text] = binding.value }
    }
  }

  func values(labeled label: String) -> [DeviationValue] {
    scope.statements.flatMap { statement -> [DeviationValue] in
      guard case .draw(let draw) = statement else { return [] }
      return draw.distribution.arguments.filter { $0.label?.text == label }.map { argument in
        var value = DeviationValue(argument: argument.value)
        resolve(argument.value, &value, depth: 0)
        return value
      }
    }
  }

  private func resolve(_ expression: Expression, _ value: inout DeviationValue, depth: Int) {
    // A block or a value may, wrongly, be made of itself.
    guard depth < 32 else { return }
    switch expression {
    case .parenthesized(let node): resolve(node.content, &value, depth: depth + 1)
    case .name(let name):
      value.names.append(name)
      if let bound = bindings[name.text] { resolve(bound, &value, depth: depth + 1) }
    case .pipeline(let node): if let last = node.stages.last { resolve(.call(last), &value, depth: depth) }
    case .call(let node):
      if let alias = node.alias { value.names.append(alias) }
      value.layer = node.name
      if let content = layers[node.name.text] { resolve(content, &value, depth: depth + 1) }
    default: break
    }
  }
}
