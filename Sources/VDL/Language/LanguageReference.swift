/// The tables of the language as Markdown, made from the tables that the compiler reads. docs/language.md holds a copy; a
/// test keeps it current.
public enum LanguageReference {
  public static var markdown: String {
    let sections = [
      section(
        "Layers", ["layer", "what it does", "one image in -> out"],
        LayerTable.definitions.map { [code($0.signature.text), $0.summary, $0.shapes] }),
      section(
        "Arguments of layers", ["argument", "of", "value", "meaning"], argumentRows),
      section(
        "Operations on images", ["operation", "what it does to each element"],
        ImageOperationTable.definitions.map { [code($0.signature.text), $0.summary] }),
      section(
        "Distributions", ["distribution", "as", "meaning"],
        DistributionTable.definitions.map {
          [code($0.text), $0.roles.map(roleName).joined(separator: ", "), $0.formula]
        }),
      section(
        "Terms of the objective", ["term", "one number per image", "in the metrics"],
        TermTable.definitions.map { term in
          let metric = term.isNegatedInMetrics ? "\(code(term.metric)), its negative" : code(term.metric)
          let option =
            term.option.flatMap { option in option.metric.map { (option.label, $0) } }
            .map { "; with `\($0):` also \(code($1))" } ?? ""
          return [code(term.text), term.formula, metric + option]
        }),
      section(
        "Functions in the objective", ["function", "meaning"],
        FunctionTable.definitions.map { [code($0.text), $0.formula] }),
      section(
        "Settings of train", ["setting", "default", "meaning"],
        TrainTable.settings.parameters.map { [code("\($0.name):"), $0.defaultValue?.text ?? "", $0.summary] }
          + [
            [code("\(TrainTable.optimizer):"), code("adam"), "one of the optimizers"],
            [code("\(TrainTable.clip):"), "none", "what is done to the gradients before the step"],
          ]),
      section(
        "Optimizers", ["optimizer", "a step"],
        OptimizerTable.definitions.map { [code($0.signature.text), $0.formula] }),
      section(
        "Clipping", ["clipping", "what it does"],
        ClippingTable.definitions.map { [code($0.signature.text), $0.formula] }),
      section(
        "Initializers", ["initializer", "formula", "remark"],
        InitializerTable.definitions.map { [code($0.signature.text), $0.formula, $0.summary] }),
    ]
    return sections.joined(separator: "\n")
  }

  /// The rules of `vaec check`, as docs/lint.md has them.
  public static var lintRules: String {
    table(["rule", "what it finds"], LintRule.all.map { [code($0.id), $0.summary] })
  }

  /// What the compiler knows by name and refuses, as a list.
  public static var planned: String {
    let names = PlannedConstructs.Kind.allCases.filter { !$0.names.isEmpty }.map { kind in
      "- \(kind.rawValue): \(kind.names.map(code).joined(separator: ", "))\n"
    }
    let forms = PlannedConstructs.Form.allCases.map { "- \($0.rawValue)\n".replacing("'", with: "`") }
    return (names + forms).joined()
  }

  /// Each argument once, with the layers that take it.
  private static var argumentRows: [[String]] {
    var names: [String] = []
    var rows: [String: (parameter: ParameterDefinition, layers: [String])] = [:]
    for layer in LayerTable.definitions {
      for parameter in layer.signature.parameters {
        // The same word may mean something else in another layer: `pad` of conv and of deconv.
        let key = "\(parameter.name)/\(parameter.summary)"
        if rows[key] == nil { names.append(key) }
        rows[key, default: (parameter, [])].layers.append(layer.name)
      }
    }
    return names.compactMap { rows[$0] }.map { row in
      [
        code(row.parameter.name), row.layers.joined(separator: ", "), row.parameter.kind.text,
        row.parameter.summary,
      ]
    }
  }

  private static func roleName(_ kind: ScopeKind) -> String {
    switch kind {
    case .encoder: "posterior"
    case .prior: "prior"
    case .decoder: "likelihood"
    }
  }

  private static func code(_ text: String) -> String { "`\(text)`" }

  private static func section(_ title: String, _ header: [String], _ rows: [[String]]) -> String {
    "### \(title)\n\n" + table(header, rows)
  }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String {
      // A bar inside a cell would begin the next one, in code as well.
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    return line(header) + line(header.map { _ in "---" }) + rows.map(line).joined()
  }
}

extension ArgumentKind {
  /// What the argument may be, in words.
  fileprivate var text: String {
    switch self {
    case .integer(let minimum): "an integer, \(minimum) or more"
    case .integers(let minimum): "one integer or more, each \(minimum) or more"
    case .number(let interval): "a number, \(interval.rawValue)"
    case .flag: "`yes` or `no`"
    case .padding: "an integer, 0 or more, or `same`"
    case .initializer: "an initializer"
    case .word(let words): words.map { "`\($0)`" }.joined(separator: " or ")
    case .tensors: "one tensor or more"
    }
  }
}
