import CommandLineTable
import Datasets
import Reporting
import Runtime

/// `vaerun reconstruct`
enum ReconstructCommand {
  private static let count = Option("count", .integer(1...1000), help: "images", value: 20)
  private static let columns = Option("columns", .integer(1...100), help: "images per row", value: 10)

  static let command = Command(
    "reconstruct",
    summary: "draws images above their reconstructions, those of several models under one another",
    details: [
      "The images are the first of each class, then the second of each, and so on; those of the first model's data. The rows "
        + "of several models are named by what they differ in, such as latent=8, or by their runs. Then the picture is "
        + "reconstructions.png, where --output says no other."
    ],
    positionals: [CommonOptions.models],
    options: CommonOptions.forTrained([count, columns], results: [CommonOptions.output, CommonOptions.quiet]),
    examples: [
      Example("vaerun reconstruct --count 50", "50 test images and what the newest run makes of them"),
      Example("vaerun reconstruct runs/densevae-001 runs/densevae-002", "two runs on the same images"),
    ])

  static func run(_ invocation: Invocation) throws {
    var images: Dataset?
    var originals: [Raster] = []
    var models: [(identity: RunIdentity, images: [Raster], corrupted: [Raster]?)] = []
    var place = "reconstructions.png"
    try TrainedModel.each(invocation) { trained in
      let chosen =
        try images
        ?? {
          let dataset = try CommonOptions.load(invocation, of: trained)
          return try dataset.subset(ModelPictures.classesInTurn(dataset, count: invocation[count] ?? 20))
        }()
      let pictures = ModelPictures(instance: trained.instance)
      if images == nil { originals = try pictures.originals(chosen) }
      images = chosen
      let again = try pictures.reconstructions(chosen, inputs: try trained.inputs(invocation))
      models.append((RunIdentity(trained), again.images, again.corrupted))
      place = models.count == 1 ? trained.place("reconstructions.png") : "reconstructions.png"
    }
    let names = models.count == 1 ? ["reconstruction"] : RunIdentity.labels(of: models.map(\.identity))
    let figure = try ImageGrid.reconstructions(
      originals: originals, corrupted: models.count == 1 ? models[0].corrupted : nil,
      reconstructions: zip(names, models).map { ($0, $1.images) },
      columns: invocation[columns] ?? 10)
    try write(invocation, figure, to: invocation[CommonOptions.output] ?? place)
  }
}

/// Writes a picture and says where.
func write(_ invocation: Invocation, _ figure: any Figure, to path: String) throws {
  try figure.writePNG(to: path)
  Terminal.tell(invocation, path)
}
