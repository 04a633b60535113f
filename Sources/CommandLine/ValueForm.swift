/// The form of an option's value: how it is shown, what it has to be, and how it is read.
public struct ValueForm<Value: Sendable>: Sendable {
  public let placeholder: String
  /// Completes "takes ...": `a whole number of at least 1`.
  public let expected: String
  /// What shells offer.
  public let completion: ValueCompletion
  public let parse: @Sendable (String) -> Value?
  /// Which part of a text that is no value is wrong, and what it has to be; nil where there is no more to say than `expected`.
  public let fault: @Sendable (String) -> String?

  public init(
    placeholder: String, expected: String, completion: ValueCompletion = .anything,
    fault: @escaping @Sendable (String) -> String? = { _ in nil }, parse: @escaping @Sendable (String) -> Value?
  ) {
    self.fault = fault
    self.placeholder = placeholder
    self.expected = expected
    self.completion = completion
    self.parse = parse
  }
}

/// What a shell offers for a value.
public enum ValueCompletion: Sendable, Equatable {
  /// Nothing, as the value may be any text.
  case anything
  case words([String])
  /// Words joined by commas.
  case list([String])
  /// Files with one of these endings (`vdl`), or any file where there is none; folders too, as the way there.
  case files([String])
  case folders

  /// The words that there are to choose from.
  var words: [String] {
    switch self {
    case .words(let words), .list(let words): words
    case .anything, .files, .folders: []
    }
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
  public static func text(
    _ placeholder: String, expected: String = "a name", completion: ValueCompletion = .anything
  ) -> Self {
    Self(placeholder: placeholder, expected: expected, completion: completion) { $0.isEmpty ? nil : $0 }
  }

  /// The path of a file; shells offer those with one of the endings, or all where there is none.
  public static func file(_ placeholder: String = "FILE", endings: [String] = []) -> Self {
    text(placeholder, expected: "a file's path", completion: .files(endings))
  }

  /// The path of a folder.
  public static var folder: Self { text("DIR", expected: "a folder's path", completion: .folders) }

  /// One of some words.
  /// - Parameter placeholder: shown in place of the words where they would fill a line; the option's help then names them.
  public static func choice(_ words: [String], _ placeholder: String? = nil) -> Self {
    Self(
      placeholder: placeholder ?? words.joined(separator: "|"), expected: alternatives(words),
      completion: .words(words)
    ) {
      words.contains($0) ? $0 : nil
    }
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

extension Double {
  /// The finite number that a text of decimal digits says: `2`, `-0.5`, `1e-3`. Nil for all else, also for what the standard
  /// library takes besides: `0x10`, `inf`, `nan`.
  public init?(decimal text: some StringProtocol) {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
      let value = Double(text), value.isFinite
    else { return nil }
    self = value
  }
}

extension ValueForm where Value == Double {
  /// A finite number.
  public static var number: Self {
    Self(placeholder: "X", expected: "a number") { Double(decimal: $0) }
  }

  /// A finite number above 0.
  public static var positiveNumber: Self {
    Self(placeholder: "X", expected: "a number above 0") { text in
      Double(decimal: text).flatMap { $0 > 0 ? $0 : nil }
    }
  }

  /// A number above 0 up to a limit.
  public static func positiveNumber(to limit: Int, _ placeholder: String = "X") -> Self {
    Self(placeholder: placeholder, expected: "a number above 0 and at most \(limit)") { text in
      Double(decimal: text).flatMap { $0 > 0 && $0 <= Double(limit) ? $0 : nil }
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

/// `slow, fast or odd`
func alternatives(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.joined() }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
