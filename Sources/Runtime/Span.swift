/// A length of training: `500` or `500steps`, `5epochs`.
public struct Span: Equatable, Sendable {
  public enum Unit: String, Sendable {
    case steps
    case epochs
  }

  /// Above 0; need not be whole.
  public var count: Double
  public var unit: Unit

  public init(_ count: Double, _ unit: Unit) {
    self.count = count
    self.unit = unit
  }

  func steps(perEpoch: Int) -> Double { unit == .steps ? count : count * Double(perEpoch) }
}

extension Span: CustomStringConvertible, LosslessStringConvertible {
  private static let most = 1e9

  public init?(_ text: String) {
    let units: [(ending: String, unit: Unit)] = [
      ("steps", .steps), ("step", .steps), ("epochs", .epochs), ("epoch", .epochs), ("", .steps),
    ]
    guard let (ending, unit) = units.first(where: { text.hasSuffix($0.ending) }),
      let count = Double(decimal: text.dropLast(ending.count)), count > 0, count <= Self.most
    else { return nil }
    self.init(count, unit)
  }

  public var description: String { plainNumber(count) + unit.rawValue }
}

extension Span: Codable {
  public init(from decoder: any Decoder) throws { self = try decodeText(decoder) }
  public func encode(to encoder: any Encoder) throws { try encodeText(self, encoder) }
}

extension Double {
  /// The finite number that a text of decimal digits says; nil for all else, such as `0x10` and `nan`.
  init?(decimal text: some StringProtocol) {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
      let value = Double(text), value.isFinite
    else { return nil }
    self = value
  }
}

/// `5` for 5.0, `0.5` for 0.5.
func plainNumber(_ value: Double) -> String {
  Int(exactly: value).map(String.init) ?? "\(value)"
}
