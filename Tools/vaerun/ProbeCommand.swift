import CommandLineTable
import Datasets
import Diagnostics
import Evaluation
import Foundation
import Reporting
import Runtime
import Statistics

/// `vaerun probe`
enum ProbeCommand {
  private static let neighbors = Option(
    "neighbors", .integer(1...1000), help: "how many of the nearest codes vote", value: 5)

  static let command = Command(
    "probe", summary: "tells how well classes can be read from a model's codes",
    details: [
      "A linear classifier and a vote of the nearest neighbours learn from the codes of the training images and are "
        + "tried on those of the test images. The picture, confusion.png, has for both how the images of each class were "
        + "taken, in shares of the class; the same is printed for up to 20 classes. --json has the counts."
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained(
      [], data: DataOptions.both,
      results: [neighbors, CommonOptions.output, CommonOptions.json, CommonOptions.quiet]),
    examples: [
      Example("vaerun probe", "the newest run of the newest model"),
      Example("vaerun probe runs/convae-001 --neighbors 1 --json", "a run, with counts for a script"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = ModelPictures(instance: trained.instance)
    let inputs = try trained.inputs(invocation)
    func codes(_ split: DatasetSplit) throws -> (codes: Matrix, labels: [Int], dataset: Dataset) {
      let dataset = try CommonOptions.load(invocation, of: trained, split: split)
      guard let labels = dataset.labels else {
        throw UsageError("\(dataset.name) has no classes to read", "choose a data set with labels")
      }
      let codes = try pictures.codes(of: dataset, inputs: inputs)
      guard let matrix = Matrix(codes: codes, size: pictures.latentSize) else {
        throw StatisticsError.shape(what: "the linear probe")
      }
      return (matrix, labels.map { Int($0) }, dataset)
    }
    let train = try codes(.train)
    let test = try codes(.test)
    let names = test.dataset.classNames
    guard names.count >= 2 else {
      throw UsageError("\(test.dataset.name) has no classes to read", "choose a data set with labels")
    }
    let count = invocation[neighbors] ?? 5
    let probe = try LatentProbe(
      train: train.codes, trainLabels: train.labels, test: test.codes, testLabels: test.labels,
      classes: names.count, neighborCount: count, threads: CommonOptions.threadCount(invocation))
    let chance = ConfusionMatrix(
      truth: test.labels, predicted: Array(repeating: majority(train.labels), count: test.labels.count),
      classes: names.count)
    let tables = [("linear probe", probe.linear), (Terminal.count(count, "neighbour"), probe.neighbors)]
    let reports = tables.map { name, matrix in (name: name, report: ConfusionReport(matrix, names: names)) }
    let figure = Panels(reports.map { $0.report.table(title: "\($0.name): \($0.report.accuracy)") })
    let path = invocation[CommonOptions.output] ?? trained.place("confusion.png")
    try figure.writePNG(to: path)
    if invocation[CommonOptions.json] {
      return try Terminal.say(
        json: Report(
          model: trained.manifest.name, weights: trained.weights, data: test.dataset.name, classes: names,
          linear: ConfusionReport.Counts(probe.linear), neighbors: ConfusionReport.Counts(probe.neighbors),
          neighborCount: count,
          commonestClass: chance.accuracy))
    }
    Terminal.tell(invocation, "model    \(trained.manifest.name), weights \(trained.weights)")
    Terminal.tell(
      invocation, "data     \(test.dataset.name), \(Terminal.count(test.labels.count, "test image"))")
    let width = max(20, tables.map(\.0.count).max() ?? 0)
    for (name, accuracy) in tables.map({ ($0, $1.accuracy) }) + [("commonest class", chance.accuracy)] {
      Terminal.tell(
        invocation, name.padding(toLength: width, withPad: " ", startingAt: 0) + ConfusionReport.share(accuracy)
      )
    }
    for (name, report) in reports where report.isPrintable {
      Terminal.tell(invocation, "\n" + report.text(title: name))
    }
    Terminal.tell(invocation, path)
  }

  /// What `--json` prints.
  private struct Report: Encodable {
    let model: String
    let weights: String
    let data: String
    let classes: [String]
    let linear: ConfusionReport.Counts
    let neighbors: ConfusionReport.Counts
    let neighborCount: Int
    /// The accuracy of always naming the commonest training class.
    let commonestClass: Double
  }

  private static func majority(_ labels: [Int]) -> Int {
    var counts: [Int: Int] = [:]
    for label in labels { counts[label, default: 0] += 1 }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
  }
}
