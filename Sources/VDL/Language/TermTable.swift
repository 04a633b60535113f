import IR

/// A term of an objective: one number per image.
struct TermDefinition: Sendable {
  enum Subject: Sendable {
    /// A result of the encoder.
    case latent
    /// An input that the decoder returns.
    case input
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
      formula: "KL(q(z | x) || p(z)) = sum over latents of (mean^2 + exp(logvar) - 1 - logvar) / 2",
      metric: "kl", isNegatedInMetrics: false),
    TermDefinition(
      name: "mse", subject: .input, formula: "mean over the elements of (x - decoded x)^2", metric: "mse",
      isNegatedInMetrics: false),
    TermDefinition(
      name: "sse", subject: .input, formula: "sum over the elements of (x - decoded x)^2", metric: "sse",
      isNegatedInMetrics: false),
    TermDefinition(
      name: "codebook", subject: .latent,
      formula:
        "sum over the elements of a quantized z of (h - e)^2, h what was quantized, e the codebook's; no gradient by h",
      metric: "codebook", isNegatedInMetrics: false),
    TermDefinition(
      name: "commitment", subject: .latent, formula: "the same number; no gradient by e", metric: "commitment",
      isNegatedInMetrics: false),
  ]

  static func named(_ name: String) -> TermDefinition? { definitions.first { $0.name == name } }
}
