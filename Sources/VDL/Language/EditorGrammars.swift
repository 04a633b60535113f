import Foundation

/// Syntax highlighting for editors, made from the tables that the compiler reads. docs/editors holds the files; a test keeps
/// them current.
public enum EditorGrammars {
  /// Words of the language by what they are. A word that is several things is only in the first group.
  private static let words: [(group: String, scope: String, words: [String])] = {
    var seen: Set<String> = []
    return groups.map { group in
      (group.group, group.scope, group.words.filter { seen.insert($0).inserted })
    }
  }()

  private static let groups: [(group: String, scope: String, words: [String])] = [
    ("Layer", "support.function.layer.vdl", LayerTable.definitions.map(\.name)),
    ("Distribution", "support.class.distribution.vdl", DistributionTable.definitions.map(\.name)),
    (
      "Term", "support.function.term.vdl",
      TermTable.definitions.map(\.name) + FunctionTable.definitions.map(\.name)
    ),
    ("Type", "support.type.vdl", InputTypes.names + PlannedConstructs.Kind.inputType.names),
    ("Optimizer", "support.function.optimizer.vdl", OptimizerTable.definitions.map(\.name)),
    ("Initializer", "support.constant.initializer.vdl", InitializerTable.definitions.map(\.name)),
    ("Word", "keyword.other.vdl", contextualWords),
  ]

  /// Words that are reserved only where the grammar has them.
  private static let contextualWords = ["with", "from", "frozen", "same", "yes", "no"]
  private static let keywords = Keyword.allCases.map(\.rawValue)

  private static func alternatives(_ words: [String]) -> String { words.joined(separator: "|") }

  // MARK: TextMate

  /// A grammar in TextMate's format, which Visual Studio Code, Sublime Text, JetBrains editors and others read. Regular expressions keep
  /// to what Oniguruma and ICU have in common.
  public static var textMate: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let grammar = TextMateGrammar(
      name: "VDL", scopeName: "source.vdl", fileTypes: ["vdl"], patterns: textMatePatterns)
    return (try? encoder.encode(grammar)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
  }

  private static var textMatePatterns: [TextMatePattern] {
    let name = "[A-Za-z_][A-Za-z0-9_]*"
    return [
      TextMatePattern("///.*$", name: "comment.line.documentation.vdl"),
      TextMatePattern("//.*$", name: "comment.line.double-slash.vdl"),
      TextMatePattern("\"[^\"]*\"", name: "string.quoted.double.vdl"),
      TextMatePattern(
        "\\b(model|config|hyper|input|block|shared|let)\\s+(\(name))",
        captures: ["1": .init("keyword.control.vdl"), "2": .init("entity.name.vdl")]),
      // A label may be a reserved word.
      TextMatePattern("\\b\(name)(?=\\s*:)", name: "variable.parameter.vdl"),
      TextMatePattern("\\b(?:\(alternatives(keywords)))\\b", name: "keyword.control.vdl"),
      TextMatePattern(
        "\\b[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\\b", name: "constant.numeric.vdl"),
    ] + words.map { TextMatePattern("\\b(?:\(alternatives($0.words)))\\b", name: $0.scope) }
      + [TextMatePattern("\\|>|->|[-+*/=~]", name: "keyword.operator.vdl")]
  }

  // MARK: Vim

  /// A syntax file of Vim and Neovim.
  public static var vim: String {
    let groups = [("Keyword", keywords)] + words.map { ($0.group, $0.words) }
    var lines = [
      "\" Vim syntax file. Language: vdl, models of vaec. Made from the compiler's tables.",
      "if exists(\"b:current_syntax\")", "  finish", "endif", "",
      "syn match vdlOperator /|>\\|->\\|[-+*\\/=~]/",
      "syn match vdlNumber /\\<\\d\\+\\(\\.\\d\\+\\)\\=\\([eE][-+]\\=\\d\\+\\)\\=\\>/",
      "syn match vdlLabel /\\<\\h\\w*\\ze\\s*:/",
      "syn match vdlComment /\\/\\/.*$/",
      "syn match vdlDocumentation /\\/\\/\\/.*$/",
      "syn region vdlString start=/\"/ end=/\"/ oneline",
    ]
    lines += groups.map { "syn keyword vdl\($0.0) \($0.1.joined(separator: " "))" }
    lines.append("")
    let links = [
      ("Keyword", "Statement"), ("Word", "Statement"), ("Layer", "Function"), ("Distribution", "Structure"),
      ("Term", "Function"), ("Type", "Type"), ("Optimizer", "Function"), ("Initializer", "Constant"),
      ("Operator", "Operator"), ("Number", "Number"), ("Label", "Identifier"), ("Comment", "Comment"),
      ("Documentation", "SpecialComment"), ("String", "String"),
    ]
    lines += links.map { "hi def link vdl\($0.0) \($0.1)" }
    lines += ["", "setlocal commentstring=//\\ %s", "let b:current_syntax = \"vdl\""]
    return lines.joined(separator: "\n") + "\n"
  }
}

private struct TextMateGrammar: Encodable {
  let name: String
  let scopeName: String
  let fileTypes: [String]
  let patterns: [TextMatePattern]
}

private struct TextMatePattern: Encodable {
  struct Scope: Encodable {
    let name: String
    init(_ name: String) { self.name = name }
  }

  let match: String
  let name: String?
  let captures: [String: Scope]?

  init(_ match: String, name: String? = nil, captures: [String: Scope]? = nil) {
    self.match = match
    self.name = name
    self.captures = captures
  }
}
