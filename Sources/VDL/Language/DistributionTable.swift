import IR

/// A distribution of the language.
struct DistributionDefinition: Sendable {
  let name: String
  /// Where it may stand: as a posterior (encoder), a prior, a likelihood (decoder).
  let roles: [ScopeKind]
  /// The labels that it takes; each inner list holds alternatives, one of which must be given.
  let parameters: [[String]]
  let formula: String

  /// As messages print it: `normal(mean:, logvar: or std:)`.
  var text: String {
    let list = parameters.map { $0.map { "\($0):" }.joined(separator: " or ") }
    return "\(name)(\(list.joined(separator: ", ")))"
  }
}

enum DistributionTable {
  static let definitions: [DistributionDefinition] = [
    DistributionDefinition(
      name: "normal", roles: [.encoder, .prior], parameters: [["mean"], ["logvar", "std"]],
      formula: "N(mean, exp(logvar)) or N(mean, std^2), independent per element; a prior's may be numbers"),
    DistributionDefinition(
      name: "bernoulli", roles: [.decoder], parameters: [["logits"]],
      formula: "log p(x) = x logits - log(1 + exp(logits)), also for grey levels x between 0 and 1; "
        + "its mean is sigmoid(logits)"),
  ]

  static func named(_ name: String) -> DistributionDefinition? { definitions.first { $0.name == name } }
}
