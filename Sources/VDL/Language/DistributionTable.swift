import IR

/// A distribution of the language.
struct DistributionDefinition: Sendable {
  let name: String
  /// Where it may stand: as a posterior (encoder), a prior, a likelihood (decoder).
  let roles: [ScopeKind]
  /// The labels that it takes; each inner list holds alternatives, one of which must be given.
  let parameters: [[String]]
  /// What it is as a likelihood.
  var likelihood: LikelihoodDefinition?
  let formula: String

  /// As messages print it: `normal(mean:, logvar: or std:)`.
  var text: String {
    let list = parameters.map { $0.map { "\($0):" }.joined(separator: " or ") }
    return "\(name)(\(list.joined(separator: ", ")))"
  }
}

/// How the IR says a likelihood.
struct LikelihoodDefinition: Sendable {
  /// The op that gives log p of each element, of the parameters in their order and of the data.
  let op: String
  /// The op that makes the distribution's mean of the first parameter; nil where that is the mean.
  let meanOp: String?
  /// Parameters that may be a number, the same for all elements, and the interval that it has to be in.
  var numbers: [String: NumberInterval] = [:]
  /// Whether it draws a class. Then the op that gives log p takes the logarithms of the probabilities and the class as a row of
  /// `one_hot`, so that its sum over the row is the logarithm at the class; the mean is the probabilities.
  var isOfClasses = false
}

enum DistributionTable {
  static let definitions: [DistributionDefinition] = [
    DistributionDefinition(
      name: "normal", roles: [.encoder, .prior, .decoder], parameters: [["mean"], ["logvar", "std"]],
      likelihood: LikelihoodDefinition(
        op: "normal_loglik", meanOp: nil, numbers: ["std": .positive, "logvar": .real]),
      formula: "N(mean, exp(logvar)) or N(mean, std^2), independent per element; a prior's may be numbers; "
        + "as a likelihood log p(x) = -((x - mean)^2 / exp(logvar) + logvar + log(2 pi)) / 2, logvar or std a tensor "
        + "or a number"),
    DistributionDefinition(
      name: "bernoulli", roles: [.decoder], parameters: [["logits"]],
      likelihood: LikelihoodDefinition(op: "bernoulli_loglik", meanOp: "sigmoid"),
      formula: "log p(x) = x logits - log(1 + exp(logits)), also for grey levels x between 0 and 1; "
        + "its mean is sigmoid(logits)"),
    DistributionDefinition(
      name: "continuous_bernoulli", roles: [.decoder], parameters: [["logits"]],
      likelihood: LikelihoodDefinition(op: "continuous_bernoulli_loglik", meanOp: "continuous_bernoulli_mean"),
      formula: "log p(x) = x logits - log((exp(logits) - 1) / logits), a density on 0 ... 1 "
        + "(Loaiza-Ganem and Cunningham 2019); its mean is 1 / (1 - exp(-logits)) - 1 / logits"),
    DistributionDefinition(
      name: "laplace", roles: [.decoder], parameters: [["mean"], ["scale"]],
      likelihood: LikelihoodDefinition(op: "laplace_loglik", meanOp: nil, numbers: ["scale": .positive]),
      formula: "log p(x) = -|x - mean| / scale - log(2 scale), scale a tensor or a number"),
    DistributionDefinition(
      name: "categorical", roles: [.decoder], parameters: [["logits"]],
      likelihood: LikelihoodDefinition(op: "mul", meanOp: "exp", isOfClasses: true),
      formula:
        "of a class y: log p(y) = logits[y] - log(sum of exp(logits)), the negative cross-entropy, logits a number for "
        + "each class; its mean is the probabilities exp(logits) / sum of exp(logits)"),
  ]

  static func named(_ name: String) -> DistributionDefinition? { definitions.first { $0.name == name } }
}
