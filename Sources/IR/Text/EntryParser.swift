import Diagnostics

/// Parses one entry from behind its name. Values get their numbers in the order of `Entry.renumbered`.
struct EntryParser {
  private(set) var entry: Entry
  private(set) var cursor: TokenCursor
  private(set) var diagnostics: [Diagnostic] = []
  private let globals: [String: Global]
  private let sourceFile: String
  private let room: Int
  private var values: [String: ValueID] = [:]

  /// - Parameter room: how many more diagnostics are wanted.
  init(_ name: String, _ module: Module, _ cursor: TokenCursor, room: Int) {
    entry = Entry(name: name)
    self.cursor = cursor
    self.room = room
    globals = Dictionary(module.globals.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    sourceFile = module.sourceFile
  }

  mutating func run() throws(Diagnostic) {
    try parseArguments()
    try cursor.expect("{", "and the operations")
    while !cursor.isNext("return"), diagnostics.count < room {
      guard cursor.next.kind == .value else {
        throw cursor.expected("an operation, which begins with '%', or 'return'")
      }
      do { try parseOperation() } catch {
        diagnostics.append(error)
        skipStatement()
      }
    }
    guard diagnostics.count < room else { return }
    try parseResults()
    try cursor.expect("}", "or ',' and another result")
  }

  /// Goes on to the next line that begins a statement or a declaration of the module.
  private mutating func skipStatement() {
    while !cursor.isAtEnd {
      let token = cursor.next
      let begins = token.kind == .value || ["return", "}", "entry"].contains(token.text)
      if token.isFirstOnLine, begins { return }
      cursor.advance()
    }
  }

  // MARK: Values

  /// Defines a value under a name that is not taken yet. All-digit names are those of values without one.
  @discardableResult
  private mutating func define(_ token: TextToken, _ type: TensorType?) throws(Diagnostic) -> ValueID {
    guard values[token.text] == nil else {
      throw cursor.error("there are two values %\(token.text)", at: token)
    }
    let isNumbered = token.text.utf8.first?.isDigit ?? true
    let value = entry.addValue(Value(name: isNumbered ? nil : token.text, type: type))
    values[token.text] = value
    return value
  }

  /// A use of a value or a global.
  private mutating func operand() throws(Diagnostic) -> ValueID {
    let token = cursor.next
    switch token.kind {
    case .value:
      guard let value = values[token.text] else {
        let match = closestMatch(to: token.text, in: values.keys)
        throw cursor.error(
          "%\(token.text) is not defined before it is used", at: token,
          note: match.map { "did you mean '%\($0)'?" })
      }
      cursor.advance()
      return value
    case .global:
      guard let global = globals[token.text] else {
        let match = closestMatch(to: token.text, in: globals.keys)
        throw cursor.error(
          "there is no global @\(token.text)", at: token, note: match.map { "did you mean '@\($0)'?" })
      }
      cursor.advance()
      return entry.reference(to: global)
    default: throw cursor.expected("a value such as %z or @weight")
    }
  }

  // MARK: Arguments

  private mutating func parseArguments() throws(Diagnostic) {
    try cursor.expect("(", "and the arguments")
    while !cursor.isNext(")") {
      if !entry.arguments.isEmpty { try cursor.expect(",", "or ')'") }
      let word = try cursor.expect(.word, "the role of an argument")
      guard let role = ArgumentRole(rawValue: word.text) else {
        let match = closestMatch(to: word.text, in: ArgumentRole.allCases.map(\.rawValue))
        throw cursor.error(
          "an argument has no role '\(word.text)'", at: word, note: match.map { "did you mean '\($0)'?" })
      }
      let name = try cursor.expect(.value, "the argument's name with '%'")
      try cursor.expect(":", "and the type")
      let value = try define(name, try cursor.type())
      entry.arguments.append(Argument(role: role, value: value))
    }
    cursor.advance()
  }

  // MARK: Operations

  /// `%a, %b = op %x, @w {attribute = value} : type, type  at 1:2-3`.
  private mutating func parseOperation() throws(Diagnostic) {
    var names: [TextToken] = []
    repeat {
      names.append(try cursor.expect(.value, "the name of a result"))
    } while cursor.accept(",")
    do { try parseOperation(results: names) } catch {
      // What the operation would have defined counts as defined: one fault is reported once.
      for name in names where values[name.text] == nil { try define(name, nil) }
      throw error
    }
  }

  private mutating func parseOperation(results names: [TextToken]) throws(Diagnostic) {
    try cursor.expect("=")
    let op = try cursor.expect(.word, "the name of an op")
    guard let definition = OpTable.standard[op.text] else {
      let match = closestMatch(to: op.text, in: OpTable.standard.definitions.map(\.name))
      throw cursor.error("there is no op '\(op.text)'", at: op, note: match.map { "did you mean '\($0)'?" })
    }
    var operands: [ValueID] = []
    if cursor.next.kind == .value || cursor.next.kind == .global {
      repeat { operands.append(try operand()) } while cursor.accept(",")
    }
    guard operands.count >= definition.requiredOperandCount, operands.count <= definition.operands.count else {
      throw cursor.error("'\(op.text)' takes \(definition.operandCountText), not \(operands.count)", at: op)
    }
    let attributes = try attributes(of: definition, at: op)
    try cursor.expect(":", "and the type of the result")
    var types: [TensorType?] = []
    repeat { types.append(try cursor.type()) } while cursor.accept(",")
    guard names.count == definition.results.count, types.count == names.count else {
      let count = definition.results.count
      throw cursor.error(
        "'\(op.text)' has \(count) result\(count == 1 ? "" : "s"), not \(names.count) names and \(types.count) types",
        at: op)
    }
    let sources = try cursor.sources(of: op, file: sourceFile)
    var results: [ValueID] = []
    for (name, type) in zip(names, types) { results.append(try define(name, type)) }
    entry.operations.append(Operation(op.text, operands, attributes, results: results, sources: sources))
  }

  private mutating func attributes(of op: OpDefinition, at place: TextToken) throws(Diagnostic) -> Attributes {
    var attributes = Attributes()
    if cursor.accept("{") {
      repeat {
        let name = try cursor.expect(.word, "the name of an attribute")
        guard let definition = op.attribute(name.text) else {
          let match = closestMatch(to: name.text, in: op.attributes.map(\.name))
          throw cursor.error(
            "'\(op.name)' has no attribute '\(name.text)'", at: name,
            note: match.map { "did you mean '\($0)'?" })
        }
        guard attributes[name.text] == nil else {
          throw cursor.error("'\(name.text)' is given twice", at: name)
        }
        try cursor.expect("=")
        attributes[name.text] = try attribute(definition.kind)
      } while cursor.accept(",")
      try cursor.expect("}", "or ',' and another attribute")
    }
    let completed = op.completed(attributes)
    for definition in op.attributes where completed[definition.name] == nil {
      throw cursor.error(
        "'\(op.name)' needs the attribute '\(definition.name)': \(definition.summary)", at: place)
    }
    return completed
  }

  private mutating func attribute(_ kind: AttributeKind) throws(Diagnostic) -> Attribute {
    switch kind {
    case .int: return .int(try cursor.integer())
    case .float: return .float(try cursor.number())
    case .layout: return .layout(try cursor.layout())
    case .formula: return .formula(try cursor.formula())
    case .symbol:
      guard cursor.next.kind == .word || cursor.next.kind == .string else { throw cursor.expected("a word") }
      return .symbol(cursor.advance().text)
    case .ints:
      try cursor.expect("[", "and a list of whole numbers")
      var numbers: [Int] = []
      while !cursor.isNext("]") {
        if !numbers.isEmpty { try cursor.expect(",", "or ']'") }
        numbers.append(try cursor.integer())
      }
      cursor.advance()
      return .ints(numbers)
    }
  }

  // MARK: Results

  private mutating func parseResults() throws(Diagnostic) {
    try cursor.expect("return")
    guard !cursor.isNext("}") else { return }
    repeat {
      let target = try target()
      try cursor.expect("=", "and the result's value")
      entry.results.append(EntryResult(target, try operand()))
    } while cursor.accept(",")
  }

  private mutating func target() throws(Diagnostic) -> ResultTarget {
    if cursor.next.kind == .global { return .global(cursor.advance().text) }
    let kinds = ["metric", "latent", "image", "probabilities", "gradient"]
    let word = try cursor.expect(.word, "the kind of a result or a global")
    guard kinds.contains(word.text) else {
      let match = closestMatch(to: word.text, in: kinds)
      throw cursor.error(
        "there are no results of kind '\(word.text)'", at: word,
        note: match.map { "did you mean '\($0)'?" } ?? "one of \(kinds.joined(separator: ", ")), or @NAME")
    }
    let name = try cursor.expect(.word, "the result's name").text
    switch word.text {
    case "metric": return .metric(name)
    case "latent": return .latent(name)
    case "image": return .image(name)
    case "probabilities": return .probabilities(name)
    default: return .gradient(name)
    }
  }
}
