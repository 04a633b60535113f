/// An option of a command: a `Flag`, an `Option` or a `RepeatedOption`.
public protocol CommandOption: Sendable {
  /// Without the dashes: `epochs`.
  var name: String { get }
  /// A letter for `-o`.
  var short: Character? { get }
  var help: String { get }
  /// What the help shows as the value, such as `N`; nil for a flag, and where the value may be left out.
  var placeholder: String? { get }
  /// The same for a value that may be left out and is else joined by `=`.
  var optionalPlaceholder: String? { get }
  /// What the help shows as the default.
  var defaultText: String? { get }
  var isRepeated: Bool { get }
  /// The value of a text, or nil where the text is not one.
  func value(of text: String) -> (any Sendable)?
  /// Which part of a text that is no value is wrong; nil where there is no more to say than `expected`.
  func fault(of text: String) -> String?
  /// What a value has to be: `a whole number of at least 1`.
  var expected: String { get }
  /// What shells offer for the value.
  var completion: ValueCompletion { get }
}

extension CommandOption {
  public var optionalPlaceholder: String? { nil }
  public func fault(of text: String) -> String? { nil }

  /// What the help shows behind the name: ` N`, `[=N]` or nothing.
  public var valueText: String { placeholder.map { " \($0)" } ?? optionalPlaceholder.map { "[=\($0)]" } ?? "" }
}

/// An option without a value.
public struct Flag: CommandOption {
  public let name: String
  public let short: Character?
  public let help: String
  public var placeholder: String? { nil }
  public var defaultText: String? { nil }
  public var isRepeated: Bool { false }
  public var expected: String { "no value" }
  public var completion: ValueCompletion { .anything }

  public init(_ name: String, short: Character? = nil, help: String) {
    self.name = name
    self.short = short
    self.help = help
  }

  public func value(of text: String) -> (any Sendable)? { nil }
}

/// An option with a value, given at most once.
public struct Option<Value: Sendable>: CommandOption {
  public let name: String
  public let short: Character?
  public let form: ValueForm<Value>
  public let help: String
  /// The value where the option is not given; nil where the command decides.
  public let defaultValue: Value?
  public let defaultText: String?
  public var placeholder: String? { form.placeholder }
  public var isRepeated: Bool { false }
  public var expected: String { form.expected }
  public var completion: ValueCompletion { form.completion }

  /// An option whose default, if it has one, is decided by the command and told in `default`.
  public init(
    _ name: String, short: Character? = nil, _ form: ValueForm<Value>, help: String, default text: String? = nil
  ) {
    self.name = name
    self.short = short
    self.form = form
    self.help = help
    self.defaultValue = nil
    self.defaultText = text
  }

  /// An option with a fixed default.
  public init(_ name: String, short: Character? = nil, _ form: ValueForm<Value>, help: String, value: Value) {
    self.name = name
    self.short = short
    self.form = form
    self.help = help
    self.defaultValue = value
    self.defaultText = "\(value)"
  }

  public func value(of text: String) -> (any Sendable)? { form.parse(text) }
  public func fault(of text: String) -> String? { form.fault(text) }
}

/// An option whose value may be left out: `--tune`, `--tune=60`.
public struct OptionalOption<Value: Sendable>: CommandOption {
  public let name: String
  public var short: Character? { nil }
  public let form: ValueForm<Value>
  public let help: String
  /// The value where the option is given without one.
  public let bareValue: Value
  public var placeholder: String? { nil }
  public var optionalPlaceholder: String? { form.placeholder }
  public var defaultText: String? { nil }
  public var isRepeated: Bool { false }
  public var expected: String { form.expected }
  public var completion: ValueCompletion { form.completion }

  public init(_ name: String, _ form: ValueForm<Value>, help: String, bare value: Value) {
    self.name = name
    self.form = form
    self.help = help
    bareValue = value
  }

  public func value(of text: String) -> (any Sendable)? { form.parse(text) }
  public func fault(of text: String) -> String? { form.fault(text) }
}

/// An option with a value that may be given several times: `--set hidden=200 --set latent=3`.
public struct RepeatedOption<Value: Sendable>: CommandOption {
  public let name: String
  public let short: Character?
  public let form: ValueForm<Value>
  public let help: String
  public var defaultText: String? { nil }
  public var placeholder: String? { form.placeholder }
  public var isRepeated: Bool { true }
  public var expected: String { form.expected }
  public var completion: ValueCompletion { form.completion }

  public init(_ name: String, short: Character? = nil, _ form: ValueForm<Value>, help: String) {
    self.name = name
    self.short = short
    self.form = form
    self.help = help
  }

  public func value(of text: String) -> (any Sendable)? { form.parse(text) }
  public func fault(of text: String) -> String? { form.fault(text) }
}
