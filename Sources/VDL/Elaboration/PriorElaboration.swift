import Diagnostics
import IR

/// The prior of a latent.
enum Prior {
  /// N(0, 1).
  case standard
  /// Means and log-variances, each a tensor with the latent's extents or one number for all of it.
  case normal(mean: ValueID, logvar: ValueID)
}

/// What a latent is drawn with.
enum PriorUse {
  /// Latents are what the encoder made of them.
  case compared
  /// Latents are drawn from their priors, with noise of the domain `sample`.
  case drawn
}

extension EntryElaborator {
  /// Elaborates the priors, each behind those of the latents that it depends on; fills `priors`, and `latents` where they are
  /// drawn. A faulty prior is reported, and what depends on it goes on without.
  mutating func elaboratePriors(_ use: PriorUse) throws(Recovery) {
    var isFaulty = false
    for scope in symbols.priors
    where use == .compared || symbols.sampledLatents.isSuperset(of: scope.results.map(\.text)) {
      do { try elaborate(scope, use) } catch { isFaulty = true }
    }
    if isFaulty { throw Recovery() }
  }

  private mutating func elaborate(_ scope: ScopeDeclaration, _ use: PriorUse) throws(Recovery) {
    var environment = Environment()
    for parameter in scope.parameters {
      environment[parameter.text] =
        symbols.isInput(parameter.text)
        ? try inputMeaning(parameter) : latents[parameter.text].map { .tensor($0.value) } ?? .invalid
    }
    try statements(of: scope, environment) { entry, result, meaning throws(Recovery) in
      guard case .draw(let draw, let environment) = meaning else {
        throw entry.diagnostics.fail(
          "a prior is a distribution, not a value", at: result.range,
          notes: [.init("write '\(result.text) ~ normal(mean: ..., logvar: ...)'")])
      }
      let prior = try entry.prior(draw, environment)
      entry.priors[result.text] = prior
      if use == .drawn {
        let value = try entry.at(scope.isShort ? scope.range : draw.range) { entry throws(Recovery) in
          try entry.drawn(from: prior, latent: result.text)
        }
        entry.latents[result.text] = Latent(value: value)
      }
      return entry.latents[result.text]?.value
    }
  }

  private mutating func prior(_ draw: Draw, _ environment: Environment) throws(Recovery) -> Prior {
    let arguments = try distribution(draw, in: .prior)
    let mean = try parameterOperand("mean", of: draw, arguments, environment)
    let logvar = try logVariance(of: draw, arguments, environment)
    if case .number(0) = mean, case .number(0) = logvar { return .standard }
    return try at(draw.distribution.range) { entry throws(Recovery) in
      .normal(mean: try entry.value(of: mean), logvar: try entry.value(of: logvar))
    }
  }

  /// KL(q(z | x) || p(z)) of each element of a latent.
  mutating func divergence(
    of latent: String, _ posterior: (mean: ValueID, logvar: ValueID)
  ) throws(Recovery) -> ValueID {
    switch priors[latent] {
    case .standard: return try emit("kl_normal", [posterior.mean, posterior.logvar])
    case .normal(let mean, let logvar):
      return try emit("kl_normals", [posterior.mean, posterior.logvar, mean, logvar])
    case nil: throw Recovery()
    }
  }

  private mutating func drawn(from prior: Prior, latent: String) throws(Recovery) -> ValueID {
    let noise = try noise(for: latent, path: "prior.\(latent)", domain: "sample")
    guard case .normal(let mean, let logvar) = prior else { return noise }
    return try emit("reparameterize", [mean, logvar, noise], named: latent)
  }
}

extension ModelSymbols {
  /// The latents that the decoder takes, and those that their priors depend on.
  var sampledLatents: Set<String> {
    var needed: Set<String> = []
    var open = (decoder?.parameters ?? []).map(\.text).filter { !isInput($0) }
    while let latent = open.popLast() {
      guard needed.insert(latent).inserted, let prior = prior(of: latent) else { continue }
      open += (prior.parameters + prior.results).map(\.text).filter { !isInput($0) }
    }
    return needed
  }

  /// Whether each latent that the decoder needs can be drawn from a prior.
  var canSample: Bool {
    let latents = sampledLatents
    return !latents.isEmpty && latents.allSatisfy { prior(of: $0) != nil }
  }

  /// The priors in an order in which each stands behind those of the latents that it depends on, and those that depend on
  /// each other in a circle.
  var orderedPriors: (ordered: [ScopeDeclaration], rest: [ScopeDeclaration]) {
    var ordered: [ScopeDeclaration] = []
    var rest = priors
    while true {
      let missing = Set(rest.flatMap { $0.results.map(\.text) })
      guard let next = rest.firstIndex(where: { missing.isDisjoint(with: $0.parameters.map(\.text)) }) else {
        return (ordered, rest)
      }
      ordered.append(rest.remove(at: next))
    }
  }
}
