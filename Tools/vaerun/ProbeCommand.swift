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
    let figure = Panels(
      tables.map { name, matrix in
        ShareTable(
          title: "\(name): \(share(matrix.accuracy))", rowName: "class", columnName: "taken for", names: names,
          shares: matrix.rowNormalized)
      })
    let path = invocation[CommonOptions.output] ?? trained.place("confusion.png")
    try figure.writePNG(to: path)
    if invocation[CommonOptions.json] {
      return try Terminal.say(
        json: Report(
          model: trained.manifest.name, weights: trained.weights, data: test.dataset.name, classes: names,
          linear: Reader(probe.linear), neighbors: Reader(probe.neighbors), neighborCount: count,
          commonestClass: chance.accuracy))
    }
    Terminal.tell(invocation, "model    \(trained.manifest.name), weights \(trained.weights)")
    Terminal.tell(
      invocation, "data     \(test.dataset.name), \(Terminal.count(test.labels.count, "test image"))")
    let width = max(20, tables.map(\.0.count).max() ?? 0)
    for (name, accuracy) in tables.map({ ($0, $1.accuracy) }) + [("commonest class", chance.accuracy)] {
      Terminal.tell(invocation, name.padding(toLength: width, withPad: " ", startingAt: 0) + share(accuracy))
    }
    if names.count <= mostPrinted {
      for (name, matrix) in tables { Terminal.tell(invocation, "\n" + text(matrix, names, title: name)) }
    }
    Terminal.tell(invocation, path)
  }

  private static let mostPrinted = 20

  /// Per cents of each class, a class a line.
  private static func text(_ matrix: ConfusionMatrix, _ names: [String], title: String) -> String {
    let short = names.map { printable(String($0.prefix(8))) }
    var table = TextTable([(title, .left)] + short.map { ($0, .right) })
    for (name, shares) in zip(names, matrix.rowNormalized) {
      table.add([printable(name)] + shares.map { $0 < 0.005 ? "." : "\(Int(($0 * 100).rounded()))" })
    }
    return table.text
  }

  /// What `--json` prints.
  private struct Report: Encodable {
    let model: String
    let weights: String
    let data: String
    let classes: [String]
    let linear: Reader
    let neighbors: Reader
    let neighborCount: Int
    /// The accuracy of always naming the commonest training class.
    let commonestClass: Double
  }

  private struct Reader: Encodable {
    let accuracy: Double
    /// [class][taken for], test images.
    let confusion: [[Int]]

    init(_ matrix: ConfusionMatrix) {
      accuracy = matrix.accuracy
      confusion = matrix.counts
    }
  }

  private static func share(_ value: Double) -> String { String(format: "%.2f %%", value * 100) }

  private static func majority(_ labels: [Int]) -> Int {
    var counts: [Int: Int] = [:]
    for label in labels { counts[label, default: 0] += 1 }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
  }
}
