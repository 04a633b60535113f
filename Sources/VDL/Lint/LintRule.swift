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

/// What the rules find in a model, as warnings in the order of the text. A model with errors may give warnings that are
/// gone with the errors.
public func lint(_ model: ModelSyntax) -> [Diagnostic] {
  let warnings = LintRule.all.flatMap { rule in
    rule.check(model).map { found in
      var warning = found
      warning.severity = .warning
      warning.rule = rule.id
      return warning
    }
  }
  return DiagnosticList(warnings).ordered.diagnostics
}
