import Artifact
import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Reporting
import Runtime
import Statistics

/// The pictures of a trained model.
struct ModelPictures {
  let instance: ModelInstance
  /// The class that decoded images are to have; nil for all in turn. For models whose decoder takes a class.
  var classNumber: Int32?

  private var manifest: Manifest { instance.manifest }

  /// The elements of a code.
  var latentSize: Int { manifest.codeSize }

  /// Whether codes have a prior to be drawn from.
  var hasPrior: Bool { manifest.entry("sample") != nil }

  /// The pictures of the model and the class that options name.
  init(_ trained: TrainedModel, _ invocation: Invocation) throws {
    instance = trained.instance
    classNumber = invocation[CommonOptions.classNumber].map { Int32(truncatingIfNeeded: $0) }
    if classNumber != nil, instance.manifest.entry("decode")?.argument(.label) == nil {
      throw UsageError("the decoder of \(trained.manifest.name) takes no class", "leave out --class")
    }
  }

  init(instance: ModelInstance) { self.instance = instance }

  /// Classes for so many images that an entry makes; nil where it takes none.
  func labels(_ count: Int, for entry: String) -> [Int32]? {
    guard let argument = manifest.entry(entry)?.argument(.label) else { return nil }
    let classes = manifest.classes.first { $0.name == argument.name }?.count ?? 1
    return (0..<count).map { classNumber ?? Int32(truncatingIfNeeded: $0 % classes) }
  }

  /// Images in 0...1 as the model makes them.
  func rasters(_ floats: [Float]) throws -> [Raster] {
    let shape = try imageShape()
    return try Raster.batch(floats: floats, channels: shape[0], height: shape[1], width: shape[2])
  }

  /// A data set's images.
  func originals(_ dataset: Dataset) throws -> [Raster] {
    let shape = try imageShape()
    return try Raster.batch(bytes: dataset.allBytes(), channels: shape[0], height: shape[1], width: shape[2])
  }

  /// What the model makes of a data set's images, and what it has made of them first where it corrupts them.
  func reconstructions(
    _ dataset: Dataset, inputs: EntryInputs
  ) throws -> (images: [Raster], corrupted: [Raster]?) {
    let name = try imageResult(of: "reconstruct")
    let corruptedName = "\(name).corrupted"
    var floats: [String: [Float]] = [:]
    try instance.forEachBatch(of: dataset, entry: "reconstruct", inputs: inputs) { _, results in
      for kind in [name, corruptedName] { floats[kind, default: []] += results[kind]?.floats ?? [] }
    }
    let isCorrupted = try instance.model.entry("reconstruct").result(named: corruptedName) != nil
    return (
      try rasters(floats[name] ?? []), isCorrupted ? try rasters(floats[corruptedName] ?? []) : nil
    )
  }

  /// Images decoded from codes drawn from the prior.
  func samples(count: Int, columns: Int, seed: UInt64) throws -> ImageGrid {
    let results = try instance.sample(count: count, seed: seed, labels: labels(count, for: "sample"))
    let images = results[try imageResult(of: "sample")] ?? []
    return ImageGrid.images(try rasters(images), columns: columns)
  }

  private func decodedImages(_ codes: [Float], _ labels: [Int32]?) throws -> [Raster] {
    try rasters(try instance.decode(codes, labels: labels, result: try imageResult(of: "decode")))
  }

  /// Images that these codes decode to.
  func decoded(_ codes: [Float], columns: Int) throws -> ImageGrid {
    let labels = labels(codes.count / max(1, latentSize), for: "decode")
    return ImageGrid.images(try decodedImages(codes, labels), columns: columns)
  }

  /// Images that codes decode to, each with the class that the options name, or else with its own, where the decoder takes one.
  func decoded(_ codes: [Double], classes: [Int32]) throws -> [Raster] {
    let takesClass = manifest.entry("decode")?.argument(.label) != nil
    let labels = takesClass ? classes.map { classNumber ?? $0 } : nil
    return try decodedImages(codes.map { Float($0) }, labels)
  }

  /// Images decoded from a square grid in the plane of two latents; the others are 0. All have one class, the first where none
  /// is chosen.
  func manifold(_ plane: LatentPlane) throws -> ImageGrid {
    var codes = [Float](repeating: 0, count: plane.ys.count * plane.xs.count * latentSize)
    for (j, y) in plane.ys.enumerated() {
      for (i, x) in plane.xs.enumerated() {
        let begin = (j * plane.xs.count + i) * latentSize
        codes[begin + plane.axes.x] = Float(x)
        codes[begin + plane.axes.y] = Float(y)
      }
    }
    let count = plane.ys.count * plane.xs.count
    var oneClass = self
    oneClass.classNumber = classNumber ?? 0
    let images = try decodedImages(codes, oneClass.labels(count, for: "decode"))
    return try ImageGrid.manifold(
      images: images, xs: plane.xs, ys: plane.ys, xName: axisName(plane.axes.x), yName: axisName(plane.axes.y))
  }

  /// Two elements of the codes of a data set, colored by class.
  func scatter(codes: [Float], of dataset: Dataset, axes: (x: Int, y: Int) = (0, 1)) -> ScatterPlot {
    let size = latentSize
    let plane = (0..<dataset.count).flatMap { [codes[$0 * size + axes.x], codes[$0 * size + axes.y]] }
    return scatter(
      plane: plane, of: dataset, axes: (axisName(axes.x), axisName(axes.y)),
      priorDeviations: hasPrior ? [1, 2] : [])
  }

  /// Codes, one behind the other, as points.
  func points(_ codes: [Float]) throws -> Matrix {
    guard let points = Matrix(codes: codes, size: latentSize) else {
      throw StatisticsError.shape(what: "the codes")
    }
    return points
  }

  /// Points of a plane, one for each image of a data set, colored by class.
  func scatter(
    plane: [Float], of dataset: Dataset, axes: (x: String, y: String), priorDeviations: [Double] = []
  ) -> ScatterPlot {
    ScatterPlot(
      title: "\(dataset.name), \(Terminal.count(dataset.count, "\(dataset.split.rawValue) image"))",
      xName: axes.x, yName: axes.y, codes: plane, labels: (dataset.labels ?? []).map { Int($0) },
      classNames: dataset.classNames, priorDeviations: priorDeviations)
  }

  /// The codes of images, one behind the other.
  func codes(of dataset: any ImageSource, inputs: EntryInputs = EntryInputs()) throws -> [Float] {
    try instance.codes(of: dataset, inputs: inputs)
  }

  /// `z₁` for latent 0, or `a.1` where there are several latents.
  func axisName(_ latent: Int) -> String {
    let columns = manifest.codeColumns
    if manifest.codeParts.count > 1, columns.indices.contains(latent) { return columns[latent] }
    let digits = Array("₀₁₂₃₄₅₆₇₈₉")
    return "z" + String(latent + 1).compactMap(\.wholeNumberValue).map { String(digits[$0]) }.joined()
  }

  func imageResult(of entry: String) throws -> String {
    guard let result = try instance.model.entry(entry).image else {
      throw UsageError(
        "the decoder of \(manifest.name) makes no image",
        instance.classCount == nil ? "name another model" : "'vaerun confusion' draws how it takes classes")
    }
    return result.name
  }

  func imageShape() throws -> [Int] {
    guard let shape = manifest.inputs.first?.shape, shape.count == 3 else {
      throw PictureError.badInput(
        "\(manifest.name) takes no images of channels, height and width: write its results with encode and decode instead"
      )
    }
    return shape
  }

  /// Numbers of `count` images: the first of each class, then the second of each, and so on.
  static func classesInTurn(_ dataset: Dataset, count: Int) -> [Int] {
    var places = [Int](repeating: 0, count: max(1, dataset.classNames.count))
    guard let labels = dataset.labels else { return Array(0..<min(count, dataset.count)) }
    let ranked = labels.enumerated().map { index, label in
      defer { places[Int(label)] += 1 }
      return (round: places[Int(label)], label: label, index: index)
    }
    return ranked.sorted { ($0.round, $0.label) < ($1.round, $1.label) }.prefix(count).map(\.index)
  }
}
