import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Reporting
import Runtime
import Statistics

/// `vaerun latents`
enum LatentsCommand {
  private static let map = Option(
    "map", .choice(["first", "pca", "tsne"]),
    help:
      "the plane of the picture: the first two latents, the first two principal components of the codes, or t-SNE",
    value: "first")
  private static let perplexity = Option(
    "perplexity", .positiveNumber, help: "of t-SNE: about how many neighbours count", value: 30)

  static let command = Command(
    "latents", summary: "writes the codes of a data set with their classes, and draws them",
    details: [
      "The table is latents.csv, the picture latents.png: a scatter of the codes by class. With --output they are "
        + "FILE.csv and FILE.png.",
      "t-SNE (perplexity 30, started from the principal components, 1000 steps) keeps neighbours together; distances "
        + "between groups mean little. 10,000 codes take about a quarter of a minute on two processors.",
    ],
    positionals: [CommonOptions.model],
    options: [map, perplexity] + CommonOptions.trained + CommonOptions.images + [
      CommonOptions.output, CommonOptions.quiet,
    ],
    examples: [
      Example("vaerun latents --split train", "the training images' codes"),
      Example(
        "vaerun latents --map tsne", "codes of more than two numbers, in a plane that keeps neighbours together"
      ),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let dataset = try CommonOptions.load(invocation, of: trained)
    let pictures = ModelPictures(instance: trained.instance)
    let codes = try pictures.codes(of: dataset, inputs: try trained.inputs(invocation))
    let stem = stem(invocation[CommonOptions.output] ?? trained.place("latents"))
    let array = NamedArray(
      name: "code", role: .latent, values: codes, columns: trained.manifest.codeColumns)
    try ArrayFile.write(
      [array], labels: dataset.labels, count: dataset.count, to: stem + ".csv", kind: .csv)
    Terminal.tell(invocation, "\(stem).csv: \(Terminal.count(dataset.count, "code"))")
    guard pictures.latentSize >= 2 else { return }
    try write(invocation, try scatter(codes, of: dataset, pictures, invocation), to: stem + ".png")
  }

  private static func scatter(
    _ codes: [Float], of dataset: Dataset, _ pictures: ModelPictures, _ invocation: Invocation
  ) throws -> ScatterPlot {
    let map = invocation[map] ?? "first"
    guard map != "first" else { return pictures.scatter(codes: codes, of: dataset) }
    guard let points = Matrix(codes: codes, size: pictures.latentSize) else {
      throw StatisticsError.shape(what: "the map")
    }
    let analysis = try PrincipalComponents(of: points)
    let plane = try analysis.project(points, count: 2)
    if map == "pca" {
      let shares = analysis.explained.prefix(2).map { String(format: "%.1f %%", $0 * 100) }
      return pictures.scatter(
        plane: plane.codes, of: dataset,
        axes: ("first component, \(shares[0]) of the variance", "second component, \(shares[1])"))
    }
    var options = Embedding.Options()
    options.perplexity = invocation[perplexity] ?? 30
    options.threads = CommonOptions.threadCount(invocation)
    let embedding = try Embedding(of: points, start: plane, options: options) { progress in
      let line = "t-SNE \(progress.step)/\(progress.steps)  divergence \(Terminal.number(progress.divergence))"
      if invocation[CommonOptions.quiet] { return }
      if Terminal.isLive {
        Terminal.overwrite(line)
      } else if progress.step.isMultiple(of: 250) {
        Terminal.say(line)
      }
    }
    if Terminal.isLive { Terminal.clearLine() }
    return pictures.scatter(plane: embedding.points.codes, of: dataset, axes: ("t-SNE 1", "t-SNE 2"))
  }

  private static func stem(_ path: String) -> String {
    for suffix in [".csv", ".png"] where path.lowercased().hasSuffix(suffix) { return String(path.dropLast(4)) }
    return path
  }
}
