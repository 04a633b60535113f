/// An optimizer of the language with its parameters.
struct OptimizerDefinition: Sendable {
  let signature: Signature
  let formula: String
  var name: String { signature.name }
}

enum OptimizerTable {
  static let definitions: [OptimizerDefinition] = [
    OptimizerDefinition(
      signature: Signature(
        name: "adam",
        parameters: [
          ParameterDefinition(
            "rate", .number(.positive), default: .number(1e-3), "learning rate; run-time input"),
          ParameterDefinition("beta1", .number(.unit), default: .number(0.9), "decay of the mean of gradients"),
          ParameterDefinition(
            "beta2", .number(.unit), default: .number(0.999), "decay of the mean of their squares"),
          ParameterDefinition("epsilon", .number(.positive), default: .number(1e-8), "outside the square root"),
          ParameterDefinition(
            "decay", .number(.nonnegative), default: .number(0),
            "coupled L2: decay times the weight is added to its gradient; run-time input"),
        ]),
      formula: "g <- g + decay p; m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2; "
        + "p <- p - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) (Kingma and Ba 2015)")
  ]

  static func named(_ name: String) -> OptimizerDefinition? { definitions.first { $0.name == name } }
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
  /// The setting whose value is a call.
  static let optimizer = "optimizer"
}
