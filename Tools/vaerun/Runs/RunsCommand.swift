import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import Runtime

/// `vaerun runs`: a table of the runs in a folder.
enum RunsCommand {
  /// What rows can be sorted by.
  enum Order: String, CaseIterable {
    case when, name, model, best, last, epochs, pace, time

    /// Whether a record stands before another.
    func precedes(_ first: RunRecord, _ second: RunRecord) -> Bool {
      switch self {
      case .when: (first.began ?? "", first.name) < (second.began ?? "", second.name)
      case .name: first.name < second.name
      case .model: (first.configuration.model, first.name) < (second.configuration.model, second.name)
      case .best: (first.bestLoss, first.name) < (second.bestLoss, second.name)
      case .last: (first.lastLoss, first.name) < (second.lastLoss, second.name)
      case .epochs: (first.epochs, first.name) < (second.epochs, second.name)
      case .pace: (first.imagesPerSecond ?? 0, first.name) < (second.imagesPerSecond ?? 0, second.name)
      case .time: (first.seconds, first.name) < (second.seconds, second.name)
      }
    }
  }

  private static let folder = Positional(
    "FOLDER", help: "the folder that the runs lie in, runs if it is left out", completion: .folders)
  private static let model = Option("model", .text("NAME"), help: "only runs of this model", default: "all")
  private static let sort = Option(
    "sort", .choice(Order.allCases.map(\.rawValue)),
    help: "what the rows are sorted by, from the least to the greatest", value: "when")
  private static let reverse = Flag("reverse", help: "the other way round")

  static let command = Command(
    "runs", summary: "lists the runs in a folder and what came of them",
    details: [
      "Best and last are the loss on the images that were held out, or on the test images where none were; best has the epoch "
        + "in brackets. The terms behind them are those of the test images at the end of the last epoch.",
      "A run is finished, or stopped for patience; interrupted by Ctrl-C; stopped by its step limit or time limit; running; "
        + "failed with an error; or killed, where its process ended without a word. 'vaerun train --resume' goes on with all "
        + "but the first two.",
    ],
    positionals: [folder], options: [model, sort, reverse, CommonOptions.json],
    examples: [
      Example("vaerun runs", "all runs, the newest at the end"),
      Example("vaerun runs --model convvae --sort best", "the best run of a model first"),
      Example("vaerun runs --json", "for a script of your own"),
    ])

  static func run(_ invocation: Invocation) throws {
    let parent = invocation[folder] ?? "runs"
    let order = invocation[sort].flatMap(Order.init) ?? .when
    var records: [RunRecord] = []
    var damaged: [(path: String, problem: String)] = []
    for path in try RunFolder.paths(in: parent) {
      do {
        let record = try RunRecord(try RunFolder(existing: path))
        if let model = invocation[model], record.configuration.model != model { continue }
        records.append(record)
      } catch {
        damaged.append((path, "\(error)"))
      }
    }
    records.sort(by: order.precedes)
    if invocation[reverse] { records.reverse() }
    guard !invocation[CommonOptions.json] else { return try Terminal.say(json: records.map(RunRow.init)) }
    for run in damaged { Terminal.complain(printable("\(run.path) is left out: \(run.problem)")) }
    guard !records.isEmpty else {
      let kind = invocation[model].map { "runs of \($0)" } ?? "runs"
      throw RunsError.none(kind: kind, parent: parent)
    }
    Terminal.say(table(records))
  }

  /// Without the break behind the last line.
  private static func table(_ records: [RunRecord]) -> String {
    // Runs of different models may have different terms: a column for each, in the order in which they come.
    var terms: [String] = []
    for name in records.flatMap(\.metrics) where !terms.contains(name) { terms.append(name) }
    var table = TextTable(
      [
        ("run", .left), ("model", .left), ("data", .left), ("epochs", .right), ("best", .right),
        ("last", .right),
      ] + terms.map { ("test \(printable($0))", .right) } + [
        ("images/s", .right), ("time", .right), ("began", .left), ("state", .left),
      ])
    for record in records {
      let best = record.best.map { "\(Terminal.number(record.bestLoss)) (\($0.epoch))" }
      table.add(
        [
          printable(record.name), printable(record.configuration.model), printable(record.configuration.data),
          "\(record.epochs)/\(record.configuration.epochs)", best ?? "-",
          record.last == nil ? "-" : Terminal.number(record.lastLoss),
        ] + terms.map { record.test[$0].map(Terminal.number) ?? "-" } + [
          record.imagesPerSecond.map { "\(Int($0))" } ?? "-", Terminal.duration(record.seconds),
          printable(record.began.map(minutes) ?? "-"), record.state.rawValue,
        ])
    }
    return String(table.text.dropLast())
  }

  /// `2026-03-01 12:30` for `2026-03-01T12:30:59Z`, in the user's time zone.
  private static func minutes(_ text: String) -> String {
    guard let date = try? Date(text, strategy: .iso8601) else { return text }
    let parts = Calendar(identifier: .gregorian).dateComponents(
      [.year, .month, .day, .hour, .minute], from: date)
    return String(
      format: "%04d-%02d-%02d %02d:%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0, parts.hour ?? 0,
      parts.minute ?? 0)
  }
}

/// Why there is nothing to list, and what to do.
enum RunsError: Error, CustomStringConvertible {
  case none(kind: String, parent: String)

  var description: String {
    switch self {
    case .none(let kind, let parent):
      "there are no \(kind) under \(parent): train one with 'vaerun train', or name the folder that they lie in"
    }
  }
}

extension RunRecord {
  /// Infinite where there is none, so that such runs stand at the end.
  var bestLoss: Double { loss.flatMap { best?.terms[$0] } ?? .infinity }
  var lastLoss: Double { loss.flatMap { last?.terms[$0] } ?? .infinity }
}

/// A run as `--json` prints it.
struct RunRow: Encodable {
  let run: String
  let model: String
  let data: String
  let state: String
  let epochs: Int
  let epochsWanted: Int
  let steps: Int
  /// `validation` or `test`: what best and last are the losses of.
  let split: String
  let best: RunRecord.Epoch?
  let last: RunRecord.Epoch?
  let test: [String: Double]
  let imagesPerSecond: Double?
  let seconds: Double
  let began: String?

  init(_ record: RunRecord) {
    run = record.folder.path
    model = record.configuration.model
    data = record.configuration.data
    state = record.state.rawValue
    epochs = record.epochs
    epochsWanted = record.configuration.epochs
    steps = record.steps
    split = record.split
    best = record.best
    last = record.last
    test = record.test
    imagesPerSecond = record.imagesPerSecond
    seconds = record.seconds
    began = record.began
  }
}
