import Diagnostics
import IR

extension EntryElaborator {
  /// Checks that each prior is what the KL term assumes: a standard normal one.
  func checkPriors() {
    for prior in symbols.priors {
      var given: Set<String> = []
      for statement in prior.statements {
        given.insert(statement.name.text)
        switch statement {
        case .binding(let node):
          diagnostics.report(PlannedConstructs.Form.computedPrior.message, at: node.range)
        case .draw(let draw):
          _ = try? checkStandardNormal(draw, of: prior)
        }
      }
      for result in prior.results where !given.contains(result.text) {
        diagnostics.report(
          "the prior never gives '\(result.text)'", at: result.range,
          notes: [.init("write '\(result.text) ~ normal(mean: 0, std: 1)'")])
      }
    }
  }

  private func checkStandardNormal(_ draw: Draw, of prior: ScopeDeclaration) throws(Recovery) {
    guard prior.results.contains(where: { $0.text == draw.name.text }) else {
      throw diagnostics.fail("'\(draw.name.text)' is not a result of the prior", at: draw.name.range)
    }
    let arguments = try distribution(draw, in: .prior)
    for (label, wanted) in [("mean", 0.0), ("logvar", 0.0), ("std", 1.0)] {
      guard let expression = arguments[label] else { continue }
      let value = try evaluator(Environment()).constant(expression).number
      guard value == wanted else {
        throw diagnostics.fail(
          PlannedConstructs.Form.otherPrior.message, at: expression.range)
      }
    }
  }

  /// Draws the decoder's latents from their priors; fills `latents`.
  mutating func elaboratePriors() throws(Recovery) {
    for latent in symbols.decodedLatents {
      let name = latent.text
      guard let prior = symbols.prior(of: name) else { throw Recovery() }
      let value = try at(prior.range) { entry throws(Recovery) in
        try entry.noise(for: name, path: "prior.\(name)", domain: "sample")
      }
      latents[name] = Latent(value: value)
    }
  }

  /// Whether each latent that the decoder needs can be drawn from a prior.
  var canSample: Bool {
    let latents = symbols.decodedLatents
    return !latents.isEmpty && latents.allSatisfy { symbols.prior(of: $0.text) != nil }
  }
}
