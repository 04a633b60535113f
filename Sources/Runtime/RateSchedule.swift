#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How the learning rate follows the steps, as a factor of the rate that training is given.
public enum RateSchedule: Equatable, Sendable {
  /// `constant`
  case constant
  /// `linear` or `linear:0.1`: in a straight line to a share of the rate, 0 where none is said, at the last epoch's end.
  case linear(end: Double)
  /// `cosine` or `cosine:0.1`: along half a cosine to a share of the rate (Loshchilov, Hutter: "SGDR: stochastic gradient
  /// descent with warm restarts", 2017, equation 5, without restarts).
  case cosine(end: Double)
  /// `step:0.1@10epochs`: times a factor each time that a span has passed.
  case step(factor: Double, every: Span)
  /// `milestones:0.1@200epochs,350epochs`: times a factor at each of these ends, in rising order.
  case milestones(factor: Double, at: [Span])
  /// `plateau:0.5@3epochs`: times a factor after so many epochs in a row without a smaller validation loss.
  case plateau(factor: Double, patience: Int)

  /// The factor of a step.
  /// - Parameters:
  ///   - step: from 1
  ///   - steps: all steps of training
  ///   - warmUp: the steps of a warm-up, behind which lines and cosines begin
  ///   - reductions: how often a plateau was met
  func factor(step: Int, of steps: Int, stepsPerEpoch: Int, warmUp: Double, reductions: Int) -> Double {
    /// From 0 at the first step behind the warm-up towards 1.
    func share() -> Double {
      min(1, max(0, (Double(step - 1) - warmUp) / max(1, Double(steps) - warmUp)))
    }
    switch self {
    case .constant: return 1
    case .linear(let end): return 1 - (1 - end) * share()
    case .cosine(let end): return end + (1 - end) * (1 + cos(Double.pi * share())) / 2
    case .step(let factor, let every):
      return pow(factor, (Double(step - 1) / every.steps(perEpoch: stepsPerEpoch)).rounded(.down))
    case .milestones(let factor, let ends):
      let passed = ends.count { Double(step - 1) >= $0.steps(perEpoch: stepsPerEpoch) }
      return pow(factor, Double(passed))
    case .plateau(let factor, _): return pow(factor, Double(reductions))
    }
  }
}

extension RateSchedule: CustomStringConvertible, LosslessStringConvertible {
  /// What the text has to be: completes "takes ...".
  public static let forms =
    "constant, linear, cosine, cosine:0.1, step:0.1@10epochs, milestones:0.1@200epochs,350epochs or plateau:0.5@3epochs"

  public init?(_ text: String) {
    guard let schedule = try? Self(reading: text) else { return nil }
    self = schedule
  }

  /// Which part of a text that is no schedule is wrong, and what it has to be.
  public static func fault(of text: String) -> String? {
    do {
      _ = try Self(reading: text)
      return nil
    } catch { return error.reason }
  }

  private struct Fault: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
  }

  private init(reading text: String) throws(Fault) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let kind = parts[0]
    let value = parts.count == 2 ? parts[1] : nil
    switch kind {
    case "constant":
      guard value == nil else { throw Fault("constant takes nothing behind it") }
      self = .constant
    case "linear": self = .linear(end: try Self.end(value))
    case "cosine": self = .cosine(end: try Self.end(value))
    case "step":
      let (factor, spans) = try Self.factorAndSpans(value, kind, example: "step:0.1@10epochs")
      self = .step(factor: factor, every: try Self.only(spans, kind))
    case "milestones":
      let (factor, spans) = try Self.factorAndSpans(value, kind, example: "milestones:0.1@200epochs,350epochs")
      self = .milestones(factor: factor, at: try Self.rising(spans))
    case "plateau":
      let (factor, spans) = try Self.factorAndSpans(value, kind, example: "plateau:0.5@3epochs")
      let span = try Self.only(spans, kind)
      guard span.unit == .epochs, let patience = Int(exactly: span.count) else {
        throw Fault("a plateau is waited for a whole number of epochs, such as 3epochs, not \(span)")
      }
      self = .plateau(factor: factor, patience: patience)
    default: throw Fault("there is no schedule '\(kind)'")
    }
  }

  /// A share of the rate, from 0 to 1; 0 where none is said.
  private static func end(_ value: String?) throws(Fault) -> Double {
    guard let value else { return 0 }
    guard let end = Double(decimal: value), (0...1).contains(end) else {
      throw Fault("the share of the rate at the end has to be a number from 0 to 1, not '\(value)'")
    }
    return end
  }

  /// `0.1@200epochs,350epochs`: a factor of 0 < f < 1, and spans.
  private static func factorAndSpans(
    _ value: String?, _ kind: String, example: String
  ) throws(Fault) -> (Double, [Span]) {
    let halves = (value ?? "").split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    guard halves.count == 2 else { throw Fault("\(kind) takes a factor, one @ and when, as in \(example)") }
    guard let factor = Double(decimal: halves[0]), factor > 0, factor < 1 else {
      throw Fault("the factor has to be a number above 0 and below 1, not '\(halves[0])'")
    }
    var spans: [Span] = []
    for text in halves[1].split(separator: ",", omittingEmptySubsequences: false) {
      guard let span = Span(String(text)) else {
        throw Fault("behind the @ stand steps such as 500 or epochs such as 20epochs, above 0, not '\(text)'")
      }
      spans.append(span)
    }
    return (factor, spans)
  }

  private static func only(_ spans: [Span], _ kind: String) throws(Fault) -> Span {
    guard let span = spans.first, spans.count == 1 else {
      throw Fault("\(kind) takes one span, not \(spans.count)")
    }
    return span
  }

  /// The ends of milestones, in rising order.
  private static func rising(_ spans: [Span]) throws(Fault) -> [Span] {
    for (first, second) in zip(spans, spans.dropFirst()) {
      guard first.unit == second.unit else {
        throw Fault("\(first) and \(second) have different units: give all in epochs, or all in steps")
      }
      guard first.count < second.count else {
        throw Fault("\(second) has to come after \(first): give the ends in rising order")
      }
    }
    return spans
  }

  public var description: String {
    switch self {
    case .constant: "constant"
    case .linear(let end): end == 0 ? "linear" : "linear:\(plainNumber(end))"
    case .cosine(let end): end == 0 ? "cosine" : "cosine:\(plainNumber(end))"
    case .step(let factor, let every): "step:\(plainNumber(factor))@\(every)"
    case .milestones(let factor, let ends):
      "milestones:\(plainNumber(factor))@\(ends.map(\.description).joined(separator: ","))"
    case .plateau(let factor, let patience): "plateau:\(plainNumber(factor))@\(patience)epochs"
    }
  }
}

extension RateSchedule: Codable {
  public init(from decoder: any Decoder) throws { self = try decodeText(decoder) }
  public func encode(to encoder: any Encoder) throws { try encodeText(self, encoder) }
}

/// What a schedule that waits for a plateau has seen.
struct PlateauWatch: Codable, Equatable, Sendable {
  private(set) var reductions = 0
  private var least: Double?
  private var epochsWithout = 0

  /// Takes the validation loss of an epoch.
  func adding(_ loss: Double, patience: Int) -> Self {
    var next = self
    if least.map({ loss < $0 }) ?? true {
      next.least = loss
      next.epochsWithout = 0
    } else if epochsWithout + 1 < patience {
      next.epochsWithout += 1
    } else {
      next.epochsWithout = 0
      // A checkpoint may hold any number.
      next.reductions &+= 1
    }
    return next
  }
}
