import IR

/// A way to draw a layer's first weights, by its name in the language.
struct InitializerDefinition: Sendable {
  let signature: Signature
  let summary: String
  let formula: String
  /// The initializer of the weight of that name.
  let make: @Sendable (_ weight: String, BoundArguments) -> Initializer

  var name: String { signature.name }

  init(
    _ name: String, _ parameters: [ParameterDefinition] = [], _ formula: String, _ summary: String,
    make: @escaping @Sendable (_ weight: String, BoundArguments) -> Initializer
  ) {
    signature = Signature(name: name, parameters: parameters)
    self.summary = summary
    self.formula = formula
    self.make = make
  }

  init(_ scale: InitializerScale, _ formula: String, _ summary: String) {
    self.init(scale.rawValue, [], formula, summary) { weight, _ in .scaled(scale, of: weight) }
  }
}

enum InitializerTable {
  /// What a layer begins with when its text names nothing: PyTorch's defaults, for the bias too.
  static let defaultName = InitializerScale.fanInUniform.rawValue

  static let definitions: [InitializerDefinition] = [
    InitializerDefinition(
      .fanInUniform, "U(-a, a), a = 1 / sqrt(fan_in)",
      "PyTorch's default; the bias is drawn from the same interval"),
    InitializerDefinition(
      .glorotUniform, "U(-a, a), a = sqrt(6 / (fan_in + fan_out))",
      "Keras's default (Glorot and Bengio 2010, equation 16); the bias is 0"),
    InitializerDefinition(
      .glorotNormal, "N(0, s^2), s = sqrt(2 / (fan_in + fan_out))",
      "the same variance (Glorot and Bengio 2010, equation 12); the bias is 0"),
    InitializerDefinition(
      .heUniform, "U(-a, a), a = sqrt(6 / fan_in)", "the variance of he_normal; the bias is 0"),
    InitializerDefinition(
      .heNormal, "N(0, s^2), s = sqrt(2 / fan_in)",
      "for ReLU networks (He et al. 2015, equation 10); the bias is 0"),
    InitializerDefinition(
      "normal", [ParameterDefinition("std", .number(.nonnegative), "standard deviation of the first weights")],
      "N(0, std^2)", "the bias is 0",
      make: { _, arguments in .normal(standardDeviation: arguments.number("std")) }),
    InitializerDefinition("zeros", [], "0", "the bias is 0 too", make: { _, _ in .constant(0) }),
  ]

  static func named(_ name: String) -> InitializerDefinition? { definitions.first { $0.name == name } }
}

/// An initializer with its arguments: what a layer's `init:` is bound to.
struct BoundInitializer: Sendable, Equatable {
  var name: String
  var arguments = BoundArguments(values: [:])

  static let standard = BoundInitializer(name: InitializerTable.defaultName)

  /// Of the weight of that name.
  func initializer(of weight: String) -> Initializer {
    InitializerTable.named(name)?.make(weight, arguments) ?? .constant(0)
  }

  /// Of the bias beside that weight: it follows its weight by default and is 0 where the text names an initializer.
  func biasInitializer(of weight: String) -> Initializer {
    name == InitializerTable.defaultName ? initializer(of: weight) : .constant(0)
  }

  /// As it is written: `normal(std: 0.02)`.
  var text: String {
    let parameters = InitializerTable.named(name)?.signature.parameters ?? []
    let list = parameters.compactMap { parameter in
      arguments.values[parameter.name].map { "\(parameter.name): \($0.text)" }
    }
    return list.isEmpty ? name : "\(name)(\(list.joined(separator: ", ")))"
  }
}
