import Diagnostics
import Foundation
import LanguageTesting
import Testing
import VDL

/// The grammar of docs/language.md and the parser have the same texts.
@Suite struct GrammarTests {
  private static let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../docs/language.md")

  /// The grammars of the document: of sentences, of words.
  private static func grammars() throws -> [Grammar] {
    let text = try String(contentsOf: document, encoding: .utf8)
    return try text.matches(of: /```ebnf\n(.*?)```/.dotMatchesNewlines()).map {
      try Grammar(String($0.output.1))
    }
  }

  /// Stands for a line's end that ends something.
  private static let mark = "\n"

  private static func words(_ kind: String, _ generator: inout TestGenerator) -> String {
    let known: [String: [String]] = [
      "name": ["a", "h", "x", "down", "conv", "with", "from", "frozen", "same", "Beta_2", "_1", "end", "name"],
      "number": ["0", "3", "28", "0.5", "1e-3", "2.5E+4"], "string": ["\"\"", "\"a b.vdl\"", "\"=\""],
      "keyword": Keyword.allCases.map(\.rawValue), LineEnds.end: [mark],
    ]
    return known[kind]?.randomElement(using: &generator) ?? "?"
  }

  /// A sentence as text, with line breaks, blank lines and comments wherever they may stand.
  private static func text(of words: [String], _ generator: inout TestGenerator) -> String {
    var text = ""
    var lines = LineEnds.Tracker()
    for (index, word) in words.enumerated() {
      if word == mark {
        let isLast = index + 1 < words.count && words[index + 1] == "}"
        text += isLast && Bool.random(using: &generator) ? " " : breaks.randomElement(using: &generator) ?? "\n"
        lines.endStatement()
        continue
      }
      if index > 0, lines.isSpace(before: word), Int.random(in: 0..<6, using: &generator) == 0 {
        text += breaks.randomElement(using: &generator) ?? "\n"
      } else {
        text += " "
      }
      text += word
      lines.advance(word)
    }
    return text
  }

  private static let breaks = ["\n", "\n", "\n\n", "  // a comment\n", "\r\n\t", "\n/// documentation\n"]

  private func errors(_ text: String) -> DiagnosticList {
    do {
      _ = try parseModel(SourceText(name: "sentence.vdl", text: text))
      return DiagnosticList([])
    } catch {
      return error
    }
  }

  @Test func theGrammarIsComplete() throws {
    let grammars = try Self.grammars()
    try #require(grammars.count == 2)
    #expect(grammars[0].undefined == ["name", "number", "string", "keyword", LineEnds.end])
    #expect(grammars[1].undefined == ["letter", "digit", "character"])
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func sentencesOfTheGrammarAreParsed(seed: UInt64) throws {
    let grammar = try #require(try Self.grammars().first)
    var maker = SentenceMaker(grammar, seed: seed, depthLimit: 24, words: Self.words)
    var generator = TestGenerator(state: seed)
    for _ in 0..<100 {
      let text = Self.text(of: maker.sentence(), &generator)
      let found = errors(text)
      // The limits of the parser are not the grammar's.
      let limits = ["nested deeper", "at most"]
      let faults = found.diagnostics.filter { fault in !limits.contains { fault.message.contains($0) } }
      #expect(faults.isEmpty, "seed \(seed): \(faults) in\n\(text)")
    }
  }

  /// The other direction: what the parser accepts is a sentence of the grammar, and what it refuses is none.
  @Test(arguments: Models.names, 0..<4 as Range<UInt64>)
  func changedModelsAreParsedExactlyWhereTheyAreSentences(model: String, seed: UInt64) throws {
    let grammar = try #require(try Self.grammars().first)
    let recognizer = Recognizer(grammar)
    let tokens = lex(try Models.source(model)).tokens
    #expect(recognizer.accepts(LineEnds.terminals(of: tokens)))
    var generator = TestGenerator(state: seed)
    var counts = [true: 0, false: 0]
    for _ in 0..<100 {
      let changes = Mutation.changes(of: tokens, count: 1...1, &generator)
      try compare(Mutation.text(of: tokens, replacing: changes), recognizer, &counts, seed)
    }
    #expect(counts[true, default: 0] > 0 && counts[false, default: 0] > 20, "seed \(seed): \(counts)")
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func changedSentencesAreParsedExactlyWhereTheyAreSentences(seed: UInt64) throws {
    let grammar = try #require(try Self.grammars().first)
    let recognizer = Recognizer(grammar)
    var maker = SentenceMaker(grammar, seed: seed, depthLimit: 12, words: Self.words)
    var generator = TestGenerator(state: seed)
    var counts = [true: 0, false: 0]
    for _ in 0..<200 {
      let text = Self.text(of: maker.sentence(), &generator)
      guard text.utf8.count < 1500 else { continue }
      try compare(
        Mutation.tokens(of: text, changes: 0...2, &generator), recognizer, &counts, seed)
    }
    #expect(counts[true, default: 0] > 20 && counts[false, default: 0] > 20, "seed \(seed): \(counts)")
  }

  private func compare(
    _ text: String, _ recognizer: Recognizer, _ counts: inout [Bool: Int], _ seed: UInt64
  ) throws {
    let lexed = lex(SourceText(name: "mutant.vdl", text: text))
    // Characters that make no token are not the grammar's concern.
    guard lexed.diagnostics.isEmpty else { return }
    let found = errors(text)
    let isSentence = recognizer.accepts(LineEnds.terminals(of: lexed.tokens))
    counts[isSentence, default: 0] += 1
    let isLimit = found.diagnostics.contains { $0.message.contains("nested deeper") }
    #expect(
      isSentence == found.diagnostics.isEmpty || isLimit,
      "seed \(seed), \(isSentence ? "is" : "is not") a sentence, \(found.diagnostics.map(\.message)):\n\(text)")
  }

  /// The words of the second grammar are single tokens of their kind.
  @Test(arguments: ["name", "number", "string"])
  func wordsOfTheGrammarAreTokens(rule: String) throws {
    let grammar = try #require(try Self.grammars().last)
    let characters: [String: String] = ["letter": "abeEzAZ", "digit": "0123456789", "character": "aé |>/=#"]
    var maker = SentenceMaker(grammar, seed: 7) { kind, generator in
      characters[kind]?.randomElement(using: &generator).map(String.init) ?? "?"
    }
    for _ in 0..<500 {
      let word = maker.sentence(of: rule).joined()
      let lexed = lex(SourceText(name: "word.vdl", text: word))
      let isTooLarge = lexed.diagnostics.contains { $0.message.hasSuffix("is too large") }
      #expect(lexed.diagnostics.isEmpty || isTooLarge, "\(word): \(lexed.diagnostics)")
      try #require(lexed.tokens.count == 2, "\(word)")
      switch lexed.tokens[0].kind {
      case .identifier, .keyword: #expect(rule == "name")
      case .integer, .real: #expect(rule == "number")
      case .string: #expect(rule == "string")
      default: Issue.record("\(word) is \(lexed.tokens[0].kind)")
      }
    }
  }
}
