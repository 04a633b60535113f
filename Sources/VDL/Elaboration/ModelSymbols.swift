import Diagnostics
import IR

/// The declarations of a model by their names, checked for what needs no entry: names, numbers, headers.
struct ModelSymbols {
  struct Config {
    var declaration: ConstantDeclaration
    /// Nil where its expression is faulty.
    var value: Constant?
  }

  struct Hyper {
    var declaration: ConstantDeclaration
    var value: Double
  }

  struct Input {
    enum Kind {
      /// Channels, height, width.
      case image([Int])
      /// The number of classes.
      case classes(Int)
    }

    var declaration: InputDeclaration
    var kind: Kind
    var name: String { declaration.name.text }
    /// Nil for an input that is no class.
    var classes: Int? { if case .classes(let count) = kind { count } else { nil } }
    /// Nil for an input that is no image.
    var imageExtents: [Int]? { if case .image(let extents) = kind { extents } else { nil } }
  }

  /// A part that stands in the text of another model.
  struct UsedPart {
    let declaration: UseDeclaration
    /// The declarations of that model.
    let symbols: ModelSymbols
  }

  let syntax: ModelSyntax
  /// The parts that `use` takes over, by what they are.
  var parts: [ScopeKind: UsedPart] = [:]
  var configs: [String: Config] = [:]
  /// Names in the order of their declarations.
  var configNames: [String] = []
  var hypers: [String: Hyper] = [:]
  var hyperNames: [String] = []
  var inputs: [Input] = []
  var blocks: [String: BlockDeclaration] = [:]
  var shared: [String: SharedDeclaration] = [:]
  /// What the encoder sees corrupted, by the input.
  var corruptions: [String: CorruptDeclaration] = [:]
  var encoder: ScopeDeclaration?
  var decoder: ScopeDeclaration?
  var priors: [ScopeDeclaration] = []
  var objective: ObjectiveDeclaration?
  var train: TrainDeclaration?
  /// Draws of each image that the objective is made of.
  var samples = 1

  init(syntax: ModelSyntax) {
    self.syntax = syntax
  }

  /// A note at a name, where there is one.
  func note(_ message: String, at name: Name?) -> [Diagnostic.Note] {
    name.map { [Diagnostic.Note(message, at: $0.range)] } ?? []
  }

  /// What to do about a result of a scope, at the statement that gives it.
  func notes(_ remedy: String, on result: String, in scope: ScopeDeclaration) -> [Diagnostic.Note] {
    let statement = scope.statements.first { $0.name.text == result }
    return [Diagnostic.Note("\(remedy) in the \(scope.kind.rawValue)", at: statement?.range)]
  }

  func input(_ name: String) -> Input? { inputs.first { $0.name == name } }
  func isInput(_ name: String) -> Bool { input(name) != nil }
  /// How many classes the inputs have that are classes.
  var classCounts: [NamedNumber] {
    var counts: [NamedNumber] = []
    for input in inputs {
      if case .classes(let count) = input.kind { counts.append(NamedNumber(input.name, Double(count))) }
    }
    return counts
  }
  /// The inputs that are classes.
  var classNames: [Name] { inputs.filter { $0.classes != nil }.map(\.declaration.name) }
  /// The results of the encoder.
  var latentNames: [String] { encoder?.results.map(\.text) ?? [] }
  /// Encoder, priors and decoder, as far as there are.
  var scopes: [ScopeDeclaration] { [encoder].compactMap { $0 } + priors + [decoder].compactMap { $0 } }
  /// The latents that the decoder takes.
  var decodedLatents: [Name] { decoder?.parameters.filter { !isInput($0.text) } ?? [] }
  /// The prior of a latent.
  func prior(of latent: String) -> ScopeDeclaration? {
    priors.first { $0.results.contains { $0.text == latent } }
  }
}

/// Names that arguments of the entries have; an input or a latent of that name could not be told from them.
let entryArgumentNames: Set<String> = [
  "index", "seed", "epoch", "sample", "step", "rate", "decay", "clip", "loss",
]

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

extension SymbolCollector {
  /// Checks the headers of encoder, prior and decoder against the inputs and one another.
  private mutating func checkScopes() {
    let model = symbols.syntax.name
    if !symbols.syntax.declarations.contains(where: { $0.isInput(besides: InputTypes.class) }) {
      diagnostics.report(
        "'\(model.text)' has no input\(symbols.classNames.isEmpty ? "" : " besides a class")", at: model.range,
        notes: [.init("write 'input x: image[1, 28, 28]'")])
    }
    for (scope, word) in [(symbols.encoder, "encoder"), (symbols.decoder, "decoder")] where scope == nil {
      diagnostics.report("'\(model.text)' has no \(word)", at: model.range)
    }
    if symbols.objective == nil {
      diagnostics.report(
        "'\(model.text)' has no objective", at: model.range,
        notes: [.init("write 'maximize loglik(x) - kl(z)' or 'minimize mse(x)'")])
    }
    let inputs = symbols.inputs.map(\.declaration.name)
    checkParts()
    if let encoder = symbols.encoder, symbols.parts[.encoder] == nil {
      check(encoder.parameters, are: inputs, "an input of the model")
      for result in encoder.results where claim(result) { _ = isFree(result) }
    }
    if let decoder = symbols.decoder, symbols.parts[.decoder] == nil {
      check(
        decoder.parameters, are: (symbols.encoder?.results ?? []) + symbols.classNames,
        symbols.classNames.isEmpty ? "a result of the encoder" : "a result of the encoder or a class")
      check(decoder.results, are: inputs, "an input of the model")
      for result in decoder.results {
        guard let parameter = decoder.parameters.first(where: { $0.text == result.text }) else { continue }
        diagnostics.report(
          "the decoder cannot give '\(result.text)', which it takes", at: result.range,
          notes: symbols.note("it is taken here", at: parameter))
      }
    }
    checkPriors()
    checkCorruptions()
  }

  private func checkCorruptions() {
    for node in symbols.corruptions.values.sorted(by: { $0.range.start < $1.range.start }) {
      let name = node.input
      let isTaken = symbols.encoder?.parameters.contains { $0.text == name.text } ?? true
      if symbols.input(name.text)?.classes != nil {
        diagnostics.report("'\(name.text)' is a class, and images alone are corrupted", at: name.range)
      } else if !symbols.isInput(name.text) {
        diagnostics.report(
          "'\(name.text)' is not an input of the model", at: name.range,
          notes: DiagnosticCollector.suggestion(for: name.text, in: symbols.inputs.map(\.name)))
      } else if !isTaken {
        diagnostics.report("'\(name.text)' is corrupted, but the encoder does not take it", at: name.range)
      }
    }
  }

  /// Priors may depend on latents and on inputs that the decoder does not make, and not on themselves.
  private mutating func checkPriors() {
    var first: [String: SourceRange] = [:]
    let made = Set(symbols.decoder?.results.map(\.text) ?? [])
    let conditions = symbols.inputs.map(\.declaration.name).filter { !made.contains($0.text) }
    for prior in symbols.priors where !symbols.isUsed(prior) {
      for parameter in prior.parameters where made.contains(parameter.text) {
        diagnostics.report(
          "'\(parameter.text)' is what the decoder makes; a prior cannot depend on it", at: parameter.range)
      }
      check(
        prior.parameters.filter { !made.contains($0.text) },
        are: (symbols.encoder?.results ?? []) + conditions, "a result of the encoder")
      check(prior.results, are: symbols.encoder?.results ?? [], "a result of the encoder")
    }
    for prior in symbols.priors {
      for result in prior.results {
        if let first = first[result.text] {
          diagnostics.report(
            "'\(result.text)' has two priors", at: result.range, notes: [.init("the first is here", at: first)])
        }
        first[result.text] = result.range
      }
    }
    let (ordered, rest) = symbols.orderedPriors
    for prior in rest {
      guard let parameter = prior.parameters.first(where: { first[$0.text] != nil }) else { continue }
      diagnostics.report(
        "a prior cannot depend on itself, not even by way of '\(parameter.text)'", at: parameter.range)
      break
    }
    symbols.priors = ordered + rest
  }

  private func check(_ names: [Name], are known: [Name], _ what: String) {
    var seen: Set<String> = []
    let texts = Set(known.map(\.text))
    for name in names {
      if !texts.contains(name.text), !known.isEmpty {
        diagnostics.report(
          "'\(name.text)' is not \(what)", at: name.range,
          notes: known.count == 1
            ? symbols.note("there is '\(known[0].text)'", at: known[0])
            : DiagnosticCollector.suggestion(for: name.text, in: texts))
      } else if !seen.insert(name.text).inserted {
        diagnostics.report("'\(name.text)' is named twice", at: name.range)
      }
    }
  }
}

extension Declaration {
  /// Whether it is an input of another type than that.
  fileprivate func isInput(besides type: String) -> Bool {
    if case .input(let node) = self { node.type.name.text != type } else { false }
  }
}
