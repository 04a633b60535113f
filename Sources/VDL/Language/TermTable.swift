import IR

/// A term of an objective: one number per image.
struct TermDefinition: Sendable {
  enum Subject: Sendable {
    /// A result of the encoder.
    case latent
    /// An input that the decoder returns.
    case input
    /// Any value of the encoder or the decoder.
    case value
  }

  /// A number that changes what a term is: `free:` of `kl(z, free: 0.25)`.
  struct Option: Sendable {
    let label: String
    /// What metrics call the term with it.
    let metric: String
  }

  let name: String
  let subject: Subject
  var option: Option?
  let formula: String
  /// What metrics call it. A log-likelihood is shown as what it costs: its negative, the reconstruction error.
  let metric: String
  /// Whether the metric is the term's negative.
  var isNegatedInMetrics = false
  /// Whether an objective wants more of it; nil where either may be meant.
  var isGain: Bool? = false

  /// As the documentation prints it: `kl(z)`.
  var text: String { "\(name)(\(subject.example))" }
}

extension TermDefinition.Subject {
  /// The name that stands for a subject in the documentation.
  var example: String {
    switch self {
    case .latent: "z"
    case .input: "x"
    case .value: "h"
    }
  }
}

enum TermTable {
  static let definitions: [TermDefinition] = [
    TermDefinition(
      name: "loglik", subject: .input, formula: "log p(x | z), the sum over the elements of x",
      metric: "reconstruction", isNegatedInMetrics: true, isGain: true),
    TermDefinition(
      name: "kl", subject: .latent, option: TermDefinition.Option(label: "free", metric: "kl_free"),
      formula:
        "KL(q(z | x) || p(z)) = sum over latents of (mean^2 + exp(logvar) - 1 - logvar) / 2; with `free: f` each "
        + "latent counts at least f nats",
      metric: "kl"),
    TermDefinition(
      name: "mse", subject: .input, formula: "mean over the elements of (x - decoded x)^2", metric: "mse"),
    TermDefinition(
      name: "sse", subject: .input, formula: "sum over the elements of (x - decoded x)^2", metric: "sse"),
    TermDefinition(
      name: "l1", subject: .value, formula: "sum over the elements of the absolute value", metric: "l1"),
    TermDefinition(name: "l2", subject: .value, formula: "sum over the elements of h^2", metric: "l2"),
  ]

  static func named(_ name: String) -> TermDefinition? { definitions.first { $0.name == name } }
}
