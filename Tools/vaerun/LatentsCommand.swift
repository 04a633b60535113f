import Artifact
import CommandLineTable
import Datasets
import Foundation
import Runtime
import Statistics

/// `vaerun latents`
enum LatentsCommand {
  private static let map = Option(
    "map", .choice(["first", "pca", "tsne"]),
    help:
      "the plane of the picture: two latents (--axes), the first two principal components of the codes, or t-SNE",
    value: "first")
  private static let perplexity = Option(
    "perplexity", .positiveNumber, help: "of t-SNE: about how many neighbours count", value: 30)
  private static let split = Option(
    "split", .choice(["train", "test", "both"]), help: "which of its images; both are drawn side by side",
    value: "test")

  static let command = Command(
    "latents", summary: "writes the codes of a data set with their classes, and draws them",
    details: [
      "The table is latents.csv, the picture latents.png: a scatter of the codes by class. With --output they are "
        + "FILE.csv and FILE.png; with --split both there are two tables, FILE-train.csv and FILE-test.csv.",
      "With both splits, the principal components are those of the training images' codes, and t-SNE is of all codes "
        + "together. t-SNE (perplexity 30, started from the principal components, 1000 steps) keeps neighbours together; "
        + "distances between groups mean little. 10,000 codes take about a quarter of a minute on two processors.",
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained(
      [map, PlaneOptions.axes, perplexity, split], data: DataOptions.both,
      results: [CommonOptions.output, CommonOptions.quiet]),
    examples: [
      Example("vaerun latents --split both", "the codes of training and test images side by side"),
      Example(
        "vaerun latents --map tsne", "codes of more than two numbers, in a plane that keeps neighbours together"
      ),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = ModelPictures(instance: trained.instance)
    let inputs = try trained.inputs(invocation)
    let splits: [DatasetSplit] =
      switch invocation[split] {
      case "both": [.train, .test]
      case "train": [.train]
      default: [.test]
      }
    let axes =
      try pictures.latentSize < 2
      ? (0, 0) : PlaneOptions.axes(invocation, latents: pictures.latentSize)
    let stem = stem(invocation[CommonOptions.output] ?? trained.place("latents"))
    var parts: [CodeMap.Part] = []
    for split in splits {
      let dataset = try CommonOptions.load(invocation, of: trained, split: split)
      let codes = try pictures.codes(of: dataset, inputs: inputs)
      let path = stem + (splits.count > 1 ? "-\(split.rawValue)" : "") + ".csv"
      let array = NamedArray(
        name: "code", role: .latent, values: codes, columns: trained.manifest.codeColumns)
      try ArrayFile.write([array], labels: dataset.labels, count: dataset.count, to: path, kind: .csv)
      Terminal.tell(invocation, "\(path): \(Terminal.count(dataset.count, "code"))")
      parts.append((dataset, codes))
    }
    guard pictures.latentSize >= 2 else { return }
    let scatter = try codeMap(invocation, pictures, axes: axes).scatter(parts)
    if Terminal.isLive, invocation[map] == "tsne", !invocation[CommonOptions.quiet] { Terminal.clearLine() }
    try write(invocation, scatter, to: stem + ".png")
  }

  private static func codeMap(
    _ invocation: Invocation, _ pictures: ModelPictures, axes: (x: Int, y: Int)
  ) -> CodeMap {
    switch invocation[map] {
    case "pca": return CodeMap(pictures: pictures, plane: .components)
    case "tsne":
      var options = Embedding.Options()
      options.perplexity = invocation[perplexity] ?? 30
      options.threads = CommonOptions.threadCount(invocation)
      return CodeMap(pictures: pictures, plane: .embedding(options)) { tell($0, invocation) }
    default: return CodeMap(pictures: pictures, plane: .elements(axes.x, axes.y))
    }
  }

  private static func tell(_ progress: Embedding.Progress, _ invocation: Invocation) {
    let line = "t-SNE \(progress.step)/\(progress.steps)  divergence \(Terminal.number(progress.divergence))"
    if invocation[CommonOptions.quiet] { return }
    if Terminal.isLive {
      Terminal.overwrite(line)
    } else if progress.step.isMultiple(of: 250) {
      Terminal.say(line)
    }
  }

  private static func stem(_ path: String) -> String {
    for suffix in [".csv", ".png"] where path.lowercased().hasSuffix(suffix) { return String(path.dropLast(4)) }
    return path
  }
}
