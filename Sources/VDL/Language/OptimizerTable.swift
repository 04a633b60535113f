/// An optimizer of the language with its parameters.
struct OptimizerDefinition: Sendable {
  let signature: Signature
  /// What a step does with a parameter p and its gradient g; t counts steps from 1.
  let formula: String
  var name: String { signature.name }

  /// - Parameters:
  ///   - rate: the default, PyTorch's.
  ///   - others: the parameters between the rate and the decay.
  ///   - decay: the default; PyTorch's.
  init(
    _ name: String, rate: Double, _ others: [ParameterDefinition], decay: Double = 0,
    decayMeaning: String? = nil,
    _ formula: String
  ) {
    let coupled = "coupled L2: decay times the weight is added to its gradient; run-time input"
    signature = Signature(
      name: name,
      parameters: [
        ParameterDefinition(
          "rate", .number(.positive), default: .number(rate), "learning rate; run-time input")
      ] + others + [
        ParameterDefinition("decay", .number(.nonnegative), default: .number(decay), decayMeaning ?? coupled)
      ])
    self.formula = formula
  }
}

enum OptimizerTable {
  private static let moments = [
    ParameterDefinition("beta1", .number(.unit), default: .number(0.9), "decay of the mean of gradients"),
    ParameterDefinition("beta2", .number(.unit), default: .number(0.999), "decay of the mean of their squares"),
    epsilon(1e-8),
  ]

  private static func epsilon(_ value: Double) -> ParameterDefinition {
    ParameterDefinition("epsilon", .number(.positive), default: .number(value), "outside the square root")
  }

  private static let momentum = ParameterDefinition(
    "momentum", .number(.unit), default: .number(0), "share of the direction before that is kept; 0 for none")

  private static let adamStep =
    "m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2; "
    + "p <- p - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)"

  static let definitions: [OptimizerDefinition] = [
    OptimizerDefinition(
      "adam", rate: 1e-3, moments, "g <- g + decay p; \(adamStep) (Kingma and Ba 2015, algorithm 1)"),
    OptimizerDefinition(
      "adamw", rate: 1e-3, moments, decay: 1e-2,
      decayMeaning: "decoupled: the weight is made smaller by rate times decay of it; run-time input",
      "p <- (1 - rate decay) p; \(adamStep) (Loshchilov and Hutter 2019, algorithm 2, as PyTorch has it)"),
    OptimizerDefinition(
      "sgd", rate: 1e-3,
      [
        momentum,
        ParameterDefinition(
          "nesterov", .flag, default: .symbol("no"), "looks ahead along the momentum, which it needs"),
      ],
      "g <- g + decay p; m <- momentum m + g; p <- p - rate m, with nesterov: yes p <- p - rate (g + momentum m) "
        + "(Sutskever et al. 2013, as PyTorch has it: the rate is not in m)"),
    OptimizerDefinition(
      "rmsprop", rate: 1e-2,
      [
        ParameterDefinition(
          "alpha", .number(.unit), default: .number(0.99), "decay of the mean of squared gradients"),
        epsilon(1e-8), momentum,
      ],
      "g <- g + decay p; v <- alpha v + (1 - alpha) g^2; m <- momentum m + g / (sqrt(v) + epsilon); p <- p - rate m "
        + "(Tieleman and Hinton 2012, as PyTorch has it: epsilon outside the root, not centred)"),
    OptimizerDefinition(
      "adagrad", rate: 1e-2, [epsilon(1e-10)],
      "g <- g + decay p; s <- s + g^2, from 0; p <- p - rate g / (sqrt(s) + epsilon) "
        + "(Duchi et al. 2011, as PyTorch has it)"),
  ]

  static func named(_ name: String) -> OptimizerDefinition? { definitions.first { $0.name == name } }
}

/// What may be done to the gradients before the optimizer's step.
enum ClippingTable {
  struct Definition: Sendable {
    let signature: Signature
    let formula: String
  }

  private static let limit = ParameterDefinition(
    "limit", .number(.positive), positional: true, "run-time input")

  static let definitions: [Definition] = [
    Definition(
      signature: Signature(name: "norm", parameters: [limit]),
      formula: "all gradients times min(1, limit / (n + 1e-6)), n the root of the sum of all their squares "
        + "(Pascanu et al. 2013, algorithm 1, as PyTorch has it)"),
    Definition(
      signature: Signature(name: "value", parameters: [limit]),
      formula: "each element of a gradient between -limit and limit"),
  ]
}

/// The settings of `train { ... }`.
enum TrainTable {
  static let settings = Signature(
    name: "train",
    parameters: [
      ParameterDefinition("batch", .integer(atLeast: 1), default: .integer(128), "images in a step"),
      ParameterDefinition("epochs", .integer(atLeast: 1), default: .integer(10), "passes over the data"),
    ])
  /// The most that a setting may be: steps are counted in 32 bits.
  static let largest = 1 << 24
  /// The settings whose value is a call.
  static let optimizer = "optimizer"
  static let clip = "clip"
  static let names = settings.parameters.map(\.name) + [optimizer, clip]
}
