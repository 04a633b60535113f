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
    /// The whole model; the argument is the number of draws.
    case draws
  }

  /// A number that a term is given by a label: `free:` of `kl(z, free: 0.25)`.
  struct Option: Sendable {
    let label: String
    let interval: NumberInterval
    var isRequired = false
    /// What metrics call the term with it, where that is another term.
    var metric: String?
  }

  let name: String
  let subject: Subject
  /// Whether a second name follows: the input of the encoder by which the subject is differentiated.
  var isByInput = false
  var option: Option?
  let formula: String
  /// What metrics call it. A log-likelihood is shown as what it costs: its negative, the reconstruction error.
  let metric: String
  /// Whether the metric is the term's negative.
  var isNegatedInMetrics = false
  /// Whether an objective wants more of it; nil where either may be meant.
  var isGain: Bool? = false

  init(
    _ name: String, _ subject: Subject, isByInput: Bool = false, option: Option? = nil, metric: String? = nil,
    isNegatedInMetrics: Bool = false,
    isGain: Bool? = false, _ formula: String
  ) {
    self.name = name
    self.subject = subject
    self.isByInput = isByInput
    self.option = option
    self.formula = formula
    self.metric = metric ?? name
    self.isNegatedInMetrics = isNegatedInMetrics
    self.isGain = isGain
  }

  /// As messages and the documentation print it: `kl(z)`.
  var text: String {
    let label = option.flatMap { $0.isRequired ? ", \($0.label):" : nil } ?? ""
    return "\(name)(\(subject.example)\(isByInput ? ", x" : "")\(label))"
  }
}

extension TermDefinition.Subject {
  /// The name that stands for a subject in the documentation.
  var example: String {
    switch self {
    case .latent: "z"
    case .input: "x"
    case .value: "h"
    case .draws: "samples:"
    }
  }
}

enum TermTable {
  static let definitions = termsOfImages + termsOfBatches

  /// The term that asks for several draws of each image.
  static let iwae = "iwae"
  /// The largest number of draws.
  static let sampleLimit = 1000

  static func named(_ name: String) -> TermDefinition? { definitions.first { $0.name == name } }

  private static let termsOfImages: [TermDefinition] = [
    TermDefinition(
      "loglik", .input, metric: "reconstruction", isNegatedInMetrics: true, isGain: true,
      "log p(x | z), the sum over the elements of x"),
    TermDefinition(
      "kl", .latent, option: TermDefinition.Option(label: "free", interval: .nonnegative, metric: "kl_free"),
      "KL(q(z | x) || p(z)), the sum over the latents; for p = N(0, 1) each is "
        + "(mean^2 + exp(logvar) - 1 - logvar) / 2; with `free: f` each latent counts at least f nats"),
    TermDefinition(
      iwae, .draws, metric: "iwae", isNegatedInMetrics: true, isGain: true,
      "log of the mean over so many draws of p(x | z) p(z) / q(z | x) (Burda, Grosse, Salakhutdinov 2016)"),
    TermDefinition("mse", .input, "mean over the elements of (x - decoded x)^2"),
    TermDefinition("sse", .input, "sum over the elements of (x - decoded x)^2"),
    TermDefinition(
      "codebook", .latent,
      "sum over the elements of a quantized z of (h - e)^2, h what was quantized, e the codebook's; no gradient by h"
    ),
    TermDefinition("commitment", .latent, "the same number; no gradient by e"),
    TermDefinition("l1", .value, "sum over the elements of the absolute value"),
    TermDefinition("l2", .value, "sum over the elements of h^2"),
    TermDefinition(
      "jacobian", .value, isByInput: true,
      "sum of the squares of all derivatives of h by x (Rifai et al. 2011); of a drawn latent, those of its mean"
    ),
  ]

  /// Terms in which an image's number depends on the other images of its batch.
  private static let termsOfBatches: [TermDefinition] = [
    TermDefinition(
      "kl_sparsity", .value,
      option: TermDefinition.Option(label: "target", interval: .openUnit, isRequired: true),
      "sum over the units of KL(Bernoulli(target) || Bernoulli(a unit's mean over the batch)), the same for all images; for units "
        + "between 0 and 1"),
    TermDefinition(
      "mmd", .latent,
      "maximum mean discrepancy of the batch's codes and as many draws of the prior, unbiased, with inverse multiquadratic kernels "
        + "(Tolstikhin et al. 2018)"),
    TermDefinition(
      "mutual_information", .latent, option: images, isGain: nil,
      "log q(z | x) - log q(z), q(z) the mean of the posteriors (Chen et al. 2018, equation 2)"),
    TermDefinition(
      "total_correlation", .latent, option: images, "log q(z) - sum over latents of log q(z_j) (the same)"),
    TermDefinition(
      "dimension_kl", .latent, option: images, "sum over latents of log q(z_j) - log p(z_j) (the same)"),
  ]

  private static let images = TermDefinition.Option(label: "images", interval: .positive)
}
