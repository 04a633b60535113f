import IR

/// What an argument of a layer, an optimizer or another call of the language may be.
enum ArgumentKind: Sendable, Equatable {
  case integer(atLeast: Int)
  /// One integer or more, all positional.
  case integers(atLeast: Int)
  /// A number in that interval.
  case number(NumberInterval)
  /// The word `yes` or `no`.
  case flag
  /// An integer or the word `same`.
  case padding
  /// An initializer: its name, or a call of it.
  case initializer
  /// One of these words.
  case word([String])
  /// One tensor or more, all positional; of layers alone.
  case tensors
}

extension ArgumentKind {
  static let yesOrNo = ArgumentKind.word(["true", "false"])
  /// The words that stand for themselves where they are arguments of a block.
  static let words: Set = ["same", "true", "false"]
}

/// An interval of numbers, open where it says so.
enum NumberInterval: String, Sendable {
  case positive = "above 0"
  case nonnegative = "0 or above"
  case unit = "from 0 up to, not including, 1"
  case openUnit = "above 0 and below 1"
  case real = "a finite number"

  func contains(_ value: Double) -> Bool {
    switch self {
    case .positive: value > 0
    case .nonnegative: value >= 0
    case .unit: value >= 0 && value < 1
    case .openUnit: value > 0 && value < 1
    case .real: value.isFinite
    }
  }
}

/// The value that an argument has after binding.
enum ArgumentValue: Sendable, Equatable {
  case integer(Int)
  case integers([Int])
  case number(Double)
  case symbol(String)
  case initializer(BoundInitializer)
  case tensors([ValueID])
}

/// One parameter of a signature.
struct ParameterDefinition: Sendable {
  let name: String
  let kind: ArgumentKind
  /// Whether the argument may be given without its label, by its place.
  let isPositional: Bool
  /// Nil where the argument must be given.
  let defaultValue: ArgumentValue?
  let summary: String

  init(
    _ name: String, _ kind: ArgumentKind, positional: Bool = false, default value: ArgumentValue? = nil,
    _ summary: String
  ) {
    self.name = name
    self.kind = kind
    isPositional = positional
    defaultValue = value
    self.summary = summary
  }

  /// Whether it takes all arguments without a label.
  var isRepeated: Bool {
    switch kind {
    case .integers, .tensors: true
    default: false
    }
  }
}

/// A name with its parameters: what a call is checked against.
struct Signature: Sendable {
  let name: String
  let parameters: [ParameterDefinition]

  /// As messages and the documentation print it: `conv(channels, kernel:, stride: 1)`.
  var text: String {
    guard !parameters.isEmpty else { return name }
    let list = parameters.map { parameter in
      if parameter.isPositional {
        return parameter.isRepeated ? "\(parameter.name)..." : parameter.name
      }
      return "\(parameter.name):" + (parameter.defaultValue.map { " \($0.text)" } ?? "")
    }
    return "\(name)(\(list.joined(separator: ", ")))"
  }
}

extension ArgumentValue {
  var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .integers(let values): values.map(String.init).joined(separator: ", ")
    case .number(let value): "\(value)"
    case .symbol(let name): name
    case .initializer(let bound): bound.text
    case .tensors(let values): values.map { "%\($0.index)" }.joined(separator: ", ")
    }
  }
}

/// The arguments of a call by the names of their parameters, defaults filled in.
struct BoundArguments: Sendable, Equatable {
  var values: [String: ArgumentValue]

  // Binding has checked that each parameter has a value of its kind; the neutral values are never seen.
  func integer(_ name: String) -> Int { if case .integer(let value)? = values[name] { value } else { 0 } }
  func integers(_ name: String) -> [Int] { if case .integers(let value)? = values[name] { value } else { [] } }
  func number(_ name: String) -> Double { if case .number(let value)? = values[name] { value } else { 0 } }
  func tensors(_ name: String) -> [ValueID] {
    if case .tensors(let value)? = values[name] { value } else { [] }
  }
  func symbol(_ name: String) -> String? { if case .symbol(let value)? = values[name] { value } else { nil } }
  func initializer(_ name: String) -> BoundInitializer {
    if case .initializer(let value)? = values[name] { value } else { .standard }
  }
}
