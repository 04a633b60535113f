import CommandLineTable
import Datasets
import Evaluation
import Reporting
import Runtime

/// `vaerun reconstruct`
enum ReconstructCommand {
  private static let count = Option("count", .integer(1...1000), help: "images", value: 20)

  static let command = Command(
    "reconstruct", summary: "draws images above their reconstructions",
    details: ["The images are the first of each class, then the second of each, and so on."],
    positionals: [CommonOptions.model],
    options: [count] + CommonOptions.trained + CommonOptions.images + [
      CommonOptions.output, CommonOptions.quiet,
    ],
    examples: [Example("vaerun reconstruct --count 50", "50 test images and what the newest run makes of them")]
  )

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let dataset = try CommonOptions.load(invocation, of: trained)
    let figure = try ModelPictures(instance: trained.instance).reconstructions(
      of: dataset, count: invocation[count] ?? 20, inputs: try trained.inputs(invocation))
    try write(invocation, figure, to: invocation[CommonOptions.output] ?? trained.place("reconstructions.png"))
  }
}

/// `vaerun manifold`
enum ManifoldCommand {
  private static let size = Option("grid", .integer(2...50), help: "images along each side", value: 20)
  private static let range = Option(
    "range", .positiveNumber, help: "the plane reaches from -X to X",
    default: "2; without a prior, the middle 98 % of the codes")
  private static let axes = Option(
    "axes", .text("I,J", expected: "two numbers, such as 1,2"),
    help: "the two latents of the plane, counted from 1; the others are 0", value: "1,2")

  static let command = Command(
    "manifold", summary: "draws the images decoded from a grid in the plane of two latents",
    positionals: [CommonOptions.model],
    options: [size, range, axes, CommonOptions.classNumber] + CommonOptions.trained + CommonOptions.images + [
      CommonOptions.output, CommonOptions.quiet,
    ],
    examples: [
      Example("vaerun manifold", "20 by 20 images"),
      Example("vaerun manifold --grid 9 --range 3 --axes 1,4", "the first and the fourth of several latents"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = try ModelPictures(trained, invocation)
    let axes = try Self.axes(invocation[axes] ?? "1,2", latents: pictures.latentSize)
    let size = invocation[size] ?? 20
    let plane: LatentPlane
    if let reach = invocation[range] {
      plane = LatentPlane(size: size, reach: reach, axes: axes)
    } else if pictures.hasPrior {
      plane = LatentPlane(size: size, reach: 2, axes: axes)
    } else {
      let dataset = try CommonOptions.load(invocation, of: trained)
      let codes = try pictures.codes(of: dataset, inputs: try trained.inputs(invocation))
      plane = LatentPlane(size: size, around: codes, latentSize: pictures.latentSize, axes: axes)
    }
    try write(
      invocation, try pictures.manifold(plane),
      to: invocation[CommonOptions.output] ?? trained.place("manifold.png"))
  }

  private static func axes(_ text: String, latents: Int) throws -> (x: Int, y: Int) {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard latents >= 2 else {
      throw UsageError(
        "the model has \(Terminal.count(latents, "latent"))", "a plane needs two: try 'vaerun sample'")
    }
    guard numbers.count == 2, numbers.allSatisfy({ (1...latents).contains($0) }), numbers[0] != numbers[1]
    else {
      throw UsageError("--axes takes two of the latents 1 to \(latents), not '\(text)'", "write --axes 1,2")
    }
    return (numbers[0] - 1, numbers[1] - 1)
  }
}

/// Writes a picture and says where.
func write(_ invocation: Invocation, _ figure: any Figure, to path: String) throws {
  try figure.writePNG(to: path)
  Terminal.tell(invocation, path)
}
