import Runtime

/// What training shows while it runs: one line that is rewritten where a person watches, a line every ten seconds where
/// not, and a line after each epoch.
struct ProgressReport {
  private static let liveInterval = 0.1
  private static let plainInterval = 10.0

  let metrics: [String]
  let isQuiet: Bool
  private var told = 0.0

  init(metrics: [String], isQuiet: Bool) {
    self.metrics = metrics
    self.isQuiet = isQuiet
  }

  mutating func tell(_ event: TrainingEvent) {
    guard !isQuiet else { return }
    switch event {
    case .step(let report): tell(report)
    case .epoch(let report): tell(report)
    }
  }

  /// Leaves the terminal with an empty line to write in.
  func end() {
    if !isQuiet, Terminal.isLive { Terminal.clearLine() }
  }

  private mutating func tell(_ report: StepReport) {
    let interval = Terminal.isLive ? Self.liveInterval : Self.plainInterval
    guard report.seconds - told >= interval else { return }
    told = report.seconds
    let line =
      "epoch \(report.epoch)/\(report.epochs)  step \(report.stepInEpoch)/\(report.stepsPerEpoch)  "
      + "\(Terminal.terms(metrics, report.epochMetrics))  \(Int(report.imagesPerSecond)) images/s  "
      + "\(Terminal.duration(report.secondsLeft)) left"
    Terminal.isLive ? Terminal.overwrite(line) : Terminal.say(line)
  }

  private mutating func tell(_ report: EpochReport) {
    told = report.seconds
    if Terminal.isLive { Terminal.clearLine() }
    let head = "epoch \(report.epoch)/\(report.epochs)"
    let tail = "\(Int(report.imagesPerSecond)) images/s  \(Terminal.duration(report.seconds))"
    Terminal.say("\(head)  train \(Terminal.terms(metrics, report.training))  \(tail)")
    if let validation = report.validation {
      let indent = String(repeating: " ", count: head.count)
      Terminal.say("\(indent)  test  \(Terminal.terms(metrics, validation))\(report.isBest ? "  best" : "")")
    }
  }
}
