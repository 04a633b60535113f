import IR

/// A term of an objective: one number per image.
struct TermDefinition: Sendable {
  enum Subject: Sendable {
    /// A result of the encoder.
    case latent
    /// An input that the decoder returns.
    case input
    /// The whole model; the argument is the number of draws.
    case draws
  }

  /// How the term is written: `kl(z)`.
  var form: String {
    switch subject {
    case .latent: "\(name)(z)"
    case .input: "\(name)(x)"
    case .draws: "\(name)(samples:)"
    }
  }

  let name: String
  let subject: Subject
  let formula: String
  /// What metrics call it. A log-likelihood is shown as what it costs: its negative, the reconstruction error.
  let metric: String
  /// Whether the metric is the term's negative.
  let isNegatedInMetrics: Bool
}

enum TermTable {
  static let definitions: [TermDefinition] = [
    TermDefinition(
      name: "loglik", subject: .input, formula: "log p(x | z), the sum over the elements of x",
      metric: "reconstruction", isNegatedInMetrics: true),
    TermDefinition(
      name: "kl", subject: .latent,
      formula: "KL(q(z | x) || p(z)), the sum over the latents; for p = N(0, 1) each is "
        + "(mean^2 + exp(logvar) - 1 - logvar) / 2",
      metric: "kl", isNegatedInMetrics: false),
    TermDefinition(
      name: "mse", subject: .input, formula: "mean over the elements of (x - decoded x)^2", metric: "mse",
      isNegatedInMetrics: false),
    TermDefinition(
      name: "sse", subject: .input, formula: "sum over the elements of (x - decoded x)^2", metric: "sse",
      isNegatedInMetrics: false),
    TermDefinition(
      name: iwae, subject: .draws,
      formula:
        "log of the mean over so many draws of p(x | z) p(z) / q(z | x) (Burda, Grosse, Salakhutdinov 2016)",
      metric: "iwae", isNegatedInMetrics: true),
  ]

  /// The term that asks for several draws of each image.
  static let iwae = "iwae"
  /// The largest number of draws.
  static let sampleLimit = 1000

  static func named(_ name: String) -> TermDefinition? { definitions.first { $0.name == name } }
}
