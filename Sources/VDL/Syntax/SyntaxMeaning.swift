import Diagnostics

extension ModelSyntax {
  /// The tree as text, without places: equal for two texts exactly where they mean the same.
  ///
  ///     /// Convolutional VAE for 28x28 grey images.
  ///     model convvae
  ///       config hidden = 100
  ///       encoder (x) -> z
  ///         let h = (|> x (conv 32 kernel: 3) relu)
  ///         z ~ (normal mean: (|> h (dense 2)) logvar: (|> h (dense 2)))
  ///
  /// An operator, a layer or a function stands before what it is applied to.
  public var meaning: String {
    var printer = MeaningPrinter()
    printer.model(self)
    return printer.lines.joined(separator: "\n") + "\n"
  }
}

private struct MeaningPrinter {
  private(set) var lines: [String] = []
  private var indent = ""

  mutating func model(_ node: ModelSyntax) {
    add("model \(node.name.text)", node.documentation)
    nested { printer in
      for declaration in node.declarations { printer.declaration(declaration) }
    }
  }

  private mutating func add(_ line: String, _ documentation: String?) {
    for text in documentation?.split(separator: "\n", omittingEmptySubsequences: false) ?? [] {
      // Space at the end of a line is no part of its meaning.
      lines.append(indent + trimmed("/// \(text)"))
    }
    lines.append(indent + line)
  }

  private func trimmed(_ line: String) -> String {
    String(line.reversed().drop(while: \.isWhitespace).reversed())
  }

  private mutating func nested(_ body: (inout MeaningPrinter) -> Void) {
    indent += "  "
    body(&self)
    indent.removeLast(2)
  }

  private mutating func declaration(_ declaration: Declaration) {
    switch declaration {
    case .config(let node): add("config \(node.name.text) = \(text(node.value))", node.documentation)
    case .hyper(let node): add("hyper \(node.name.text) = \(text(node.value))", node.documentation)
    case .input(let node):
      let extents = node.type.extents.map(text).joined(separator: ", ")
      let operations = node.operations.map { " \(text($0))" }.joined()
      let type = "\(node.type.name.text)[\(extents)]"
      add(
        "input \(node.name.text) : " + (operations.isEmpty ? type : "(|> \(type)\(operations))"),
        node.documentation)
    case .block(let node):
      add("block \(node.name.text)(\(list(node.parameters))) = \(text(node.body))", node.documentation)
    case .shared(let node): add("shared \(node.name.text) = \(text(node.layer))", node.documentation)
    case .scope(let node): scope(node)
    case .corrupt(let node):
      add("corrupt \(node.input.text) with \(text(node.corruption))", node.documentation)
    case .objective(let node): add("\(node.direction.rawValue) \(text(node.value))", node.documentation)
    case .use(let node):
      let frozen = node.isFrozen ? " frozen" : ""
      add("use \(node.part.rawValue) from \"\(node.file.text)\"\(frozen)", node.documentation)
    case .train(let node):
      add("train", node.documentation)
      nested { printer in
        for setting in node.settings {
          printer.add("\(setting.name.text): \(printer.text(setting.value))", nil)
        }
      }
    }
  }

  private mutating func scope(_ node: ScopeDeclaration) {
    let header = node.isShort ? "" : " (\(list(node.parameters))) -> \(list(node.results))"
    add(node.kind.rawValue + header, node.documentation)
    nested { printer in
      for statement in node.statements { printer.statement(statement) }
    }
  }

  private mutating func statement(_ statement: Statement) {
    switch statement {
    case .binding(let node):
      add("\(node.isLet ? "let " : "")\(node.name.text) = \(text(node.value))", node.documentation)
    case .draw(let node): add("\(node.name.text) ~ \(text(node.distribution))", node.documentation)
    }
  }

  private func list(_ names: [Name]) -> String { names.map(\.text).joined(separator: ", ") }

  private func text(_ expression: Expression) -> String {
    switch expression {
    case .number(let node): node.text
    case .string(let node): "\"\(node.text)\""
    case .name(let node): node.text
    case .call(let node): text(node)
    case .negation(let node): "(- \(text(node.operand)))"
    case .binary(let node): "(\(node.operation.rawValue) \(text(node.left)) \(text(node.right)))"
    case .pipeline(let node):
      "(|> \(text(node.source)) \(node.stages.map { text($0) }.joined(separator: " ")))"
    case .parenthesized(let node): "(\(text(node.content)))"
    }
  }

  private func text(_ call: Call) -> String {
    let arguments = call.arguments.map { argument in
      (argument.label.map { "\($0.text): " } ?? "") + text(argument.value)
    }
    let words = ([call.name.text] + arguments).joined(separator: " ")
    return (call.hasParentheses ? "(\(words))" : words) + (call.alias.map { " as \($0.text)" } ?? "")
  }
}
