import Diagnostics
import IR

extension Pass {
  /// Fills in the types that elaboration leaves open, those of values and of parameters:
  ///
  ///     parameter @decoder.dense0.weight : f32[100,?]
  ///     %3 = dense %z, @decoder.dense0.weight : ?
  ///
  /// becomes
  ///
  ///     parameter @decoder.dense0.weight : f32[100,2]
  ///     %3 = dense %z, @decoder.dense0.weight : f32[N,100]
  ///
  /// Parameters are shared, so the whole module is inferred at once. `encode` comes first: the latents of the
  /// other entries and the noise of their draws have the types of its results; then `posterior`, which makes what `score`
  /// takes. Mistakes are collected; where an operation fails, what depends on it is passed over, so that each mistake is reported once.
  public static let inferShapes = Pass(
    name: "infer-shapes", summary: "fills in the types of values and the shapes of parameters",
    needsTypes: false
  ) { module, context in
    let unknown = module.unknownTypeCount
    var inference = ShapeInference(module)
    module = try inference.run()
    context.count("types inferred", unknown - module.unknownTypeCount)
  }
}

extension Module {
  /// What shape inference finds wrong with a module of which parts are missing: values that nothing types are passed over.
  public func shapeErrorsWherePossible() -> [Diagnostic] {
    var inference = ShapeInference(self)
    return inference.diagnose()
  }

  fileprivate var unknownTypeCount: Int {
    globals.filter { !$0.type.isComplete }.count
      + entries.reduce(0) { sum, entry in
        sum + entry.values.filter { $0.global == nil && !($0.type?.isComplete ?? false) }.count
      }
  }
}

private struct ShapeInference {
  private var module: Module
  private var latents: [String: TensorType] = [:]
  /// What the entry `posterior` hands on, by name.
  private var distributions: [String: TensorType] = [:]
  private var diagnostics: [Diagnostic] = []
  /// Values that were found not to fit together, in the entry at hand.
  private var misfits: [Set<ValueID>] = []

  /// Draws of each latent for each image, where there are several.
  private let samples: [String: Int]

  init(_ module: Module) {
    self.module = module
    var samples: [String: Int] = [:]
    for operation in module.entries.flatMap(\.operations) where operation.name == "normal_noise" {
      guard let latent = operation.attributes.symbol("latent") else { continue }
      samples[latent] = max(samples[latent] ?? 1, operation.attributes.int("samples"))
    }
    self.samples = samples
  }

  /// Rounds over the entries until no parameter's shape changes: an entry may use a parameter before the
  /// operation that tells its shape. Each round makes fewer extents unknown, so they end.
  mutating func run() throws -> Module {
    inferAll()
    checkCompleteness()
    guard diagnostics.isEmpty else { throw DiagnosticList(diagnostics.uniqued()) }
    return module
  }

  /// The mistakes that are not of completeness.
  mutating func diagnose() -> [Diagnostic] {
    inferAll()
    return diagnostics.uniqued()
  }

  private mutating func inferAll() {
    let sources = ["encode", "posterior"]
    func rank(_ index: Int) -> Int { sources.firstIndex(of: module.entries[index].name) ?? sources.count }
    let sourcesFirst = module.entries.indices.sorted { (rank($0), $0) < (rank($1), $1) }
    var known: [Global]
    repeat {
      known = module.globals
      diagnostics = []
      var ofScores: [Diagnostic] = []
      for index in sourcesFirst {
        let count = diagnostics.count
        infer(entry: index)
        guard ["posterior", "score"].contains(module.entries[index].name) else { continue }
        ofScores += diagnostics[count...]
        diagnostics.removeSubrange(count...)
      }
      // What is wrong with these two is wrong with the entries that train as well, and is told there at better places.
      if diagnostics.isEmpty { diagnostics = ofScores }
    } while module.globals != known
  }

  private mutating func infer(entry index: Int) {
    var entry = module.entries[index]
    let globals = module.globalsByName
    for value in entry.values.indices {
      if let global = entry.values[value].global { entry[ValueID(value)].type = globals[global]?.type }
    }
    for argument in entry.arguments where entry.type(of: argument.value) == nil {
      if argument.role == .distribution {
        entry[argument.value].type = entry[argument.value].name.flatMap { distributions[$0] }
      }
      guard argument.role == .latent || argument.role == .noise, let name = entry[argument.value].name else {
        continue
      }
      let latent =
        argument.role == .noise && name.hasPrefix("noise.")
        ? String(name.dropFirst(6).prefix { $0 != "." }) : name
      let rows = argument.role == .noise ? samples[latent] ?? 1 : 1
      entry[argument.value].type = type(ofLatent: latent, entry: entry.name, at: nil)?.with(samples: rows)
    }
    misfits = []
    for operation in entry.operations { infer(operation, &entry) }
    entry.resolveFreeExtents()
    for result in entry.results {
      guard case .latent(let name) = result.target else { continue }
      if entry.name == "encode" { latents[name] = entry.type(of: result.value) }
      if entry.name == "posterior" { distributions[name] = entry.type(of: result.value) }
    }
    module.entries[index] = entry
  }

  private mutating func infer(_ operation: Operation, _ entry: inout Entry) {
    let known = operation.operands.compactMap { entry.type(of: $0) }
    guard known.count == operation.operands.count, let definition = OpTable.standard[operation.name] else {
      return
    }
    var declared = operation.results.map { entry.type(of: $0) }
    if operation.name == "normal_noise", declared[0] == nil, let latent = operation.attributes.symbol("latent")
    {
      guard let type = type(ofLatent: latent, entry: entry.name, at: operation.sources.first) else { return }
      declared = [type]
    }
    var context = TypingContext(operands: known, attributes: operation.attributes, declared: declared)
    do {
      let types = try definition.inferResultTypes(&context)
      for (value, type) in zip(operation.results, types) { entry[value].type = type }
      for (value, (old, new)) in zip(operation.operands, zip(known, context.operands)) where old != new {
        refine(value, to: new, &entry)
      }
    } catch {
      report(error, operation, entry)
    }
  }

  /// Messages about all entries together, which for the most part repeat one another.
  private static let diagnosticLimit = 400

  /// Mistakes that are kept: nobody reads more, and each is looked for among the others.
  private static let limit = 50

  /// Two values that do not fit are reported once, also where several operations bring them together.
  private mutating func report(_ error: any Error, _ operation: Operation, _ entry: Entry) {
    guard diagnostics.count < Self.limit else { return }
    let operands = Set(operation.operands)
    guard diagnostics.count < Self.diagnosticLimit else { return }
    guard !misfits.contains(where: operands.isSubset) else { return }
    misfits.append(operands)
    let typeError = error as? TypeError ?? TypeError("\(error)")
    diagnostics.append(typeDiagnostic(typeError, operation, entry))
  }

  /// Writes back what an operation told of an operand's extents; a parameter's state has its shape.
  private mutating func refine(_ value: ValueID, to type: TensorType, _ entry: inout Entry) {
    entry[value].type = type
    guard let name = entry[value].global else {
      // Frozen batch normalization measures nothing that would tell its numbers' extents: what they become does.
      guard let scale = entry.operations.first(where: { $0.results.contains(value) }),
        scale.name == "channel_scale"
      else { return }
      for operand in scale.operands where entry.type(of: operand) != type { refine(operand, to: type, &entry) }
      return
    }
    for index in module.globals.indices {
      let global = module.globals[index]
      guard global.name == name || (global.kind == .state && global.name.hasSuffix("/" + name)) else {
        continue
      }
      module.globals[index].type = type
      for other in entry.values.indices where entry.values[other].global == global.name {
        entry[ValueID(other)].type = type
      }
    }
  }

  /// The type that `encode` gives a latent. None where the encoder itself failed, which has been reported.
  private mutating func type(ofLatent name: String, entry: String, at range: SourceRange?) -> TensorType? {
    if let type = latents[name] { return type }
    if diagnostics.isEmpty {
      diagnostics.append(
        Diagnostic(
          "the shape of the latent '\(name)' in '\(entry)' is not known: no encoder makes it", at: range))
    }
    return nil
  }

  private mutating func checkCompleteness() {
    guard diagnostics.isEmpty else { return }
    // Parameters that became too large were refused by the operations that read them, in the round after.
    for global in module.globals where [.parameter, .frozen].contains(global.kind) && !global.type.isComplete {
      diagnostics.append(
        Diagnostic(
          "the shape of the parameter '\(global.name)' is not known: nothing uses it",
          at: global.sources.first))
    }
    for entry in module.entries {
      for operation in entry.operations
      where operation.results.contains(where: { !(entry.type(of: $0)?.isComplete ?? false) }) {
        diagnostics.append(
          Diagnostic("the shape of '\(operation.name)' is not known", at: operation.sources.first))
      }
    }
  }
}

extension Entry {
  /// Writes the extents of reshapes and the padding of convolutions out, so that equal operations look equal.
  fileprivate mutating func resolveFreeExtents() {
    for index in operations.indices {
      let types = operations[index].operands.compactMap { type(of: $0) }.filter(\.isComplete)
      if types.count == operations[index].operands.count { operations[index].resolvePadding(operands: types) }
    }
    for index in operations.indices where operations[index].name == "reshape" {
      guard let type = type(of: operations[index].results[0]) else { continue }
      operations[index].attributes["shape"] = .ints(type.extents)
    }
  }
}

extension [Diagnostic] {
  /// Entries share the layers of a model, so each of them meets the same mistake.
  fileprivate func uniqued() -> [Diagnostic] {
    var unique: [Diagnostic] = []
    for diagnostic in self
    where !unique.contains(where: { $0.message == diagnostic.message && $0.range == diagnostic.range }) {
      unique.append(diagnostic)
    }
    return unique
  }
}
