import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Reporting
import Runtime
import Statistics

/// `vaerun activations`
enum ActivationsCommand {
  private static let threshold = Option(
    "threshold", .positiveNumber, help: "an element of a code is active where its magnitude is above X",
    value: 0.1)
  private static let bins = Option("bins", .integer(2...500), help: "bars of the first histogram", value: 50)

  static let command = Command(
    "activations", summary: "draws how the elements of codes are distributed and how many of them are active",
    details: [
      "For sparse autoencoders: the picture, activations.png, has a histogram of all elements of the codes of the images (its "
        + "heights are logarithms, since most elements are near 0), one of the number of active elements per image, and one "
        + "of the share of images for which each element is active. An element that is active for no image is dead."
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained(
      [threshold, bins], results: [CommonOptions.output, CommonOptions.json, CommonOptions.quiet]),
    examples: [
      Example("vaerun activations", "the newest run, on the test images"),
      Example("vaerun activations --threshold 0.5 --json", "the figures for a script"),
    ])

  /// What `--json` prints.
  private struct Report: Encodable {
    let images: Int
    let units: Int
    let threshold: Double
    /// The mean share of elements that are active for an image.
    let activeShare: Double
    let deadUnits: Int
    /// For each element the number of images for which it is active.
    let imagesOfUnit: [Int]
  }

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = ModelPictures(instance: trained.instance)
    let dataset = try CommonOptions.load(invocation, of: trained)
    let codes = try pictures.codes(of: dataset, inputs: try trained.inputs(invocation))
    let limit = invocation[threshold] ?? 0.1
    let counts = ActivationCounts(codes: codes, size: pictures.latentSize, threshold: limit)
    let path = invocation[CommonOptions.output] ?? trained.place("activations.png")
    try figure(codes, counts, bins: invocation[bins] ?? 50, threshold: limit).writePNG(to: path)
    if invocation[CommonOptions.json] {
      return try Terminal.say(
        json: Report(
          images: dataset.count, units: pictures.latentSize, threshold: limit, activeShare: counts.meanShare,
          deadUnits: counts.dead, imagesOfUnit: counts.imagesOfUnit))
    }
    Terminal.tell(
      invocation,
      "data            \(dataset.name), \(Terminal.count(dataset.count, "\(dataset.split.rawValue) image"))")
    Terminal.tell(
      invocation,
      String(
        format: "active          %.1f of %d elements for an image (%.1f %%), above %@",
        counts.meanShare
          * Double(pictures.latentSize), pictures.latentSize, counts.meanShare * 100, Terminal.plain(limit)))
    Terminal.tell(invocation, "dead            \(counts.dead), active for no image")
    Terminal.tell(invocation, path)
  }

  private static func figure(_ codes: [Float], _ counts: ActivationCounts, bins: Int, threshold: Double)
    -> Panels
  {
    let values = HistogramCounts(codes, bins: bins)
    let perImage = HistogramCounts(counts.unitsOfImage.map { Float($0) }, bins: 30)
    let images = max(1, counts.unitsOfImage.count)
    let perUnit = HistogramCounts(counts.imagesOfUnit.map { Float($0) / Float(images) }, bins: 30)
    func shares(_ counts: HistogramCounts) -> [Double] {
      counts.counts.map { Double($0) / Double(max(1, counts.total)) }
    }
    return Panels([
      Histogram(
        title: "elements of codes", xName: "value", yName: "share of the elements", edges: values.edges,
        heights: shares(values), isLogarithmic: true),
      Histogram(
        title: "active elements of an image", xName: "elements above \(Terminal.plain(threshold))",
        yName: "share of the images", edges: perImage.edges, heights: shares(perImage)),
      Histogram(
        title: "how often an element is active", xName: "share of the images", yName: "elements",
        edges: perUnit.edges, heights: perUnit.counts.map(Double.init)),
    ])
  }
}
