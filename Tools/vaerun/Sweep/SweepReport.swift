import CommandLineTable
import Diagnostics
import Foundation
import Reporting
import Search

/// What has come of a sweep: a table, pictures, or JSON.
struct SweepReport {
  let folder: SweepFolder
  let plan: SweepPlan
  let space: SearchSpace
  let trials: [Study.Trial]

  init(_ folder: SweepFolder, _ study: Study) throws {
    self.folder = folder
    plan = try SweepPlan(try study.settings, path: folder.study)
    space = try study.space
    trials = try study.trials
  }

  /// The trials that are complete, the best first.
  var ranked: [Study.Trial] {
    trials.filter { $0.state == .complete && $0.objective != nil }
      .sorted { ($0.objective ?? .infinity, $0.number) < ($1.objective ?? .infinity, $1.number) }
  }

  /// `10 trials: 7 complete, 2 pruned, 1 failed`
  var summary: String {
    let counts = Study.State.allCases.compactMap { state -> String? in
      let count = trials.count { $0.state == state }
      return count == 0 ? nil : "\(count) \(state.rawValue)"
    }
    return "\(Terminal.count(trials.count, "trial")): \(counts.joined(separator: ", "))"
  }

  /// The best trials, and behind them the others, without the break behind the last line.
  func table(most: Int) -> String {
    var table = TextTable(
      [("trial", .right), (plan.objective, .right)]
        + space.parameters.map { parameter in
          if case .choice = parameter.domain { return (printable(parameter.name), .left) }
          return (printable(parameter.name), .right)
        } + [("time", .right), ("state", .left)])
    let others = trials.filter { $0.state != .complete }
    for trial in (ranked + others).prefix(most) {
      table.add(
        ["\(trial.number + 1)", trial.objective.map(Terminal.number) ?? "-"]
          + space.parameters.map { printable(trial.values[$0.name]?.text ?? "-") }
          + [
            Terminal.duration(trial.seconds),
            trial.state.rawValue + (trial.message.map { ": \(printable($0))" } ?? ""),
          ])
    }
    return String(table.text.dropLast())
  }

  /// Commands that train the best trial's model: on all training images, unless its training waits for what images that are held
  /// out say.
  func commands(for trial: Study.Trial) -> [String] {
    func quoted(_ argument: String) -> String {
      !argument.isEmpty && argument.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:@%+,".contains($0) }
        ? argument : "'\(argument.replacing("'", with: "'\\''"))'"
    }
    func line(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }
    let options = plan.runOptions(trial.values) + (plan.needsHeldOut ? plan.heldOut(fold: 1) : [])
    guard plan.library == nil else { return [line(["vaerun", "train", plan.model] + options)] }
    let model = "build/\(plan.name)"
    return [
      line(["vaec", "compile", plan.model, "-o", model] + plan.compilerArguments(trial.values)),
      line(["vaerun", "train", model] + options),
    ]
  }

  // MARK: JSON

  struct TrialRow: Encodable {
    let trial: Int
    let state: String
    let objective: Double?
    let seconds: Double
    let values: [String: JSONValue]
    let message: String?

    init(_ trial: Study.Trial) {
      self.trial = trial.number + 1
      state = trial.state.rawValue
      objective = trial.objective
      seconds = trial.seconds
      values = trial.values.mapValues(JSONValue.init)
      message = trial.message
    }
  }

  /// A number or a text.
  struct JSONValue: Encodable {
    let value: SearchValue

    init(_ value: SearchValue) { self.value = value }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch value {
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }
  }

  struct Whole: Encodable {
    let sweep: String
    let model: String
    let method: String
    let objective: String
    let folds: Int?
    let space: [String]
    let trials: [TrialRow]
    /// The number of the best trial.
    let best: Int?
  }

  var whole: Whole {
    Whole(
      sweep: folder.path, model: plan.name, method: plan.method.rawValue, objective: plan.objective,
      folds: plan.folds, space: space.parameters.map(\.description), trials: trials.map(TrialRow.init),
      best: ranked.first.map { $0.number + 1 })
  }

  // MARK: Pictures

  /// Draws the objective by trial, and by each parameter.
  /// - Returns: the names of the files; none where no trial is complete.
  func draw() throws -> [String] {
    let complete = trials.filter { $0.state == .complete && $0.objective?.isFinite ?? false }
    guard !complete.isEmpty else { return [] }
    let points = complete.map { Point(x: Double($0.number + 1), y: $0.objective ?? 0) }
    var least = Double.infinity
    let best = points.map { point in
      least = min(least, point.y)
      return Point(x: point.x, y: least)
    }
    var each = LineChart.Series("trial", points: points)
    each.isJoined = false
    let chart = LineChart(
      title: "\(plan.name): \(plan.objective)", xName: "trial", yName: plan.objective,
      series: [each, LineChart.Series("the least so far", points: best)])
    try chart.writePNG(to: folder.picture("objective"))
    let panels = Panels(space.parameters.map { panel($0, complete) }, columns: min(3, space.parameters.count))
    try panels.writePNG(to: folder.picture("parameters"))
    return ["objective.png", "parameters.png"]
  }

  private func panel(_ parameter: SearchParameter, _ trials: [Study.Trial]) -> LineChart {
    var name = parameter.name
    if case .log = parameter.domain { name = "log10 \(name)" }
    if case .choice(let items) = parameter.domain {
      name += items.enumerated().map { "  \($0.offset + 1) \($0.element)" }.joined()
    }
    let points = trials.compactMap { trial -> Point? in
      guard let value = trial.values[parameter.name], let objective = trial.objective else { return nil }
      return place(of: value, parameter.domain).map { Point(x: $0, y: objective) }
    }
    var series = LineChart.Series(parameter.name, points: points)
    series.isJoined = false
    return LineChart(
      xName: name, yName: plan.objective, series: [series], chartSize: Size(width: 320, height: 240))
  }

  private func place(of value: SearchValue, _ domain: SearchDomain) -> Double? {
    switch (value, domain) {
    case (.number(let number), .log): number > 0 ? log10(number) : nil
    case (.number(let number), _): number
    case (.text(let text), .choice(let items)): items.firstIndex(of: text).map { Double($0 + 1) }
    case (.text, _): nil
    }
  }
}
