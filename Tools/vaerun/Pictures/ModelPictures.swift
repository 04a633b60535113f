import Artifact
import Datasets
import Evaluation
import Foundation
import Reporting
import Runtime
import Statistics

/// The pictures of a trained model.
struct ModelPictures {
  let instance: ModelInstance

  private var manifest: Manifest { instance.manifest }

  /// The elements of a code.
  var latentSize: Int { manifest.codeSize }

  /// Whether codes have a prior to be drawn from.
  var hasPrior: Bool { manifest.entry("sample") != nil }

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

  /// What the model makes of a data set's images.
  func reconstructions(_ dataset: Dataset, inputs: EntryInputs) throws -> [Raster] {
    try rasters(
      try instance.results(
        of: dataset, entry: "reconstruct", result: try imageResult(of: "reconstruct"), inputs: inputs))
  }

  /// Images decoded from codes drawn from the prior.
  func samples(count: Int, columns: Int, seed: UInt64) throws -> ImageGrid {
    let results = try instance.sample(count: count, seed: seed)
    let images = results[try imageResult(of: "sample")] ?? []
    return ImageGrid.images(try rasters(images), columns: columns)
  }

  /// Images that these codes decode to.
  func decoded(_ codes: [Float], columns: Int) throws -> ImageGrid {
    ImageGrid.images(try rasters(try instance.decode(codes)), columns: columns)
  }

  /// Images decoded from a square grid in the plane of two latents; the others are 0.
  func manifold(_ plane: LatentPlane) throws -> ImageGrid {
    var codes = [Float](repeating: 0, count: plane.ys.count * plane.xs.count * latentSize)
    for (j, y) in plane.ys.enumerated() {
      for (i, x) in plane.xs.enumerated() {
        let begin = (j * plane.xs.count + i) * latentSize
        codes[begin + plane.axes.x] = Float(x)
        codes[begin + plane.axes.y] = Float(y)
      }
    }
    let images = try rasters(try instance.decode(codes))
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
    guard let result = try instance.model.entry(entry).results.first(where: { $0.role == .image }) else {
      throw ModelError.missingArgument(entry: entry, argument: "a result that is an image")
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
