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
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let value = parts.count == 2 ? parts[1] : nil
    /// `0.1@200epochs,350epochs`: a factor of 0 < f < 1 and spans in rising order, all in epochs or all in steps.
    func factorAndSpans() -> (Double, [Span])? {
      let halves = (value ?? "").split(separator: "@", omittingEmptySubsequences: false).map(String.init)
      guard halves.count == 2, let factor = Double(halves[0]), factor > 0, factor < 1 else { return nil }
      let texts = halves[1].split(separator: ",", omittingEmptySubsequences: false)
      let spans = texts.compactMap { Span(String($0)) }
      let isRising = zip(spans, spans.dropFirst()).allSatisfy { $0.unit == $1.unit && $0.count < $1.count }
      return spans.count == texts.count && isRising ? (factor, spans) : nil
    }
    /// `0.1@10epochs`
    func factorAndSpan() -> (Double, Span)? {
      factorAndSpans().flatMap { factor, spans in spans.count == 1 ? (factor, spans[0]) : nil }
    }
    /// A share of the rate, from 0 to 1.
    func end() -> Double? {
      guard let value else { return 0 }
      return Double(value).flatMap { (0...1).contains($0) ? $0 : nil }
    }
    switch parts[0] {
    case "constant" where value == nil: self = .constant
    case "linear":
      guard let end = end() else { return nil }
      self = .linear(end: end)
    case "cosine":
      guard let end = end() else { return nil }
      self = .cosine(end: end)
    case "step":
      guard let (factor, span) = factorAndSpan() else { return nil }
      self = .step(factor: factor, every: span)
    case "milestones":
      guard let (factor, spans) = factorAndSpans() else { return nil }
      self = .milestones(factor: factor, at: spans)
    case "plateau":
      guard let (factor, span) = factorAndSpan(), span.unit == .epochs, let patience = Int(exactly: span.count)
      else { return nil }
      self = .plateau(factor: factor, patience: patience)
    default: return nil
    }
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
