import Diagnostics
import IR

extension SymbolCollector {
  /// Reads how many draws of each image the objective asks for: `iwae(samples: 50)`.
  mutating func readSamples() {
    var first: Call?
    symbols.objective?.value.walk { expression in
      guard case .call(let call) = expression, call.name.text == TermTable.iwae else { return }
      if let first {
        return diagnostics.report(
          "the objective has '\(TermTable.iwae)' twice", at: call.range,
          notes: [.init("the first is here", at: first.range)])
      }
      first = call
    }
    guard let call = first, let samples = try? samples(of: call) else { return }
    symbols.samples = samples
  }

  private func samples(of call: Call) throws(Recovery) -> Int {
    let evaluator = ConstantEvaluator(symbols: symbols, environment: Environment(), diagnostics: diagnostics)
    let signature = Signature(
      name: TermTable.iwae,
      parameters: [ParameterDefinition("samples", .integer(atLeast: 1), "draws for each image")])
    let samples = try evaluator.bind(call.arguments, to: signature, at: call.name.range).integer("samples")
    guard samples <= TermTable.sampleLimit else {
      throw diagnostics.fail(
        "'samples' must be \(TermTable.sampleLimit) or less, not \(samples)",
        at: call.arguments.first?.range ?? call.range)
    }
    return samples
  }
}

extension EntryElaborator {
  /// log of the mean of the draws' importance weights p(x | z) p(z) / q(z | x): a bound of log p(x) that is tighter the more
  /// draws there are (Burda, Grosse, Salakhutdinov: "Importance weighted autoencoders", 2016, equation 8).
  mutating func importanceWeightedBound(_ call: Call) throws(Recovery) -> ValueID {
    guard symbols.hasDensities else {
      throw diagnostics.fail(
        "'\(call.name.text)' needs a likelihood, and a posterior and a prior for each latent", at: call.range)
    }
    let densities = try densities()
    let ratio = try emit("sub", [densities.prior, densities.posterior])
    let weight = try emit("add", [densities.likelihood, ratio], named: "logweight")
    return try emit("log_mean_exp_samples", [weight], named: call.name.text)
  }

  /// A term of each draw as the mean over an image's draws; one that does not depend on draws stays as it is.
  mutating func meanOverSamples(_ term: ValueID, _ key: TermKey) throws(Recovery) -> ValueID {
    guard symbols.samples > 1, key.term != TermTable.iwae else { return term }
    return try emit("mean_samples", [term])
  }
}
