import Diagnostics
import IR

/// Elaborates the model's scopes into one entry. Expressions, scopes and the objective are in the extensions.
struct EntryElaborator {
  /// What a scope's applications may come to, so that blocks of blocks cannot grow without end.
  enum Limits {
    static let layers = 1000
    static let blocks = 32
  }

  /// Where the value of a latent comes from.
  enum LatentMode {
    /// A draw with noise of that domain.
    case drawn(domain: String)
    /// A draw with the caller's noise.
    case given
    /// The posterior's mean.
    case mean
  }

  /// What the encoder made of a latent.
  struct Latent {
    var value: ValueID
    /// Nil where the latent is computed, not drawn.
    var posterior: (mean: ValueID, logvar: ValueID)?
    /// The noise that the value was drawn with; nil where it is no draw.
    var noise: ValueID?
    /// Whether what makes it is wrong, which has been reported.
    var isFaulty = false
  }

  /// What the decoder made of an input.
  enum Output {
    /// `x = ...`.
    case value(ValueID)
    /// `x ~ bernoulli(logits: ...)`: a distribution with its parameters.
    case likelihood(LikelihoodDefinition, parameters: [ValueID])
    /// What makes it is wrong, which has been reported.
    case faulty
  }

  /// The declarations of the text that is being elaborated: the model's, or those of the model that a part is of.
  private(set) var symbols: ModelSymbols
  /// Whether the numbers of the scope that is being elaborated stay as they are: then its layers work as they do outside of training.
  private(set) var isFrozen = false
  let diagnostics: DiagnosticCollector
  let registry: GlobalRegistry
  let latentMode: LatentMode
  /// Draws of each latent for each image.
  let samples: Int
  var mode: EntryMode
  var builder: EntryBuilder
  var latents: [String: Latent] = [:]
  var outputs: [String: Output] = [:]
  var priors: [String: Prior] = [:]
  /// The inputs as floats.
  var inputs: [String: ValueID] = [:]
  /// The names of each scope as its last statement left them, for terms of the objective.
  var environments: [ScopeKind: Environment] = [:]
  /// Images as the encoder sees them, where they are corrupted.
  var corrupted: [String: ValueID] = [:]
  /// What quantizations made, by their results.
  var quantizations: [ValueID: Quantization] = [:]
  /// How often a path has named random numbers.
  var drawPaths: [String: Int] = [:]
  /// Terms of the objective made so far, by term and subject.
  var terms: [TermKey: ValueID] = [:]
  var termOrder: [TermKey] = []
  /// Their negatives where metrics show those.
  var metrics: [TermKey: ValueID] = [:]
  /// Where the layer that is being applied stands.
  var layerPath = LayerPath(scope: "", path: "")
  /// The name of the layer that is being applied, `encoder.h.conv0`.
  var layerName = ""
  private var layerCount = 0
  /// Blocks that are being applied, innermost last.
  var activeBlocks: [String] = []
  /// Places in the text that the operations come from, innermost last.
  private var places: [SourceRange] = []
  private var layerPlaces: [String: (range: SourceRange, isFrozen: Bool)] = [:]
  /// Arguments may be added when the first values have their names.
  private var valueNames = entryArgumentNames

  init(
    _ name: String, symbols: ModelSymbols, registry: GlobalRegistry, diagnostics: DiagnosticCollector,
    latentMode: LatentMode, mode: EntryMode = EntryMode(), samples: Int = 1
  ) {
    self.samples = samples
    self.symbols = symbols
    self.registry = registry
    self.diagnostics = diagnostics
    self.latentMode = latentMode
    self.mode = mode
    builder = EntryBuilder(Entry(name: name), infersTypes: false)
  }

  // MARK: Operations

  /// Appends an operation whose type is found later.
  mutating func add(_ op: String, _ operands: [ValueID], _ attributes: Attributes = [:]) throws -> ValueID {
    try builder.add(op, operands, attributes)
  }

  /// As `add`; an op that does not exist is reported at the innermost place.
  mutating func emit(
    _ op: String, _ operands: [ValueID], _ attributes: Attributes = [:], named name: String? = nil
  ) throws(Recovery) -> ValueID {
    do {
      let value = try builder.add(op, operands, attributes)
      if let name { self.name(value, name) }
      return value
    } catch {
      throw fail(error)
    }
  }

  /// Reports what an op or a layer says, at the innermost place.
  func fail(_ error: any Error) -> Recovery {
    let note = (error as? TypeError)?.note
    return diagnostics.fail("\(error)", at: places.last, notes: note.map { [.init($0)] } ?? [])
  }

  /// Does `body` with its operations coming from that place in the text.
  mutating func at<Result>(
    _ place: SourceRange, _ body: (inout EntryElaborator) throws(Recovery) -> Result
  ) throws(Recovery) -> Result {
    places.append(place)
    builder.sources = places.reversed()
    defer {
      places.removeLast()
      builder.sources = places.reversed()
    }
    return try body(&self)
  }

  /// Names a value in the printed IR, if it has no name yet; a number makes the name unique.
  mutating func name(_ value: ValueID, _ wanted: String) {
    guard builder.entry[value].name == nil, builder.entry[value].global == nil else { return }
    var name = wanted
    var number = 1
    while !valueNames.insert(name).inserted {
      name = "\(wanted).\(number)"
      number += 1
    }
    builder.entry[value].name = name
  }

  mutating func argument(_ name: String, _ role: ArgumentRole, _ type: TensorType?) -> ValueID {
    valueNames.insert(name)
    return builder.entry.addArgument(name, role: role, type: type)
  }

  /// The number of classes of an input that is a class; nil for any other value.
  func classes(of value: ValueID) -> Int? {
    let isLabel = builder.entry.arguments.contains { $0.value == value && $0.role == .label }
    return isLabel ? builder.entry[value].name.flatMap { symbols.input($0) }?.classes : nil
  }

  /// Does `body` where a scope's statements stand.
  mutating func atHome<Result>(
    of scope: ScopeDeclaration, _ body: (inout EntryElaborator) throws(Recovery) -> Result
  ) throws(Recovery) -> Result {
    let outer = (symbols, isFrozen)
    (symbols, isFrozen) = symbols.home(of: scope)
    defer { (symbols, isFrozen) = outer }
    return try body(&self)
  }

  // MARK: Parameters

  /// Whether layers work as they do in training.
  var isTraining: Bool { mode.isTraining && !isFrozen }

  /// What the numbers of a layer are that others are trained like, or measured like.
  func kind(_ kind: Global.Kind) -> Global.Kind { isFrozen ? .frozen : kind }

  /// The weight of the layer that is being applied.
  mutating func weight(_ dimensions: [Dimension], _ arguments: BoundArguments) -> ValueID {
    let name = layerName + ".weight"
    return parameter(name, dimensions, arguments.initializer("init").initializer(of: name))
  }

  /// A product with the layer's bias, one number per channel or unit, unless the layer is to have none.
  mutating func addBias(to product: ValueID, _ extent: Dimension, _ arguments: BoundArguments) throws -> ValueID
  {
    guard arguments.symbol("bias") != "false" else { return product }
    let initializer = arguments.initializer("init").biasInitializer(of: layerName + ".weight")
    return try add("add_bias", [product, parameter(layerName + ".bias", [extent], initializer)])
  }

  private mutating func parameter(_ name: String, _ dimensions: [Dimension], _ initializer: Initializer)
    -> ValueID
  {
    let global = registry.global(
      name, kind: kind(.parameter), type: TensorType(.f32, dimensions), initializer: initializer,
      sources: places.reversed())
    return builder.entry.reference(to: global)
  }

  /// Takes a name for the layer that is being applied. Layers that are not shared have names of their own.
  mutating func nameLayer(_ name: String, at range: SourceRange) throws(Recovery) {
    if let first = layerPlaces[name] {
      guard layerPath.isShared, first.range.file == range.file else {
        throw diagnostics.fail(
          "a layer is named '\(name)' already", at: range, notes: [.init("the first is here", at: first.range)])
      }
      guard first.isFrozen == isFrozen else {
        throw diagnostics.fail(
          "the shared layer '\(name)' is frozen in one part and trained in another", at: range)
      }
    }
    layerPlaces[name] = (range, isFrozen)
    layerName = name
  }

  /// A value that stands for one that is faulty, so that what follows is looked at as well.
  mutating func standIn() -> ValueID {
    builder.entry.addValue(Value(type: nil))
  }

  /// Counts a layer; past the limit nothing is applied any more, so that what is left unwinds quickly.
  mutating func countLayer(at range: SourceRange) throws(Recovery) {
    layerCount += 1
    guard layerCount <= Limits.layers else {
      throw diagnostics.fail(
        "the model applies more than \(Limits.layers) layers", at: symbols.syntax.name.range)
    }
  }
}
