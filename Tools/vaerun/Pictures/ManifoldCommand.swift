import CommandLineTable
import Runtime

/// The plane of two latents that several commands draw.
enum PlaneOptions {
  static let axes = Option(
    "axes", .text("I,J", expected: "two numbers, such as 1,2"),
    help: "the two latents of the plane, counted from 1", value: "1,2")

  /// The latents, counted from 0.
  static func axes(_ invocation: Invocation, latents: Int) throws -> (x: Int, y: Int) {
    let text = invocation[axes] ?? "1,2"
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

/// `vaerun manifold`
enum ManifoldCommand {
  private static let size = Option("grid", .integer(2...50), help: "images along each side", value: 20)
  private static let range = Option(
    "range", .positiveNumber(to: 1_000_000), help: "the plane reaches from -X to X",
    default: "2; without a prior, the middle 98 % of the codes")
  private static let quantiles = Flag(
    "quantiles",
    help:
      "equal steps of probability instead of equal distances: under the standard normal prior, or without a prior "
      + "among the codes")

  static let command = Command(
    "manifold", summary: "draws the images decoded from a grid in the plane of two latents",
    details: [
      "The other latents are 0. The numbers along the edges are the latents' values at the images' middles."
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained(
      [size, range, quantiles, PlaneOptions.axes, CommonOptions.classNumber],
      results: [CommonOptions.output, CommonOptions.quiet]),
    examples: [
      Example("vaerun manifold", "20 by 20 images"),
      Example("vaerun manifold --grid 9 --range 3 --axes 1,4", "the first and the fourth of several latents"),
      Example("vaerun manifold --quantiles", "as much of the plane for each part as the prior gives it"),
    ])

  static func run(_ invocation: Invocation) throws {
    if invocation.isGiven(range), invocation[quantiles] {
      throw UsageError("--range and --quantiles name two ways through the plane", "give one of them")
    }
    let trained = try TrainedModel(invocation)
    let pictures = try ModelPictures(trained, invocation)
    let axes = try PlaneOptions.axes(invocation, latents: pictures.latentSize)
    let size = invocation[size] ?? 20
    let plane: LatentPlane
    if let reach = invocation[range] {
      plane = LatentPlane(size: size, reach: reach, axes: axes)
    } else if pictures.hasPrior {
      plane =
        invocation[quantiles]
        ? LatentPlane(priorQuantiles: size, axes: axes) : LatentPlane(size: size, reach: 2, axes: axes)
    } else {
      let dataset = try CommonOptions.load(invocation, of: trained)
      let codes = try pictures.codes(of: dataset, inputs: try trained.inputs(invocation))
      plane =
        invocation[quantiles]
        ? LatentPlane(codeQuantiles: size, of: codes, latentSize: pictures.latentSize, axes: axes)
        : LatentPlane(size: size, around: codes, latentSize: pictures.latentSize, axes: axes)
    }
    try write(
      invocation, try pictures.manifold(plane),
      to: invocation[CommonOptions.output] ?? trained.place("manifold.png"))
  }
}
