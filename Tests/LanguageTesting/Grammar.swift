import Diagnostics
import VDL

/// A grammar in the notation of docs/language.md: `{ a }` repeats, `[ a ]` is optional, `"a"` stands for itself.
public struct Grammar: Sendable {
  /// The right side of a rule.
  public indirect enum Form: Sendable {
    case terminal(String)
    case rule(String)
    case sequence([Form])
    case choice([Form])
    case optional(Form)
    case repeated(Form)
  }

  public struct Mistake: Error, CustomStringConvertible {
    public let description: String
  }

  /// The rules by their names, and the name of the first.
  public private(set) var rules: [String: Form] = [:]
  public private(set) var start = ""

  public init(_ text: String) throws {
    var reader = Reader(words: Self.words(of: text))
    while !reader.isAtEnd {
      let name = try reader.take()
      try reader.expect("=")
      rules[name] = try reader.choice()
      try reader.expect(";")
      if start.isEmpty { start = name }
    }
  }

  /// Names that a rule uses and no rule defines: the kinds of tokens.
  public var undefined: Set<String> {
    var names: Set<String> = []
    func visit(_ form: Form) {
      switch form {
      case .terminal: break
      case .rule(let name): if rules[name] == nil { names.insert(name) }
      case .sequence(let forms), .choice(let forms): forms.forEach(visit)
      case .optional(let inner), .repeated(let inner): visit(inner)
      }
    }
    rules.values.forEach(visit)
    return names
  }

  private static func words(of text: String) -> [String] {
    text.matches(of: /"[^"]*"|'[^']*'|\w+|[={}\[\]()|;]/).map { String($0.output) }
  }

  private struct Reader {
    let words: [String]
    var index = 0

    var isAtEnd: Bool { index >= words.count }
    private var next: String { isAtEnd ? "" : words[index] }

    mutating func take() throws -> String {
      guard !isAtEnd else { throw Mistake(description: "the grammar ends too early") }
      defer { index += 1 }
      return words[index]
    }

    mutating func expect(_ word: String) throws {
      let found = try take()
      guard found == word else { throw Mistake(description: "expected \(word), found \(found)") }
    }

    mutating func choice() throws -> Form {
      var forms = [try sequence()]
      while next == "|" {
        index += 1
        forms.append(try sequence())
      }
      return forms.count == 1 ? forms[0] : .choice(forms)
    }

    private mutating func sequence() throws -> Form {
      var forms: [Form] = []
      while !["|", ")", "]", "}", ";", ""].contains(next) { forms.append(try item()) }
      return .sequence(forms)
    }

    private mutating func item() throws -> Form {
      let word = try take()
      let closing = ["(": ")", "[": "]", "{": "}"]
      if let close = closing[word] {
        let inner = try choice()
        try expect(close)
        return word == "(" ? inner : word == "[" ? .optional(inner) : .repeated(inner)
      }
      if word.hasPrefix("\"") || word.hasPrefix("'") { return .terminal(String(word.dropFirst().dropLast())) }
      return .rule(word)
    }
  }
}

/// Makes sentences of a grammar.
public struct SentenceMaker {
  private let grammar: Grammar
  /// Words for the kinds of tokens that no rule defines.
  private let words: (String, inout TestGenerator) -> String
  public private(set) var generator: TestGenerator
  /// How deep rules may be nested before the shortest way out is taken.
  private let depthLimit: Int
  /// How deep the rules have to be nested at least.
  private var depths: [String: Int] = [:]

  public init(
    _ grammar: Grammar, seed: UInt64, depthLimit: Int = 40,
    words: @escaping (String, inout TestGenerator) -> String
  ) {
    self.grammar = grammar
    self.words = words
    self.depthLimit = depthLimit
    generator = TestGenerator(state: seed)
    for _ in grammar.rules { for (name, form) in grammar.rules { depths[name] = depth(of: form) } }
  }

  private func depth(of form: Grammar.Form) -> Int {
    switch form {
    case .terminal, .optional, .repeated: 0
    case .rule(let name): 1 + (grammar.rules[name] == nil ? 0 : depths[name] ?? grammar.rules.count)
    case .sequence(let forms): forms.map(depth).max() ?? 0
    case .choice(let forms): forms.map(depth).min() ?? 0
    }
  }

  /// The words of a sentence.
  public mutating func sentence(of rule: String? = nil) -> [String] {
    var result: [String] = []
    expand(.rule(rule ?? grammar.start), depth: 0, &result)
    return result
  }

  private mutating func expand(_ form: Grammar.Form, depth: Int, _ result: inout [String]) {
    let isDeep = depth > depthLimit
    switch form {
    case .terminal(let word): result.append(word)
    case .rule(let name):
      if let inner = grammar.rules[name] {
        expand(inner, depth: depth + 1, &result)
      } else {
        result.append(words(name, &generator))
      }
    case .sequence(let forms): for inner in forms { expand(inner, depth: depth, &result) }
    case .choice(let forms):
      let shortest = forms.indices.min { self.depth(of: forms[$0]) < self.depth(of: forms[$1]) } ?? 0
      let choice = isDeep ? shortest : Int.random(in: forms.indices, using: &generator)
      expand(forms[choice], depth: depth + 1, &result)
    case .optional(let inner):
      if !isDeep, Bool.random(using: &generator) { expand(inner, depth: depth + 1, &result) }
    case .repeated(let inner):
      guard !isDeep else { return }
      for _ in 0..<[0, 0, 1, 1, 2, 4][Int.random(in: 0..<6, using: &generator)] {
        expand(inner, depth: depth + 1, &result)
      }
    }
  }
}

/// Says whether a grammar has a sentence (Earley 1970; nullable rules as Aycock and Horspool 2002).
public struct Recognizer: Sendable {
  private enum Symbol: Hashable {
    case terminal(String)
    case rule(Int)
  }

  private var productions: [(rule: Int, symbols: [Symbol])] = []
  private var productionsOf: [[Int]] = []
  private var numbers: [String: Int] = [:]
  private var nullable: Set<Int> = []
  private let start: Int

  public init(_ grammar: Grammar) {
    start = 0
    _ = number(of: grammar.start)
    for (name, form) in grammar.rules.sorted(by: { $0.key < $1.key }) {
      let rule = number(of: name)
      let alternatives: [Grammar.Form] = if case .choice(let forms) = form { forms } else { [form] }
      for alternative in alternatives { add(rule, symbols(of: alternative, grammar)) }
    }
    var count = -1
    while count != nullable.count {
      count = nullable.count
      for production in productions {
        let isNullable = production.symbols.allSatisfy {
          if case .rule(let rule) = $0 { nullable.contains(rule) } else { false }
        }
        if isNullable { nullable.insert(production.rule) }
      }
    }
  }

  private mutating func number(of name: String) -> Int {
    if let known = numbers[name] { return known }
    numbers[name] = productionsOf.count
    productionsOf.append([])
    return productionsOf.count - 1
  }

  private mutating func add(_ rule: Int, _ symbols: [Symbol]) {
    productionsOf[rule].append(productions.count)
    productions.append((rule, symbols))
  }

  private mutating func symbols(of form: Grammar.Form, _ grammar: Grammar) -> [Symbol] {
    switch form {
    case .terminal(let word): return [.terminal(word)]
    case .rule(let name): return [grammar.rules[name] == nil ? .terminal(name) : .rule(number(of: name))]
    case .sequence(let forms): return forms.flatMap { symbols(of: $0, grammar) }
    case .choice(let forms):
      let rule = number(of: "(\(productionsOf.count))")
      for inner in forms { add(rule, symbols(of: inner, grammar)) }
      return [.rule(rule)]
    case .optional(let inner): return symbols(of: .choice([.sequence([]), inner]), grammar)
    case .repeated(let inner):
      let rule = number(of: "(\(productionsOf.count))")
      add(rule, [])
      add(rule, symbols(of: inner, grammar) + [.rule(rule)])
      return [.rule(rule)]
    }
  }

  private struct Item: Hashable {
    var production: Int
    var position: Int
    var origin: Int
  }

  /// - Parameter tokens: for each token the terminals that it may stand for.
  public func accepts(_ tokens: [Set<String>]) -> Bool {
    var sets: [[Item]] = Array(repeating: [], count: tokens.count + 1)
    var known: [Set<Item>] = Array(repeating: [], count: tokens.count + 1)
    func add(_ item: Item, at index: Int) {
      if known[index].insert(item).inserted { sets[index].append(item) }
    }
    for production in productionsOf[start] { add(Item(production: production, position: 0, origin: 0), at: 0) }
    for index in 0...tokens.count {
      var next = 0
      while next < sets[index].count {
        let item = sets[index][next]
        next += 1
        let symbols = productions[item.production].symbols
        var moved = item
        moved.position += 1
        guard item.position < symbols.count else {
          let rule = productions[item.production].rule
          for waiting in sets[item.origin] {
            let symbols = productions[waiting.production].symbols
            guard waiting.position < symbols.count, symbols[waiting.position] == .rule(rule) else { continue }
            add(
              Item(
                production: waiting.production, position: waiting.position + 1, origin: waiting.origin),
              at: index)
          }
          continue
        }
        switch symbols[item.position] {
        case .terminal(let word):
          if index < tokens.count, tokens[index].contains(word) { add(moved, at: index + 1) }
        case .rule(let rule):
          for production in productionsOf[rule] {
            add(Item(production: production, position: 0, origin: index), at: index)
          }
          if nullable.contains(rule) { add(moved, at: index) }
        }
      }
    }
    return sets[tokens.count].contains { item in
      let production = productions[item.production]
      return item.origin == 0 && production.rule == start && item.position == production.symbols.count
    }
  }
}
