import Diagnostics

extension Module {
  /// Reads the text form (see `text`). The module is built as it is written; ask the `Verifier` whether its types agree.
  ///
  /// - Parameter locatedInText: true to give operations and globals their places in this text in place of those that they
  ///   came from, so that what the verifier or a pass says of them points into the text at hand.
  /// - Throws: all that is wrong, each at its place in the text.
  public init(parsing source: SourceText, locatedInText: Bool = false) throws(DiagnosticList) {
    var parser = ModuleParser(source, locatedInText: locatedInText)
    parser.run()
    guard parser.diagnostics.isEmpty else { throw DiagnosticList(parser.diagnostics) }
    self = parser.module
  }
}

/// Parses the header and hands entries on to `EntryParser`. Behind a fault it goes on at the next line that begins a
/// declaration, so that one run reports all.
struct ModuleParser {
  /// No more are reported.
  static let maximumDiagnostics = 20

  private(set) var module = Module(name: "")
  private(set) var diagnostics: [Diagnostic]
  private var cursor: TokenCursor

  init(_ source: SourceText, locatedInText: Bool) {
    let lexer = TextLexer(source)
    cursor = TokenCursor(source, lexer.tokens, locatedInText: locatedInText)
    diagnostics = Array(lexer.diagnostics.prefix(Self.maximumDiagnostics))
  }

  private static let declarations = [
    "source", "config", "hyper", "class", "train", "parameter", "statistic", "frozen", "state",
    "entry",
  ]

  mutating func run() {
    do {
      try cursor.expect("module", "at the beginning")
      module.name = try cursor.expect(.word, "the module's name").text
    } catch { diagnostics.append(error) }
    while !cursor.isAtEnd, diagnostics.count < Self.maximumDiagnostics {
      do { try parseDeclaration() } catch {
        diagnostics.append(error)
        while !cursor.isAtEnd, !(cursor.next.isFirstOnLine && beginsDeclaration) { cursor.advance() }
      }
    }
  }

  private var beginsDeclaration: Bool {
    cursor.next.kind == .word && Self.declarations.contains(cursor.next.text)
  }

  private mutating func parseDeclaration() throws(Diagnostic) {
    let keyword = cursor.next
    guard beginsDeclaration else {
      let match = closestMatch(to: keyword.text, in: Self.declarations)
      throw cursor.error(
        "expected a declaration, not \(keyword.description)", at: keyword,
        note: match.map { "did you mean '\($0)'?" } ?? "one of \(Self.declarations.joined(separator: ", "))")
    }
    cursor.advance()
    switch keyword.text {
    case "source": module.sourceFile = try cursor.expect(.string, "the file's name in quotes").text
    case "config": try module.configuration.append(namedNumber(unlike: module.configuration))
    case "hyper": try module.hypers.append(namedNumber(unlike: module.hypers))
    case "class": try module.classes.append(namedNumber(unlike: module.classes))
    case "train": try parseTraining()
    case "parameter": try parseGlobal(.parameter)
    case "statistic": try parseGlobal(.statistic)
    case "frozen": try parseGlobal(.frozen)
    case "state": try parseGlobal(.state)
    default: try parseEntry()
    }
  }

  private mutating func namedNumber(unlike known: [NamedNumber]) throws(Diagnostic) -> NamedNumber {
    let name = try cursor.expect(.word, "a name")
    guard !known.contains(where: { $0.name == name.text }) else {
      throw cursor.error("'\(name.text)' is there already", at: name)
    }
    try cursor.expect("=")
    return NamedNumber(name.text, try cursor.number())
  }

  private mutating func parseTraining() throws(Diagnostic) {
    repeat {
      let field = try cursor.expect(.word, "a default of training")
      try cursor.expect("=")
      switch field.text {
      case "optimizer": module.training.optimizer = try cursor.expect(.word, "the optimizer's name").text
      case "rate": module.training.rate = try cursor.number()
      case "decay": module.training.decay = try cursor.number()
      case "clip": module.training.clip = try cursor.number()
      case "batch": module.training.batch = try cursor.positive("a batch")
      case "epochs": module.training.epochs = try cursor.positive("a number of epochs")
      default:
        let match = closestMatch(to: field.text, in: ["optimizer", "rate", "decay", "clip", "batch", "epochs"])
        throw cursor.error(
          "training has no default '\(field.text)'", at: field, note: match.map { "did you mean '\($0)'?" })
      }
    } while cursor.accept(",")
  }

  private mutating func parseGlobal(_ kind: Global.Kind) throws(Diagnostic) {
    let name = try cursor.expect(.global, "a name with '@'")
    guard module.global(name.text) == nil else {
      throw cursor.error("there are two of @\(name.text)", at: name)
    }
    try cursor.expect(":", "and the type")
    let place = cursor.next
    guard let type = try cursor.type() else {
      throw cursor.error("a global has a type, if perhaps with extents '?'", at: place)
    }
    try cursor.expect("init", "and how the global begins")
    let initializer = try initializer()
    module.globals.append(
      Global(
        name: name.text, kind: kind, type: type, initializer: initializer,
        sources: try cursor.sources(of: name, file: module.sourceFile)))
  }

  private mutating func initializer() throws(Diagnostic) -> Initializer {
    let name = try cursor.expect(.word, "an initializer")
    try cursor.expect("(", "behind the initializer")
    let initializer: Initializer
    if name.text == "constant" {
      initializer = .constant(try cursor.number())
    } else if name.text == "normal" {
      initializer = .normal(standardDeviation: try cursor.number())
    } else if let scale = InitializerScale(rawValue: name.text) {
      initializer = .scaled(scale, of: try cursor.expect(.global, "the weight's name").text)
    } else {
      let known = ["constant", "normal"] + InitializerScale.allCases.map(\.rawValue)
      let match = closestMatch(to: name.text, in: known)
      throw cursor.error(
        "there is no initializer '\(name.text)'", at: name,
        note: match.map { "did you mean '\($0)'?" } ?? "one of \(known.joined(separator: ", "))")
    }
    try cursor.expect(")", "behind the initializer's argument")
    return initializer
  }

  private mutating func parseEntry() throws(Diagnostic) {
    let name = try cursor.expect(.global, "the entry's name with '@'")
    guard module.entry(name.text) == nil else {
      throw cursor.error("there are two entries @\(name.text)", at: name)
    }
    var parser = EntryParser(name.text, module, cursor, room: Self.maximumDiagnostics - diagnostics.count)
    // What the entry's parser has consumed and found holds where it throws, too.
    defer {
      cursor = parser.cursor
      diagnostics += parser.diagnostics
      module.entries.append(parser.entry)
    }
    try parser.run()
  }
}
