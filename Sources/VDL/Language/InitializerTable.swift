import IR

/// A way to draw a layer's first weights, by its name in the language.
struct InitializerDefinition: Sendable {
  let name: String
  let summary: String
  let formula: String
  /// The initializer of the weight of that name.
  let make: @Sendable (_ weight: String) -> Initializer
}

enum InitializerTable {
  /// What a layer begins with when its text names nothing: PyTorch's defaults, for the bias too.
  static let defaultName = "fan_in_uniform"

  static let definitions: [InitializerDefinition] = [
    InitializerDefinition(
      name: defaultName, summary: "PyTorch's default; the bias is drawn from the same interval",
      formula: "U(-a, a), a = 1 / sqrt(fan_in)", make: { .fanInUniform(of: $0) }),
    InitializerDefinition(
      name: "glorot_uniform", summary: "Keras's default (Glorot and Bengio 2010, equation 16); the bias is 0",
      formula: "U(-a, a), a = sqrt(6 / (fan_in + fan_out))", make: { .glorotUniform(of: $0) }),
    InitializerDefinition(
      name: "he_normal", summary: "for ReLU networks (He et al. 2015, equation 10); the bias is 0",
      formula: "N(0, s^2), s = sqrt(2 / fan_in)", make: { .heNormal(of: $0) }),
    InitializerDefinition(
      name: "zeros", summary: "the bias is 0 too", formula: "0", make: { _ in .constant(0) }),
  ]

  static func named(_ name: String) -> InitializerDefinition? { definitions.first { $0.name == name } }

  /// Of a layer's bias: it follows its weight by default and is 0 where the text names an initializer.
  static func bias(of weight: String, initializer: String) -> Initializer {
    initializer == defaultName ? .fanInUniform(of: weight) : .constant(0)
  }
}
