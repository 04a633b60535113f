/// Gives up trials that are worse than half of the others at the same point (Golovin et al.: "Google Vizier: a service for
/// black-box optimization", 2017, section 3.2.2).
public struct MedianRule: Sendable {
  /// A point of a trial: an epoch of a fold, both from 1.
  public struct Point: Hashable, Sendable {
    public var fold: Int
    public var epoch: Int

    public init(fold: Int, epoch: Int) {
      self.fold = fold
      self.epoch = epoch
    }
  }

  /// So many other trials have to have come to a point before it decides.
  public static let leastTrials = 4

  /// Epochs of the first fold in which no trial is given up.
  public var graceEpochs: Int

  public init(graceEpochs: Int = 1) { self.graceEpochs = graceEpochs }

  /// Whether a trial is hopeless at a point.
  ///
  /// - Parameters:
  ///   - trial: the objective of the trial at its points so far.
  ///   - others: those of other trials.
  public func givesUp(_ trial: [Point: Double], at point: Point, others: [[Point: Double]]) -> Bool {
    guard point.fold > 1 || point.epoch > graceEpochs else { return false }
    guard let own = Self.least(trial, upTo: point) else { return false }
    let reached = others.filter { $0[point] != nil }.compactMap { Self.least($0, upTo: point) }.sorted()
    guard reached.count >= Self.leastTrials else { return false }
    let middle = reached.count / 2
    let median = reached.count.isMultiple(of: 2) ? (reached[middle - 1] + reached[middle]) / 2 : reached[middle]
    return own > median || own.isNaN
  }

  /// The least objective of the fold up to an epoch.
  private static func least(_ trial: [Point: Double], upTo point: Point) -> Double? {
    trial.filter { $0.key.fold == point.fold && $0.key.epoch <= point.epoch }.map(\.value).min()
  }
}
