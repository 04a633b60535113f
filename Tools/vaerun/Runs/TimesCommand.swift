import CommandLineTable
import Datasets
import Diagnostics
import Evaluation
import Foundation
import Runtime

/// `vaerun times`
enum TimesCommand {
  private static let seconds = Option(
    "seconds", .positiveNumber(to: 3600), help: "how long each entry is measured", value: 1)

  static let command = Command(
    "times", summary: "tells how long models took to train and how fast they encode, decode and reconstruct",
    details: [
      "One row for each model: its parameters, what its run's metrics say of training (the pace of the last rows, the time of an "
        + "epoch with its evaluation, the whole time), and images per second of encode, decode and reconstruct, measured here "
        + "in batches of \(ModelInstance.inferenceBatch) on the images of the data set (2000 where --limit says no other): the median "
        + "of the passes. Run nothing else meanwhile."
    ],
    positionals: [CommonOptions.models],
    options: CommonOptions.forTrained([seconds], results: [CommonOptions.json]),
    examples: [
      Example("vaerun times runs/convvae-001 runs/densevae-001", "two runs side by side"),
      Example("vaerun times --threads 1", "the newest run of the newest model, on one thread"),
    ])

  /// A model's row, as `--json` prints it.
  private struct Row: Encodable {
    let name: String
    let model: String
    let weights: String
    let parameters: Int
    let epochs: Int?
    let trainingImagesPerSecond: Double?
    let secondsPerEpoch: Double?
    let seconds: Double?
    /// By the names of the entries.
    let imagesPerSecond: [String: Double]
  }

  static func run(_ invocation: Invocation) throws {
    var measured: [(identity: RunIdentity, row: (String) -> Row)] = []
    try TrainedModel.each(invocation) { trained in
      let dataset = try CommonOptions.load(invocation, of: trained, usual: 2000)
      let times = try InferenceTimes(
        trained.instance, on: dataset, inputs: try trained.inputs(invocation), seconds: invocation[seconds] ?? 1
      )
      let record = try trained.run.map { try RunRecord($0) }
      measured.append(
        (
          RunIdentity(trained),
          { name in
            Row(
              name: name, model: trained.manifest.name, weights: trained.weights,
              parameters: trained.manifest.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) },
              epochs: record?.epochs, trainingImagesPerSecond: record?.imagesPerSecond,
              secondsPerEpoch: record.flatMap { $0.epochs > 0 ? $0.seconds / Double($0.epochs) : nil },
              seconds: record?.seconds,
              imagesPerSecond: Dictionary(
                times.entries.map { ($0.name, $0.imagesPerSecond) }, uniquingKeysWith: { first, _ in first }))
          }
        ))
    }
    let rows = zip(RunIdentity.labels(of: measured.map(\.identity)), measured).map { $1.row($0) }
    if invocation[CommonOptions.json] { return try Terminal.say(json: rows) }
    Terminal.say(table(rows, isSingle: rows.count == 1))
  }

  private static func table(_ rows: [Row], isSingle: Bool) -> String {
    let entries = ["encode", "decode", "reconstruct"]
    let before = ["parameters", "train images/s", "s/epoch", "epochs", "time"]
    let titles = before + entries.map { "\($0) images/s" }
    var table = TextTable([("model", .left)] + titles.map { ($0, .right) })
    for row in rows {
      let name = isSingle || row.name == row.model ? row.model : "\(row.model) \(row.name)"
      let training = [
        row.trainingImagesPerSecond.map(pace) ?? "-", row.secondsPerEpoch.map { Terminal.short($0) } ?? "-",
        row.epochs.map { "\($0)" } ?? "-", row.seconds.map(Terminal.duration) ?? "-",
      ]
      let paces = entries.map { row.imagesPerSecond[$0].map(pace) ?? "-" }
      table.add([printable(name), grouped(row.parameters)] + training + paces)
    }
    return String(table.text.dropLast())
  }

  private static func pace(_ value: Double) -> String {
    value.isFinite && value < 1e12 ? grouped(Int(value.rounded())) : "-"
  }
}
