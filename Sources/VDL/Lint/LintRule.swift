import Diagnostics

/// A rule that finds what the grammar allows and yet is most likely a mistake.
public struct LintRule: Sendable {
  /// Shown behind a warning: `unused-name`.
  public let id: String
  /// One sentence: what it finds, and why that is likely a mistake.
  public let summary: String
  let check: @Sendable (ModelSyntax) -> [Diagnostic]

  /// All rules, in the order of the documentation.
  public static let all = [
    unusedName, stdAsLogvar, logvarAsStd, unboundedStd, boundedLogits, outputRange, meanWithKL, objectiveSign,
    halfKL,
  ]
}

/// What the rules find in a model, and in the parts and objectives of the models whose parts it uses, as warnings in the order of
/// the texts. A model with errors may give warnings that are gone with the errors.
public func lint(_ model: ModelSyntax) -> [Diagnostic] {
  var warnings = LintRule.all.flatMap { $0.warnings(model) }
  // Names that nothing here uses may be of use to those parts that stay there.
  for part in model.textsOfUsedParts {
    for rule in LintRule.all where rule.id != LintRule.unusedName.id {
      let found = rule.warnings(part).filter { !warnings.contains($0) }
      warnings += found
    }
  }
  return DiagnosticList(warnings).ordered(first: model.range.file).diagnostics
}

extension LintRule {
  fileprivate func warnings(_ model: ModelSyntax) -> [Diagnostic] {
    check(model).map { found in
      var warning = found
      warning.severity = .warning
      warning.rule = id
      return warning
    }
  }
}

extension ModelSyntax {
  /// The models whose parts this one uses, and those whose parts these use, without the scopes that are not taken. The objectives are
  /// those that the parts are trained with where they come from.
  fileprivate var textsOfUsedParts: [ModelSyntax] {
    var parts: [String: Set<ScopeKind>] = [:]
    for case .use(let node) in declarations { parts[node.file.text, default: []].insert(node.part) }
    return parts.sorted { $0.key < $1.key }.flatMap { file, kinds -> [ModelSyntax] in
      guard var text = used[file] else { return [] }
      text.declarations.removeAll { declaration in
        switch declaration {
        case .scope(let scope): !kinds.contains(scope.kind)
        case .use(let node): !kinds.contains(node.part)
        default: false
        }
      }
      return [text] + text.textsOfUsedParts
    }
  }
}
