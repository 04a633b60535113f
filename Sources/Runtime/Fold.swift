/// One of several folds of the training images: `2/3` holds out the second of three.
public struct Fold: Equatable, Sendable {
  /// From 1.
  public var number: Int
  public var count: Int

  public init(_ number: Int, of count: Int) {
    self.number = number
    self.count = count
  }
}

extension Fold: CustomStringConvertible, LosslessStringConvertible {
  private static let most = 1_000_000

  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1], (2...Self.most).contains(count),
      (1...count).contains(number)
    else { return nil }
    self.init(number, of: count)
  }

  public var description: String { "\(number)/\(count)" }
}

extension Fold: Codable {
  public init(from decoder: any Decoder) throws { self = try decodeText(decoder) }
  public func encode(to encoder: any Encoder) throws { try encodeText(self, encoder) }
}
