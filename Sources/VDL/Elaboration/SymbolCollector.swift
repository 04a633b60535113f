import Diagnostics
import IR

/// Names that numbers of the training have among the hypers.
private let trainingHyperNames: Set<String> = ["decay", "clip"]

/// Fills the symbols from the declarations.
struct SymbolCollector {
  var symbols: ModelSymbols
  let diagnostics: DiagnosticCollector
  let settings: [String: String]
  /// What stands before the names of the settings on the command line: `encoder.` for those of the model that the encoder is of.
  let settingsPrefix: String
  private var taken: [String: SourceRange] = [:]

  init(
    _ syntax: ModelSyntax, settings: [String: String], prefix: String = "", diagnostics: DiagnosticCollector
  ) {
    symbols = ModelSymbols(syntax: syntax)
    self.settings = settings
    settingsPrefix = prefix
    self.diagnostics = diagnostics
  }

  mutating func run() {
    for declaration in symbols.syntax.declarations { add(declaration) }
    for case .use(let node) in symbols.syntax.declarations { addPart(node) }
    let known = symbols.allConfigNames
    for name in settings.keys.sorted() where !known.contains(name) {
      // Names of a used model's configs are told where that model is looked at.
      let parts = symbols.parts.keys.map { "\($0.rawValue)." }
      guard !parts.contains(where: { name.hasPrefix($0) }) else { continue }
      let notes = DiagnosticCollector.suggestion(
        for: settingsPrefix + name, in: known.map { settingsPrefix + $0 })
      let list = known.isEmpty ? "none" : known.map { settingsPrefix + $0 }.joined(separator: ", ")
      diagnostics.report(
        "the model has no config '\(settingsPrefix)\(name)' to set", at: nil,
        notes: notes.isEmpty ? [.init("it has: \(list)")] : notes)
    }
    checkScopes()
    readSamples()
  }

  private mutating func add(_ declaration: Declaration) {
    switch declaration {
    case .config(let node): addConfig(node)
    case .hyper(let node): addHyper(node)
    case .input(let node): addInput(node)
    case .block(let node): addBlock(node)
    case .shared(let node): if claim(node.name, isLayer: true) { symbols.shared[node.name.text] = node }
    case .scope(let node): addScope(node)
    case .objective(let node):
      setOnce(\.objective, node, "an objective", at: node.range, first: symbols.objective?.range)
    case .train(let node): setOnce(\.train, node, "'train'", at: node.range, first: symbols.train?.range)
    case .corrupt(let node): addCorruption(node)
    case .use: break  // Their headers are looked at when all declarations are known.
    }
  }

  private func refuse(_ word: String, _ range: SourceRange) {
    diagnostics.report(PlannedConstructs.message(word), at: range)
  }

  mutating func setOnce<Node>(
    _ path: WritableKeyPath<ModelSymbols, Node?>, _ node: Node, _ what: String, at range: SourceRange,
    first: SourceRange?
  ) {
    if let first {
      diagnostics.report(
        "a model has \(what) only once", at: range, notes: [.init("the first is here", at: first)])
    } else {
      symbols[keyPath: path] = node
    }
  }

  /// Takes a name for a declaration; false, and reported, where it is taken.
  mutating func claim(_ name: Name, isLayer: Bool = false) -> Bool {
    if let first = taken[name.text] {
      diagnostics.report(
        "'\(name.text)' is declared twice", at: name.range, notes: [.init("the first is here", at: first)])
      return false
    }
    if isLayer, LayerTable.named(name.text) != nil {
      diagnostics.report("'\(name.text)' is a layer of the language", at: name.range)
      return false
    }
    taken[name.text] = name.range
    return true
  }

  private var evaluator: ConstantEvaluator {
    ConstantEvaluator(symbols: symbols, environment: Environment(), diagnostics: diagnostics)
  }

  private mutating func addConfig(_ node: ConstantDeclaration) {
    guard claim(node.name) else { return }
    var value: Constant?
    if let text = settings[node.name.text] {
      value = Constant(parsing: text)
      if value == nil {
        diagnostics.report("'\(node.name.text)' cannot be set to '\(text)': it needs a number", at: nil)
      }
    } else {
      value = try? evaluator.constant(node.value)
    }
    symbols.configs[node.name.text] = ModelSymbols.Config(declaration: node, value: value)
    symbols.configNames.append(node.name.text)
  }

  private mutating func addHyper(_ node: ConstantDeclaration) {
    guard claim(node.name), isFree(node.name, among: trainingHyperNames) else { return }
    let value = (try? evaluator.constant(node.value))?.number ?? 0
    symbols.hypers[node.name.text] = ModelSymbols.Hyper(declaration: node, value: value)
    symbols.hyperNames.append(node.name.text)
  }

  private mutating func addInput(_ node: InputDeclaration) {
    guard claim(node.name), isFree(node.name) else { return }
    switch node.type.name.text {
    case InputTypes.image: addImage(node)
    case InputTypes.class: addClass(node)
    case let type:
      if PlannedConstructs.Kind.inputType.contains(type) { return refuse(type, node.type.name.range) }
      let notes = DiagnosticCollector.suggestion(
        for: type, in: InputTypes.names + PlannedConstructs.Kind.inputType.names)
      diagnostics.report("unknown type '\(type)'", at: node.type.name.range, notes: notes)
    }
  }

  private mutating func addClass(_ node: InputDeclaration) {
    if let operation = node.operations.first {
      return diagnostics.report(
        "'\(node.name.text)' is a class, which takes no operation on images", at: operation.range)
    }
    guard node.type.extents.count == 1, let extent = node.type.extents.first else {
      return diagnostics.report(
        "a class has one number, how many classes there are: class[10], not \(node.type.extents.count) numbers",
        at: node.type.range)
    }
    guard symbols.classNames.isEmpty else {
      return diagnostics.report(PlannedConstructs.Form.secondClass.message, at: node.range)
    }
    let classes = (try? evaluator.integer(extent, for: "classes", atLeast: 2)) ?? 2
    guard classes <= InputTypes.mostClasses else {
      return diagnostics.report(
        "there are too many classes: the limit is \(InputTypes.mostClasses)", at: extent.range)
    }
    symbols.inputs.append(ModelSymbols.Input(declaration: node, kind: .classes(classes)))
  }

  private mutating func addImage(_ node: InputDeclaration) {
    guard node.type.extents.count == 3 else {
      return diagnostics.report(
        "an image has three extents, image[channels, height, width], not \(node.type.extents.count)",
        at: node.type.range)
    }
    guard !symbols.inputs.contains(where: { $0.imageExtents != nil }) else {
      return diagnostics.report(PlannedConstructs.Form.secondImage.message, at: node.range)
    }
    let names = ["channels", "height", "width"]
    let extents = zip(names, node.type.extents).map { name, extent in
      try? evaluator.integer(extent, for: name, atLeast: 1)
    }
    guard checkedProduct(extents.map { $0 ?? 1 }) != nil else {
      return diagnostics.report(
        "the image is too large: the limit is \(elementLimit) elements", at: node.type.range)
    }
    symbols.inputs.append(ModelSymbols.Input(declaration: node, kind: .image(extents.map { $0 ?? 1 })))
  }

  func isFree(_ name: Name, among taken: Set<String> = entryArgumentNames) -> Bool {
    guard taken.contains(name.text) else { return true }
    diagnostics.report("the name '\(name.text)' is taken by the compiled model's entries", at: name.range)
    return false
  }

  private mutating func addCorruption(_ node: CorruptDeclaration) {
    if let first = symbols.corruptions[node.input.text] {
      return diagnostics.report(
        "'\(node.input.text)' is corrupted twice", at: node.input.range,
        notes: [.init("the first is here", at: first.range)])
    }
    symbols.corruptions[node.input.text] = node
  }

  private mutating func addBlock(_ node: BlockDeclaration) {
    var seen: Set<String> = []
    for parameter in node.parameters where !seen.insert(parameter.text).inserted {
      diagnostics.report("'\(parameter.text)' is named twice", at: parameter.range)
    }
    if claim(node.name, isLayer: true) { symbols.blocks[node.name.text] = node }
  }

  private mutating func addScope(_ node: ScopeDeclaration) {
    let range = node.keywordRange
    switch node.kind {
    case .encoder: setOnce(\.encoder, node, "an encoder", at: range, first: symbols.encoder?.keywordRange)
    case .decoder: setOnce(\.decoder, node, "a decoder", at: range, first: symbols.decoder?.keywordRange)
    case .prior: symbols.priors.append(node)
    }
  }
}
