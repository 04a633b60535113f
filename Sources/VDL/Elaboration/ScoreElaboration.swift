import Diagnostics
import IR

extension ModuleElaborator {
  /// The entries from which an image's likelihood is estimated by draws from the posterior: `posterior`, which an image needs
  /// once, and `score`, which it needs for each draw. None where the decoder gives a value instead of a likelihood, or a
  /// latent is not drawn or has no prior.
  func scoring() throws(Recovery) -> [Entry] {
    guard symbols.hasDensities else { return [] }
    var entry = elaborator("score", .drawn(domain: "evaluate"))
    entry.addInputs()
    entry.addCounters()
    _ = entry.argument("sample", .sample, TensorType(.i32, []))
    try entry.elaborateEncoder()
    let encoderEnd = entry.builder.entry.operations.count
    try entry.elaborateDecoder()
    try entry.elaboratePriors(.compared)
    let densities = try entry.densities()
    for (name, value) in [
      ("loglik", densities.likelihood), ("logprior", densities.prior), ("logposterior", densities.posterior),
    ] {
      entry.name(value, name)
      entry.addResult(.metric(name), value)
    }
    for result in symbols.encoder?.results ?? [] {
      guard let posterior = entry.latents[result.text]?.posterior else { throw Recovery() }
      let divergence = try entry.at(result.range) { entry throws(Recovery) in
        try entry.divergence(of: result.text, posterior)
      }
      entry.addResult(.latent("\(result.text).kl"), divergence)
    }
    return entry.splitAtDraws(encoderEnd: encoderEnd)
  }
}

extension ModelSymbols {
  /// Whether log p(x | z), log p(z) and log q(z | x) can be had of each draw.
  var hasDensities: Bool {
    guard let encoder, let decoder else { return false }
    func draws(_ scope: ScopeDeclaration) -> Bool {
      scope.statements.allSatisfy { statement in
        if case .binding(let binding) = statement { return binding.isLet }
        return true
      }
    }
    return draws(encoder) && draws(decoder) && latentNames.allSatisfy { prior(of: $0) != nil }
  }
}

extension EntryElaborator {
  /// log p(x | z), log p(z) and log q(z | x), each one number for each image and draw: sums over the inputs, the latents, and
  /// their elements.
  mutating func densities() throws(Recovery) -> (likelihood: ValueID, prior: ValueID, posterior: ValueID) {
    var (likelihoods, priors, posteriors): ([ValueID], [ValueID], [ValueID]) = ([], [], [])
    for result in symbols.decoder?.results ?? [] {
      likelihoods.append(
        try at(result.range) { entry throws(Recovery) in try entry.logLikelihood(of: result) })
    }
    for result in symbols.encoder?.results ?? [] {
      try at(result.range) { entry throws(Recovery) in
        priors.append(try entry.logPrior(of: result.text))
        posteriors.append(try entry.logPosterior(of: result.text))
      }
    }
    return (try sum(likelihoods), try sum(priors), try sum(posteriors))
  }

  private mutating func sum(_ values: [ValueID]) throws(Recovery) -> ValueID {
    guard var sum = values.first else { throw Recovery() }
    for value in values.dropFirst() { sum = try emit("add", [sum, value]) }
    return sum
  }

  private mutating func logPrior(of latent: String) throws(Recovery) -> ValueID {
    guard let value = latents[latent]?.value, let prior = priors[latent] else { throw Recovery() }
    let density: ValueID
    switch prior {
    case .standard: density = try standardNormal(of: value)
    case .normal(let mean, let logvar): density = try emit("normal_loglik", [mean, logvar, value])
    }
    return try emit("sum_per_image", [density])
  }

  /// The density of a draw mean + exp(logvar / 2) noise is that of its noise divided by exp(logvar / 2). This way no digits are
  /// lost in z - mean, and no gradient is taken that cancels.
  private mutating func logPosterior(of latent: String) throws(Recovery) -> ValueID {
    guard let posterior = latents[latent]?.posterior, let noise = latents[latent]?.noise else {
      throw Recovery()
    }
    let half = try emit("mul", [try emit("constant", [], ["value": .float(0.5)]), posterior.logvar])
    return try emit("sum_per_image", [try emit("sub", [try standardNormal(of: noise), half])])
  }

  private mutating func standardNormal(of value: ValueID) throws(Recovery) -> ValueID {
    let zero = try emit("constant", [], ["value": .float(0)])
    return try emit("normal_loglik", [zero, zero, value])
  }

  // MARK: Splitting

  /// Cuts the entry in two where the encoder's draws begin: `posterior` makes of the images what does not depend on a draw,
  /// and the entry takes that as arguments. What both need and is cheap, such as bytes as floats, both make.
  ///
  /// - Parameter encoderEnd: the number of operations that the encoder made.
  fileprivate mutating func splitAtDraws(encoderEnd: Int) -> [Entry] {
    let operations = builder.entry.operations
    var fromImages = Set(builder.entry.arguments.filter { $0.role == .image || $0.role == .label }.map(\.value))
    var fromDraws = Set(latents.values.compactMap(\.noise))
    var first: Set<Int> = []
    for (position, operation) in operations.enumerated() {
      if operation.operands.contains(where: fromDraws.contains) { fromDraws.formUnion(operation.results) }
      if operation.operands.contains(where: fromImages.contains) { fromImages.formUnion(operation.results) }
      let isFirst =
        position < encoderEnd && operation.name != "decode_u8"
        && operation.results.contains(where: fromImages.contains)
        && !operation.results.contains(where: fromDraws.contains)
      if isFirst { first.insert(position) }
    }
    let made = first.sorted().flatMap { operations[$0].results }
    let rest = operations.indices.filter { !first.contains($0) }
    let needed = Set(rest.flatMap { operations[$0].operands } + builder.entry.results.map(\.value))
    let cut = made.filter(needed.contains)
    for value in cut {
      let name = builder.entry[value].name
      guard name?.contains(".") != true else { continue }
      builder.entry[value].name = nil
      self.name(value, "encoder.\(name ?? "value")")
    }
    var posterior = builder.entry
    posterior.name = "posterior"
    posterior.results = cut.map { EntryResult(.latent(posterior[$0].name ?? ""), $0) }
    posterior.keepWhatResultsNeed()
    var score = builder.entry
    score.operations = rest.map { operations[$0] }
    for value in cut { score.arguments.append(IR.Argument(role: .distribution, value: value)) }
    score.keepWhatResultsNeed()
    return [posterior, score]
  }
}

extension Entry {
  /// Drops the operations and arguments that no result depends on.
  fileprivate mutating func keepWhatResultsNeed() {
    var needed = Set(results.map(\.value))
    var kept: [Operation] = []
    for operation in operations.reversed() where operation.results.contains(where: needed.contains) {
      needed.formUnion(operation.operands)
      kept.append(operation)
    }
    operations = kept.reversed()
    arguments = arguments.filter { needed.contains($0.value) }
  }
}
