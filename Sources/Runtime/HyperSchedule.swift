/// A hyper that goes in a straight line from one value to another and stays there: `0:1@5epochs`, such as the weight of the
/// KL that is raised from nothing so that the posterior does not collapse at first (Bowman et al.: "Generating sentences
/// from a continuous space", 2016, section 3.1; Sønderby et al.: "Ladder variational autoencoders", 2016, section 2.3).
public struct HyperSchedule: Equatable, Sendable {
  /// The value of the first step.
  public var from: Double
  /// The value of all steps behind the span. Evaluation takes this one, so that figures of different epochs compare.
  public var to: Double
  public var span: Span

  public init(from: Double, to: Double, span: Span) {
    self.from = from
    self.to = to
    self.span = span
  }

  /// - Parameter step: from 1.
  func value(step: Int, stepsPerEpoch: Int) -> Double {
    let share = Double(step - 1) / span.steps(perEpoch: stepsPerEpoch)
    return share >= 1 ? to : from + (to - from) * share
  }
}

extension HyperSchedule: CustomStringConvertible, LosslessStringConvertible {
  private static let most = 1e30

  public init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let span = Span(parts[1]) else { return nil }
    let ends = parts[0].split(separator: ":", omittingEmptySubsequences: false).map { Double(decimal: $0) }
    guard ends.count == 2, let from = ends[0], let to = ends[1],
      [from, to].allSatisfy({ abs($0) <= Self.most })
    else { return nil }
    self.init(from: from, to: to, span: span)
  }

  public var description: String { "\(plainNumber(from)):\(plainNumber(to))@\(span)" }
}

extension HyperSchedule: Codable {
  public init(from decoder: any Decoder) throws { self = try decodeText(decoder) }
  public func encode(to encoder: any Encoder) throws { try encodeText(self, encoder) }
}

/// Reads a value from its text form.
func decodeText<T: LosslessStringConvertible>(_ decoder: any Decoder) throws -> T {
  let container = try decoder.singleValueContainer()
  guard let value = T(try container.decode(String.self)) else {
    throw DecodingError.dataCorruptedError(in: container, debugDescription: "a text of another form")
  }
  return value
}

func encodeText(_ value: some LosslessStringConvertible, _ encoder: any Encoder) throws {
  var container = encoder.singleValueContainer()
  try container.encode(value.description)
}
