/// An option of a command: a `Flag`, an `Option` or a `RepeatedOption`.
public protocol CommandOption: Sendable {
  /// Without the dashes: `epochs`.
  var name: String { get }
  /// A letter for `-o`.
  var short: Character? { get }
  var help: String { get }
  /// What the help shows as the value, such as `N`; nil for a flag.
  var placeholder: String? { get }
  /// What the help shows as the default.
  var defaultText: String? { get }
  var isRepeated: Bool { get }
  /// The value of a text, or nil where the text is not one.
  func value(of text: String) -> (any Sendable)?
  /// What a value has to be: `a whole number of at least 1`.
  var expected: String { get }
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

  public init(_ name: String, short: Character? = nil, _ form: ValueForm<Value>, help: String) {
    self.name = name
    self.short = short
    self.form = form
    self.help = help
  }

  public func value(of text: String) -> (any Sendable)? { form.parse(text) }
}

/// The form of an option's value: how it is shown, what it has to be, and how it is read.
public struct ValueForm<Value: Sendable>: Sendable {
  public let placeholder: String
  /// Completes "takes ...": `a whole number of at least 1`.
  public let expected: String
  public let parse: @Sendable (String) -> Value?

  public init(placeholder: String, expected: String, parse: @escaping @Sendable (String) -> Value?) {
    self.placeholder = placeholder
    self.expected = expected
    self.parse = parse
  }
}

/// `NAME=VALUE`.
public struct NamedValue: Sendable, Equatable {
  public let name: String
  public let value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

extension ValueForm where Value == String {
  /// Any text but the empty one.
  public static func text(_ placeholder: String) -> Self {
    Self(placeholder: placeholder, expected: placeholder) { $0.isEmpty ? nil : $0 }
  }

  /// One of some words.
  public static func choice(_ words: [String]) -> Self {
    let list =
      words.count < 2
      ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
    return Self(placeholder: words.joined(separator: "|"), expected: list) { words.contains($0) ? $0 : nil }
  }
}

extension ValueForm where Value == Int {
  /// A whole number of at least some other.
  public static func integer(_ range: PartialRangeFrom<Int>, _ placeholder: String = "N") -> Self {
    Self(placeholder: placeholder, expected: "a whole number of at least \(range.lowerBound)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A whole number in a range.
  public static func integer(_ range: ClosedRange<Int>, _ placeholder: String = "N") -> Self {
    Self(placeholder: placeholder, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
      text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension ValueForm where Value == UInt64 {
  /// A whole number of 64 bits.
  public static var seed: Self {
    Self(placeholder: "N", expected: "a whole number from 0 to 18446744073709551615") { UInt64($0) }
  }
}

extension ValueForm where Value == Double {
  /// A finite number.
  public static var number: Self {
    Self(placeholder: "X", expected: "a number") { Double($0).flatMap { $0.isFinite ? $0 : nil } }
  }

  /// A finite number above 0.
  public static var positiveNumber: Self {
    Self(placeholder: "X", expected: "a number above 0") { text in
      Double(text).flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
    }
  }
}

extension ValueForm where Value == NamedValue {
  /// `NAME=VALUE`, both of them not empty.
  public static var named: Self {
    Self(placeholder: "NAME=VALUE", expected: "NAME=VALUE") { text in
      guard let sign = text.firstIndex(of: "=") else { return nil }
      let (name, value) = (text[..<sign], text[text.index(after: sign)...])
      return name.isEmpty || value.isEmpty ? nil : NamedValue(name: String(name), value: String(value))
    }
  }
}
