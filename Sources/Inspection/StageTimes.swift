import Diagnostics

/// The time that each stage of a compilation took, in the order in which they ran, with their shares of the whole.
public struct StageTimes: Sendable {
  public private(set) var stages: [(name: String, duration: Duration)] = []

  public init() {}

  public mutating func add(_ name: String, _ duration: Duration) { stages.append((name, duration)) }

  /// Runs a stage and notes its time.
  public mutating func measure<T>(_ name: String, _ stage: () throws -> T) rethrows -> T {
    let start = ContinuousClock.now
    defer { add(name, ContinuousClock.now - start) }
    return try stage()
  }

  /// A table, the total in its last line.
  public var text: String {
    let total = stages.reduce(Duration.zero) { $0 + $1.duration }
    var table = TextTable([("stage", .left), ("time", .right), ("share", .right)])
    for (name, duration) in stages {
      table.add(name, milliseconds(duration), total > .zero ? percent(duration / total) : "")
    }
    table.addRule()
    table.add("total", milliseconds(total), "100.0 %")
    return table.text
  }

  private func milliseconds(_ duration: Duration) -> String { decimal(duration / .milliseconds(1), 2) + " ms" }
  private func percent(_ share: Double) -> String { decimal(share * 100, 1) + " %" }
}
