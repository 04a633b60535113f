import Diagnostics
import IR

/// Builds the entries of a module from a model's scopes. The order of arguments and results is part of the compiled
/// model's interface.
struct ModuleElaborator {
  let symbols: ModelSymbols
  let training: BoundTraining
  let diagnostics: DiagnosticCollector
  let registry = GlobalRegistry()

  /// All entries that the model allows. Stops after the first that is faulty: its scopes are those of all others.
  func entries() throws(Recovery) -> [Entry] {
    var entries = [try trainStep(), try gradients(), try evaluate()]
    if drawsLatents { entries.append(try evaluateGiven()) }
    entries += [try encode(), try decode()]
    if let sample = try sample() { entries.append(sample) }
    entries.append(try reconstruct())
    entries += try scoring()
    return entries
  }

  /// What can be made of the scopes and the objective of a faulty model. Where it is used, what is faulty has no type and
  /// nothing that depends on it has one.
  func partialEntry() -> Entry {
    var entry = elaborator("partial", .mean)
    entry.addInputs()
    entry.addHypers()
    _ = try? perImageMetrics(&entry)
    return entry.builder.entry
  }

  func elaborator(
    _ name: String, _ latentMode: EntryElaborator.LatentMode, _ mode: EntryMode = EntryMode(),
    samples: Int = 1
  ) -> EntryElaborator {
    EntryElaborator(
      name, symbols: symbols, registry: registry, diagnostics: diagnostics, latentMode: latentMode, mode: mode,
      samples: samples)
  }

  // MARK: Training

  /// `x, [index, seed, epoch,] step, rate, [decay, clip,] hypers -> metrics` (means), with new weights, moments and statistics.
  private func trainStep() throws(Recovery) -> Entry {
    var entry = elaborator("train_step", .drawn(domain: "train"), .training, samples: symbols.samples)
    entry.addInputs()
    if drawsLatents { entry.addCounters() }
    let inputs = entry.addStepInputs(training)
    entry.addHypers()
    let loss = try meanMetrics(&entry)
    let gradients = try parameterGradients(of: loss, &entry)
    try at(symbols.optimizerRange, &entry) { entry throws(Recovery) in
      try entry.takeStep(gradients, inputs, training)
    }
    entry.addStatistics()
    return entry.builder.entry
  }

  /// `x, [noise,] hypers -> metrics` (means) and the gradient of every parameter.
  private func gradients() throws(Recovery) -> Entry {
    var entry = elaborator("gradients", .given, .training, samples: symbols.samples)
    entry.addInputs()
    addNoise(&entry)
    entry.addHypers()
    let loss = try meanMetrics(&entry)
    for (parameter, gradient) in try parameterGradients(of: loss, &entry) {
      entry.addResult(.gradient(parameter.name), gradient)
    }
    return entry.builder.entry
  }

  private func parameterGradients(
    of loss: ValueID, _ entry: inout EntryElaborator
  ) throws(Recovery) -> [(Global, ValueID)] {
    var gradients: [(Global, ValueID)] = []
    try at(symbols.objective?.range, &entry) { entry throws(Recovery) in
      for parameter in registry.parameters {
        let weight = entry.builder.entry.reference(to: parameter)
        gradients.append((parameter, try entry.emit("gradient", [loss, weight])))
      }
    }
    return gradients
  }

  /// Elaborates encoder, decoder and objective; adds the metrics' means as results and returns that of the loss.
  private func meanMetrics(_ entry: inout EntryElaborator) throws(Recovery) -> ValueID {
    let metrics = try perImageMetrics(&entry)
    var means: [ValueID] = []
    try at(symbols.objective?.range, &entry) { entry throws(Recovery) in
      for (name, value) in metrics {
        let mean = try entry.emit("mean_images", [value], named: "\(name).mean")
        entry.addResult(.metric(name), mean)
        means.append(mean)
      }
    }
    guard let loss = means.first else { throw Recovery() }
    return loss
  }

  /// The loss and then the objective's terms, per image, by name.
  private func perImageMetrics(_ entry: inout EntryElaborator) throws(Recovery) -> [(String, ValueID)] {
    // Decoder and objective are looked at even where what comes before them is faulty, for their errors.
    let isEncoded = (try? entry.elaborateEncoder()) != nil
    for name in symbols.latentNames where entry.latents[name] == nil {
      entry.latents[name] = EntryElaborator.Latent(value: entry.standIn(), isFaulty: true)
    }
    let isDecoded = (try? entry.elaborateDecoder()) != nil
    for result in symbols.decoder?.results ?? [] where entry.outputs[result.text] == nil {
      entry.outputs[result.text] = .faulty
    }
    let hasPriors = (try? entry.elaboratePriors(.compared)) != nil
    let loss = try entry.loss()
    guard isEncoded, isDecoded, hasPriors else { throw Recovery() }
    var metrics = [("loss", loss)]
    try at(symbols.objective?.range, &entry) { entry throws(Recovery) in
      for key in entry.termOrder { metrics.append((entry.metricName(key), try entry.metric(key))) }
    }
    return metrics
  }

  private func at(
    _ range: SourceRange?, _ entry: inout EntryElaborator,
    _ body: (inout EntryElaborator) throws(Recovery) -> Void
  ) throws(Recovery) {
    try entry.at(range ?? symbols.syntax.range, body)
  }

  // MARK: Evaluation

  /// `x, [index, seed, epoch,] hypers -> metrics` per image.
  private func evaluate() throws(Recovery) -> Entry {
    var entry = elaborator("evaluate", .drawn(domain: "evaluate"), samples: symbols.samples)
    entry.addInputs()
    if drawsLatents { entry.addCounters() }
    entry.addHypers()
    for (name, value) in try perImageMetrics(&entry) { entry.addResult(.metric(name), value) }
    return entry.builder.entry
  }

  /// `x, noise, hypers -> metrics` per image.
  private func evaluateGiven() throws(Recovery) -> Entry {
    var entry = elaborator("evaluate_given", .given, samples: symbols.samples)
    entry.addInputs()
    addNoise(&entry)
    entry.addHypers()
    for (name, value) in try perImageMetrics(&entry) { entry.addResult(.metric(name), value) }
    return entry.builder.entry
  }

  // MARK: Use

  /// `x -> z, z.mean, z.logvar`: the posterior's mean and parameters, or the code alone.
  private func encode() throws(Recovery) -> Entry {
    var entry = elaborator("encode", .mean, EntryMode(isCorrupting: false))
    entry.addInputs(of: .encoder)
    try entry.elaborateEncoder()
    for name in symbols.latentNames {
      guard let latent = entry.latents[name] else { throw Recovery() }
      entry.addResult(.latent(name), latent.value)
      guard let posterior = latent.posterior else { continue }
      entry.addResult(.latent("\(name).mean"), posterior.mean)
      entry.addResult(.latent("\(name).logvar"), posterior.logvar)
    }
    return entry.builder.entry
  }

  /// `z, [y] -> x`: the likelihood's mean.
  private func decode() throws(Recovery) -> Entry {
    var entry = elaborator("decode", .mean)
    for latent in symbols.decodedLatents {
      let value = entry.argument(latent.text, .latent, nil)
      entry.latents[latent.text] = EntryElaborator.Latent(value: value)
    }
    entry.addInputs(of: .decoder)
    try addDecodedImages(&entry)
    return entry.builder.entry
  }

  /// `index, seed, epoch, [y] -> z, x`: latents from their priors, those that the decoder takes and those that priors depend on,
  /// decoded. Nil where one of them has no prior.
  private func sample() throws(Recovery) -> Entry? {
    guard symbols.canSample else { return nil }
    var entry = elaborator("sample", .mean)
    entry.addCounters()
    entry.addInputs(of: .prior, .decoder)
    try entry.elaboratePriors(.drawn)
    for name in symbols.latentNames {
      if let latent = entry.latents[name] { entry.addResult(.latent(name), latent.value) }
    }
    try addDecodedImages(&entry)
    return entry.builder.entry
  }

  /// `x -> x`: the decoder's mean at the posterior's mean. Where the model corrupts an image, the corrupted one is reconstructed, and
  /// is a result too.
  private func reconstruct() throws(Recovery) -> Entry {
    var entry = elaborator("reconstruct", .mean)
    entry.addInputs(of: .encoder, .decoder)
    try entry.elaborateEncoder()
    try addDecodedImages(&entry)
    for input in symbols.inputs {
      if let corrupted = entry.corrupted[input.name] {
        entry.addResult(.image("\(input.name).corrupted"), corrupted)
      }
    }
    return entry.builder.entry
  }

  private func addDecodedImages(_ entry: inout EntryElaborator) throws(Recovery) {
    try entry.elaborateDecoder()
    for result in symbols.decoder?.results ?? [] {
      guard let output = entry.outputs[result.text] else { throw Recovery() }
      let mean = try entry.at(result.range) { entry throws(Recovery) in try entry.mean(of: output) }
      entry.name(mean, "\(result.text).mean")
      let isClass = symbols.input(result.text)?.classes != nil
      entry.addResult(isClass ? .probabilities(result.text) : .image(result.text), mean)
    }
  }

  /// The latents that the encoder draws.
  private var drawnLatents: [String] {
    symbols.encoder?.statements.compactMap { if case .draw(let draw) = $0 { draw.name.text } else { nil } }
      ?? []
  }

  private var drawsLatents: Bool { !drawnLatents.isEmpty || !symbols.matchedLatents.isEmpty }

  /// The caller's noise for each draw.
  private func addNoise(_ entry: inout EntryElaborator) {
    for latent in drawnLatents { _ = entry.argument("noise.\(latent)", .noise, nil) }
    for latent in symbols.matchedLatents { _ = entry.argument("noise.\(latent).prior", .noise, nil) }
  }
}

// MARK: - Arguments and results

extension EntryElaborator {
  /// Inputs as arguments, in the order of their declarations: those that a part of the model names.
  mutating func addInputs(where isNamed: (String) -> Bool) {
    for input in symbols.inputs where isNamed(input.name) {
      switch input.kind {
      case .image(let extents):
        _ = argument(input.name, .image, TensorType(.u8, [.images] + extents.map { .fixed($0) }))
      case .classes: _ = argument(input.name, .label, TensorType(.i32, [.images]))
      }
    }
  }

  /// The inputs that scopes take or give.
  mutating func addInputs() {
    let names = symbols.scopes.flatMap { $0.parameters + ($0.kind == .decoder ? $0.results : []) }
    addInputs { name in names.contains { $0.text == name } }
  }

  /// The inputs that scopes of these kinds take.
  mutating func addInputs(of kinds: ScopeKind...) {
    let names = symbols.scopes.filter { kinds.contains($0.kind) }.flatMap(\.parameters)
    addInputs { name in names.contains { $0.text == name } }
  }

  /// What a draw is counted by.
  mutating func addCounters() {
    _ = argument("index", .index, TensorType(.i32, [.images]))
    _ = argument("seed", .seed, TensorType(.i32, [.fixed(2)]))
    _ = argument("epoch", .epoch, TensorType(.i32, []))
  }

  mutating func addHypers() {
    for name in symbols.hyperNames { _ = argument("hyper.\(name)", .hyper, .scalar) }
  }

  mutating func addResult(_ target: ResultTarget, _ value: ValueID) {
    builder.entry.results.append(EntryResult(target, value))
  }
}
