import Diagnostics
import IR

// Terms about the distribution of a whole batch. Each is still one number per image, whose mean over the batch is the
// criterion.

extension EntryElaborator {
  /// The KL of each unit's mean activation over the batch (Ng 2011, section 3), summed, for every image.
  mutating func sparsityTerm(_ value: ValueID, target: Operand) throws(Recovery) -> ValueID {
    let units = try emit("reshape", [value], ["shape": .ints([-1])])
    let means = try emit("channel_statistics", [units])
    let terms = try emit("kl_bernoulli", [means, try self.value(of: target)])
    return try emit("repeat_images", [try emit("sum_elements", [terms])], named: "kl_sparsity")
  }

  /// The unbiased estimate of MMD^2 (Tolstikhin et al. 2018, algorithm 2) as a number per image: with n images, codes z and draws p of
  /// the prior, the mean of k(z, z') and of k(p, p') over the other images less twice that of k(z, p) over all.
  mutating func discrepancyTerm(_ latent: String, _ call: Call) throws(Recovery) -> ValueID {
    guard let z = latents[latent], !z.isFaulty else { throw Recovery() }
    try requirePrior(of: latent, for: call)
    let prior = try priorDraw(of: latent) ?? z.value
    func mean(_ entry: inout EntryElaborator, _ a: ValueID, _ b: ValueID, _ pairs: String) throws(Recovery)
      -> ValueID
    {
      try entry.emit(
        "kernel_means", [a, b], ["formula": .formula(Self.multiquadratics), "pairs": .symbol(pairs)])
    }
    let within = try emit(
      "add", [try mean(&self, z.value, z.value, "others"), try mean(&self, prior, prior, "others")])
    let two = try emit("constant", [], ["value": .float(2)])
    let between = try emit("mul", [two, try mean(&self, z.value, prior, "all")])
    return try emit("sub", [within, between], named: "mmd")
  }

  /// Sum over scales s of C / (C + |z - z'|^2) with C = 2 k s for k latents of variance 1, of the mean square of the differences.
  private static let multiquadratics: ScalarExpression = {
    var sum: ScalarExpression?
    for scale in [0.1, 0.2, 0.5, 1, 2, 5, 10] {
      let width = ScalarExpression.constant(2 * scale)
      let kernel = width / (width + .operand(0))
      sum = sum.map { $0 + kernel } ?? kernel
    }
    return sum ?? .constant(0)
  }()

  /// A draw of the prior for each image, with noise that is drawn or given as the latents' is; nil where nothing is drawn.
  private mutating func priorDraw(of latent: String) throws(Recovery) -> ValueID? {
    let drawn: ValueID?
    switch latentMode {
    case .mean: return nil
    case .given: drawn = builder.entry.argument(named: "noise.\(latent).prior")
    case .drawn(let domain): drawn = try noise(for: latent, path: "mmd.\(latent)", domain: domain)
    }
    guard let drawn, case .normal(let mean, let logvar)? = priors[latent] else { return drawn }
    return try emit("reparameterize", [mean, logvar, drawn])
  }

  /// A part of E[log q(z | x) - log p(z)] (Chen et al. 2018, equation 2), q(z) estimated by minibatch-weighted sampling (appendix C.1):
  /// log q(z) is the log-mean of the batch's posteriors at z, less the logarithm of the data's images where their number is given.
  mutating func decompositionTerm(_ arguments: TermArguments, _ call: Call) throws(Recovery) -> ValueID {
    let (term, latent) = (arguments.key.term, arguments.key.subject)
    let posterior = try posterior(of: latent, for: call)
    guard let z = latents[latent]?.value else { throw Recovery() }
    let parameters = [posterior.mean, posterior.logvar]
    let aggregate = try emitAll("aggregate_posterior", [z] + parameters)
    guard aggregate.count == 2 else { throw Recovery() }
    var (joint, marginals) = (aggregate[0], aggregate[1])
    if let images = arguments.option {
      let offset = try emit("log", [try value(of: images)])
      joint = try emit("sub", [joint, offset])
      marginals = try emit("sub", [marginals, offset])
    }
    switch term {
    case "mutual_information":
      let own = try emit("sum_per_image", [try emit("normal_loglik", parameters + [z])])
      return try emit("sub", [own, joint], named: term)
    case "total_correlation":
      return try emit("sub", [joint, try emit("sum_per_image", [marginals])], named: term)
    default:
      try requirePrior(of: latent, for: call)
      let zero = try emit("constant", [], ["value": .float(0)])
      var moments = (mean: zero, logvar: zero)
      if case .normal(let mean, let logvar)? = priors[latent] { moments = (mean, logvar) }
      let prior = try emit("normal_loglik", [moments.mean, moments.logvar, z])
      return try emit("sum_per_image", [try emit("sub", [marginals, prior])], named: term)
    }
  }

  private mutating func emitAll(_ op: String, _ operands: [ValueID]) throws(Recovery) -> [ValueID] {
    do { return try builder.addAll(op, operands) } catch { throw fail(error) }
  }
}

extension ModelSymbols {
  /// The latents that the objective compares with draws of their priors.
  var matchedLatents: [String] {
    var names: [String] = []
    objective?.value.walk { expression in
      guard case .call(let call) = expression, call.name.text == "mmd",
        case .name(let latent)? = call.arguments.first?.value, latentNames.contains(latent.text),
        !names.contains(latent.text)
      else { return }
      names.append(latent.text)
    }
    return names
  }
}
