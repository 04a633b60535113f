import Diagnostics
import Foundation
import IR
import LanguageTesting
import Testing
import VDL

/// The files in docs/editors against the compiler. Set VAEC_RECORD=1 to write them anew.
@Suite struct EditorGrammarTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../docs/editors")
  private static let isRecording = ProcessInfo.processInfo.environment["VAEC_RECORD"] == "1"

  private func file(_ path: String) throws -> Data {
    try Data(contentsOf: Self.folder.appendingPathComponent(path))
  }

  @Test func theTextMateGrammarIsCurrent() throws {
    if Self.isRecording {
      try Data(EditorGrammars.textMate.utf8).write(
        to: Self.folder.appendingPathComponent("vdl.tmLanguage.json"), options: .atomic)
    }
    let recorded = try JSONSerialization.jsonObject(with: file("vdl.tmLanguage.json")) as? NSDictionary
    let made = try JSONSerialization.jsonObject(with: Data(EditorGrammars.textMate.utf8)) as? NSDictionary
    #expect(recorded != nil && recorded == made, "run this test with VAEC_RECORD=1")
  }

  @Test func theVimSyntaxIsCurrent() throws {
    if Self.isRecording {
      try Data(EditorGrammars.vim.utf8).write(
        to: Self.folder.appendingPathComponent("vim/syntax/vdl.vim"), options: .atomic)
    }
    let recorded = String(decoding: try file("vim/syntax/vdl.vim"), as: UTF8.self)
    #expect(recorded == EditorGrammars.vim, "run this test with VAEC_RECORD=1")
    #expect(String(decoding: try file("vim/ftdetect/vdl.vim"), as: UTF8.self).contains("*.vdl"))
  }

  @Test(arguments: ["package.json", "language-configuration.json", "vdl.tmLanguage.json"])
  func theFilesForVisualStudioCodeAreJSON(name: String) throws {
    #expect(try JSONSerialization.jsonObject(with: file(name)) is [String: Any])
  }

  @Test func theExtensionNamesFilesThatAreThere() throws {
    let text = String(decoding: try file("package.json"), as: UTF8.self)
    let paths = text.matches(of: /"\.\/([^"]+)"/).map { String($0.output.1) }
    #expect(paths.count == 2)
    for path in paths { #expect(throws: Never.self) { try file(path) } }
  }

  /// Every token of the models has the scope of what it is, as an editor finds it: at each place the first pattern that matches
  /// earliest.
  @Test(arguments: Models.names)
  func tokensHaveTheScopesOfWhatTheyAre(model: String) throws {
    let highlighter = try Highlighter(EditorGrammars.textMate)
    let source = try Models.source(model)
    let lexed = lex(source)
    for (index, token) in lexed.tokens.enumerated() where token.kind != .endOfFile {
      let next = lexed.tokens[index + 1].kind
      let previous = index > 0 ? lexed.tokens[index - 1].kind : nil
      let scope = highlighter.scope(source, token.range)
      #expect(
        scope.map { expected(token, previous, next).contains($0) } ?? expected(token, previous, next).isEmpty,
        "\(token.text) at \(token.range.start) is \(scope ?? "nothing")")
    }
    for comment in lexed.comments {
      let scope = highlighter.scope(source, comment.range)
      #expect(scope?.hasPrefix("comment.line") == true, "\(comment.text)")
    }
  }

  /// The scopes that a token may have; none for those without one.
  private func expected(_ token: Token, _ previous: Token.Kind?, _ next: Token.Kind) -> [String] {
    switch token.kind {
    case .keyword: return ["keyword.control.vdl"]
    case .integer, .real: return ["constant.numeric.vdl"]
    case .string: return ["string.quoted.double.vdl"]
    case .endOfFile: return []
    case .punctuation(let sign):
      let operators: [Punctuation] = [.plus, .minus, .star, .slash, .equal, .tilde, .arrow, .pipe]
      return operators.contains(sign) ? ["keyword.operator.vdl"] : []
    case .identifier:
      if next == .punctuation(.colon) { return ["variable.parameter.vdl", "entity.name.vdl"] }
      if case .keyword(let word)? = previous {
        if [.model, .config, .hyper, .input, .block, .shared, .let].contains(word) {
          return ["entity.name.vdl"]
        }
      }
      let known = [
        "conv": "layer", "deconv": "layer", "dense": "layer",
        "flatten": "layer", "reshape": "layer", "batch_norm": "layer", "avg_pool": "layer",
        "concat": "layer", "dropout": "layer", "one_hot": "layer", "quantize": "layer",
        "loglik": "term", "kl": "term", "iwae": "term", "mse": "term", "sse": "term", "codebook": "term",
        "commitment": "term", "l1": "term", "jacobian": "term", "kl_sparsity": "term", "mmd": "term",
        "mutual_information": "term", "total_correlation": "term", "dimension_kl": "term", "abs": "term",
        "adam": "optimizer", "sgd": "optimizer", "rmsprop": "optimizer",
      ]
      let isActivation = OpTable.activations.contains { $0.name == token.text }
      if let group = isActivation ? "layer" : known[token.text] { return ["support.function.\(group).vdl"] }
      let others = [
        "normal": "support.class.distribution.vdl", "bernoulli": "support.class.distribution.vdl",
        "continuous_bernoulli": "support.class.distribution.vdl", "laplace": "support.class.distribution.vdl",
        "categorical": "support.class.distribution.vdl",
        "class": "support.type.vdl", "with": "keyword.other.vdl",
        "from": "keyword.other.vdl", "frozen": "keyword.other.vdl",
        "image": "support.type.vdl", "glorot_uniform": "support.constant.initializer.vdl",
      ]
      return others[token.text].map { [$0] } ?? []
    }
  }
}

/// What a TextMate grammar makes of a line.
private struct Highlighter {
  private let patterns: [(expression: NSRegularExpression, name: String?, captures: [Int: String])]

  init(_ text: String) throws {
    let grammar = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let list = try #require(grammar["patterns"] as? [[String: Any]])
    patterns = try list.map { pattern in
      let match = try #require(pattern["match"] as? String)
      let captures = pattern["captures"] as? [String: [String: String]] ?? [:]
      let named = captures.compactMap { key, value in
        Int(key).flatMap { number in value["name"].map { (number, $0) } }
      }
      return (
        try NSRegularExpression(pattern: match), pattern["name"] as? String,
        Dictionary(uniqueKeysWithValues: named)
      )
    }
  }

  /// The scope of the first character of a range.
  func scope(_ source: SourceText, _ range: SourceRange) -> String? {
    let line = source.line(range.start.line)
    let wanted = line.prefix(range.start.column - 1).utf16.count
    var offset = 0
    while true {
      let rest = NSRange(location: offset, length: line.utf16.count - offset)
      let found = patterns.compactMap { pattern in
        pattern.expression.firstMatch(in: line, range: rest).map { (pattern, $0) }
      }
      // Of those that begin at the same place, the first pattern.
      guard let first = found.min(by: { $0.1.range.location < $1.1.range.location }) else { return nil }
      let (pattern, match) = first
      if match.range.location > wanted { return nil }
      guard match.range.location + match.range.length <= wanted else {
        let capture = pattern.captures.first { NSLocationInRange(wanted, match.range(at: $0.key)) }
        return capture?.value ?? pattern.name
      }
      offset = match.range.location + max(1, match.range.length)
    }
  }
}
