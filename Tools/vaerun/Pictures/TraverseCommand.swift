import CommandLineTable
import Datasets
import Evaluation
import Reporting
import Runtime

/// `vaerun traverse`
enum TraverseCommand {
  private static let latents = Option(
    "latents", .text("I,J,...", expected: "numbers of latents, such as 1,4"),
    help: "the latents to change, counted from 1", default: "the most active, at most --rows of them")
  private static let rows = Option(
    "rows", .integer(1...100), help: "latents to show where none are named", value: 10)
  private static let columns = Option("columns", .integer(2...50), help: "images per row", value: 11)
  private static let range = Option(
    "range", .positiveNumber(to: 1_000_000),
    help: "each latent goes from -X to X; without a prior, in deviations from its mean",
    value: 3)
  private static let image = Option(
    "image", .integer(0...), help: "start at the code of this image, counted from 0",
    default: "where all latents are 0; without a prior, the mean code")

  static let command = Command(
    "traverse", summary: "draws what each latent changes: one latent at a time, while the others stay",
    details: [
      "Each row decodes codes that are equal but for one latent. The most active latents are those whose posterior says most: "
        + "by their KL, the mean over images of the data set (2000 where --limit says no other), which stands at the row; for "
        + "codes without a distribution by their deviation. With --image the first column is the image. A decoder that takes a class gets "
        + "--class, or that of the image, or 0."
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained(
      [latents, rows, columns, range, image, CommonOptions.classNumber],
      results: [CommonOptions.output, CommonOptions.quiet]),
    examples: [
      Example("vaerun traverse", "the ten most active latents of the newest run"),
      Example("vaerun traverse --image 3 --latents 1,4 --range 2", "two latents, around the code of an image"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = try ModelPictures(trained, invocation)
    let inputs = try trained.inputs(invocation)
    let named = try invocation[latents].map {
      try NumberList.parse($0, in: 1...max(1, pictures.latentSize), option: "latents", of: "latents")
    }
    var activity: LatentActivity?
    var original: (raster: Raster, code: [Double], label: Int32)?
    // A decoder alone can be traversed without data.
    if trained.manifest.entry("encode") != nil, named == nil || !pictures.hasPrior || invocation.isGiven(image)
    {
      let dataset = try CommonOptions.load(invocation, of: trained, usual: 2000, holding: invocation[image])
      activity = try LatentActivity(trained.instance, on: dataset, inputs: inputs)
      original = try invocation[image].map { number in
        let chosen = try NumberList.images([number], of: dataset, option: "image")
        let code = try pictures.codes(of: chosen, in: dataset, inputs: inputs)[0]
        return (try pictures.originals(try dataset.subset(chosen))[0], code, dataset.labels?[number] ?? 0)
      }
    }
    let shown =
      named?.map { $0 - 1 }
      ?? Array((activity?.order ?? Array(0..<pictures.latentSize)).prefix(invocation[rows] ?? 10))
    let usual = pictures.usual(activity)
    let steps = equalSteps(
      invocation[columns] ?? 11, from: -(invocation[range] ?? 3), to: invocation[range] ?? 3)
    var codes: [Double] = []
    for latent in shown {
      for step in steps {
        var code = original?.code ?? usual.means
        code[latent] = usual.means[latent] + step * usual.deviations[latent]
        codes += code
      }
    }
    let images = try pictures.decoded(
      codes, classes: Array(repeating: original?.label ?? 0, count: shown.count * steps.count))
    let rows: [[Raster?]] = shown.indices.map { row in
      let changed: [Raster?] = images[row * steps.count..<(row + 1) * steps.count].map { $0 }
      return original.map { [$0.raster] + changed } ?? changed
    }
    let unit = pictures.hasPrior ? "" : " σ"
    let values = steps.map { Ticks.label($0, step: 0.1) + unit }
    let grid = ImageGrid(
      rows: rows, rowLabels: shown.map { label($0, pictures, activity) },
      columnLabels: original == nil ? values : ["image"] + values)
    try write(invocation, grid, to: invocation[CommonOptions.output] ?? trained.place("traversals.png"))
  }

  private static func label(_ latent: Int, _ pictures: ModelPictures, _ activity: LatentActivity?) -> String {
    let name = pictures.axisName(latent)
    if let divergences = activity?.divergences { return "\(name)  KL \(Terminal.short(divergences[latent]))" }
    return activity.map { "\(name)  std \(Terminal.short($0.deviations[latent]))" } ?? name
  }
}
