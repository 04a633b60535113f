import CommandLineTable
import Datasets
import Evaluation
import Reporting
import Runtime
import Statistics

/// `vaerun sample`
enum SampleCommand {
  private static let count = Option("count", .integer(1...2500), help: "images", value: 100)
  private static let columns = Option("columns", .integer(1...100), help: "images per row", value: 10)
  private static let codes = Option(
    "codes", .choice(["prior", "mixture", "marginals"]),
    help:
      "where the codes come from: the model's prior, a mixture of Gaussians fitted to the codes of the training "
      + "images, or each coordinate by itself from those codes",
    default: "prior, where the model has one, else mixture")
  private static let components = Option(
    "components", .integer(1...1000), help: "Gaussians of the mixture", value: 10)

  static let command = Command(
    "sample", summary: "draws images decoded from random codes",
    details: [
      "Image i depends on the seed and i alone: --count 10 shows the first ten of --count 100. A plain autoencoder has no "
        + "prior; its codes are drawn from what its encoder makes of the training images."
    ],
    positionals: [CommonOptions.model],
    options: CommonOptions.forTrained(
      [count, columns, codes, components, CommonOptions.classNumber], data: DataOptions.both,
      results: [CommonOptions.seed, CommonOptions.output, CommonOptions.quiet]),
    examples: [
      Example("vaerun sample", "100 images from the newest run"),
      Example("vaerun sample --seed 7 -o samples.png", "others, into a file of your choice"),
      Example("vaerun sample --class 3", "images of one class, from a conditional model"),
      Example("vaerun sample --codes mixture --components 20", "from a mixture fitted to the codes"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = try ModelPictures(trained, invocation)
    let inputs = try trained.inputs(invocation)
    let (count, columns) = (invocation[count] ?? 100, invocation[columns] ?? 10)
    let figure: ImageGrid
    switch invocation[codes] ?? (pictures.hasPrior ? "prior" : "mixture") {
    case "prior":
      guard pictures.hasPrior else {
        throw UsageError(
          "\(trained.manifest.name) has no prior to draw codes from",
          "write --codes mixture or --codes marginals")
      }
      figure = try pictures.samples(count: count, columns: columns, seed: inputs.seed)
    case let kind:
      let train = try CommonOptions.load(invocation, of: trained, split: .train)
      let codes = try pictures.codes(of: train, inputs: inputs)
      guard let points = Matrix(codes: codes, size: pictures.latentSize) else {
        throw StatisticsError.shape(what: "the sampler")
      }
      let drawn: Matrix
      if kind == "mixture" {
        let mixture = try GaussianMixture(
          points, count: invocation[components] ?? 10, seed: inputs.seed,
          threads: CommonOptions.threadCount(invocation))
        drawn = mixture.sample(count, seed: inputs.seed)
      } else {
        drawn = try MarginalSampler(points).sample(count, seed: inputs.seed)
      }
      figure = try pictures.decoded(drawn.codes, columns: columns)
    }
    try write(invocation, figure, to: invocation[CommonOptions.output] ?? trained.place("samples.png"))
  }
}
