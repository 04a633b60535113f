import Artifact
import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Reporting
import Runtime

/// The pictures of a trained model.
struct ModelPictures {
  let instance: ModelInstance
  /// The class that decoded images are to have; nil for all in turn. For models whose decoder takes a class.
  var classNumber: Int32?

  private var manifest: Manifest { instance.manifest }

  /// The elements of a code.
  var latentSize: Int { manifest.latents.reduce(0) { $0 + $1.shape.reduce(1, *) } }

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

  /// Images of a data set above their reconstructions: `count` of them, the classes in turn.
  func reconstructions(of dataset: Dataset, count: Int, inputs: EntryInputs) throws -> ImageGrid {
    let chosen = try dataset.subset(Self.classesInTurn(dataset, count: count))
    let name = try imageResult(of: "reconstruct")
    let corruptedName = "\(name).corrupted"
    var floats: [String: [Float]] = [:]
    try instance.forEachBatch(of: chosen, entry: "reconstruct", inputs: inputs) { _, results in
      for kind in [name, corruptedName] { floats[kind, default: []] += results[kind]?.floats ?? [] }
    }
    let isCorrupted = try instance.model.entry("reconstruct").result(named: corruptedName) != nil
    let shape = try imageShape()
    let originals = try Raster.batch(
      bytes: chosen.allBytes(), channels: shape[0], height: shape[1], width: shape[2])
    return try ImageGrid.reconstructions(
      originals: originals, corrupted: isCorrupted ? try rasters(floats[corruptedName] ?? []) : nil,
      reconstructions: try rasters(floats[name] ?? []))
  }

  /// Images decoded from codes drawn from the prior.
  func samples(count: Int, columns: Int, seed: UInt64) throws -> ImageGrid {
    let results = try instance.sample(
      count: count, seed: seed, labels: labels(count, for: "sample"))
    let images = results[try imageResult(of: "sample")] ?? []
    return ImageGrid.images(try rasters(images), columns: columns)
  }

  /// Images that these codes decode to.
  func decoded(_ codes: [Float], columns: Int) throws -> ImageGrid {
    let labels = labels(codes.count / max(1, latentSize), for: "decode")
    return ImageGrid.images(try rasters(try instance.decode(codes, labels: labels)), columns: columns)
  }

  /// Images decoded from a square grid in the plane of two latents; the others are 0. All have one class, the first where none is
  /// chosen.
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
    let images = try rasters(try instance.decode(codes, labels: oneClass.labels(count, for: "decode")))
    return try ImageGrid.manifold(
      images: images, xs: plane.xs, ys: plane.ys, xName: axisName(plane.axes.x), yName: axisName(plane.axes.y))
  }

  /// The codes of a data set, colored by class. For more than two latents, the first two.
  func scatter(codes: [Float], of dataset: Dataset) -> ScatterPlot {
    let size = latentSize
    let plane = (0..<dataset.count).flatMap { [codes[$0 * size], codes[$0 * size + 1]] }
    return scatter(
      plane: plane, of: dataset, axes: (axisName(0), axisName(1)), priorDeviations: hasPrior ? [1, 2] : [])
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
  func codes(of dataset: Dataset, inputs: EntryInputs = EntryInputs()) throws -> [Float] {
    let entry = try instance.model.entry("encode")
    guard let latent = entry.results.first(where: { $0.role == .latent }) else {
      throw ModelError.missingArgument(entry: "encode", argument: "a result that is a code")
    }
    return try instance.results(of: dataset, entry: "encode", result: latent.name, inputs: inputs)
  }

  /// `z₁` for latent 0.
  private func axisName(_ latent: Int) -> String {
    let digits = Array("₀₁₂₃₄₅₆₇₈₉")
    return "z" + String(latent + 1).compactMap(\.wholeNumberValue).map { String(digits[$0]) }.joined()
  }

  private func imageResult(of entry: String) throws -> String {
    guard let result = try instance.model.entry(entry).results.first(where: { $0.role == .image }) else {
      throw ModelError.missingArgument(entry: entry, argument: "a result that is an image")
    }
    return result.name
  }

  private func imageShape() throws -> [Int] {
    guard let shape = manifest.inputs.first?.shape, shape.count == 3 else {
      throw PictureError.badInput(
        "\(manifest.name) takes no images of channels, height and width: write its results with encode and decode instead"
      )
    }
    return shape
  }

  /// Numbers of `count` images: the first of each class, then the second of each, and so on.
  private static func classesInTurn(_ dataset: Dataset, count: Int) -> [Int] {
    var places = [Int](repeating: 0, count: max(1, dataset.classNames.count))
    guard let labels = dataset.labels else { return Array(0..<min(count, dataset.count)) }
    let ranked = labels.enumerated().map { index, label in
      defer { places[Int(label)] += 1 }
      return (round: places[Int(label)], label: label, index: index)
    }
    return ranked.sorted { ($0.round, $0.label) < ($1.round, $1.label) }.prefix(count).map(\.index)
  }
}

/// A grid in the plane of two latents.
struct LatentPlane {
  var axes = (x: 0, y: 1)
  var xs: [Double]
  var ys: [Double]

  /// `size` values from `-reach` to `reach` along both axes.
  init(size: Int, reach: Double, axes: (x: Int, y: Int) = (0, 1)) {
    self.init(size: size, x: -reach...reach, y: -reach...reach, axes: axes)
  }

  /// `size` values along both axes.
  init(size: Int, x: ClosedRange<Double>, y: ClosedRange<Double>, axes: (x: Int, y: Int) = (0, 1)) {
    self.axes = axes
    xs = Self.values(size, x)
    ys = Self.values(size, y)
  }

  /// The plane that holds the middle 98 per cent of codes along each axis: for models without a prior.
  init(size: Int, around codes: [Float], latentSize: Int, axes: (x: Int, y: Int) = (0, 1)) {
    func range(_ axis: Int) -> ClosedRange<Double> {
      let values = stride(from: axis, to: codes.count, by: latentSize).map { Double(codes[$0]) }.filter(
        \.isFinite
      ).sorted()
      guard let first = values.first, let last = values.last, last > first else { return -1...1 }
      let low = values[values.count / 100]
      let high = values[values.count - 1 - values.count / 100]
      return low < high ? low...high : first...last
    }
    self.init(size: size, x: range(axes.x), y: range(axes.y), axes: axes)
  }

  private static func values(_ count: Int, _ range: ClosedRange<Double>) -> [Double] {
    guard count > 1 else { return [(range.lowerBound + range.upperBound) / 2] }
    return (0..<count).map {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / Double(count - 1)
    }
  }
}

/// What `vaerun train` draws at its end.
struct RunPictures {
  let instance: ModelInstance
  let folder: RunFolder
  let seed: UInt64

  /// Draws what the model can show into the run's folder and returns the files' names.
  func draw(test: Dataset) throws -> [String] {
    let pictures = ModelPictures(instance: instance)
    let has = { (entry: String) in instance.manifest.entry(entry) != nil }
    var names: [String] = []
    func write(_ name: String, _ figure: any Figure) throws {
      try figure.writePNG(to: folder.picture(name))
      names.append(name + ".png")
    }
    if let curves = try curves() { try write("loss", curves) }
    if has("reconstruct") {
      try write(
        "reconstructions", try pictures.reconstructions(of: test, count: 20, inputs: EntryInputs(seed: seed)))
    }
    if has("sample") { try write("samples", try pictures.samples(count: 100, columns: 10, seed: seed)) }
    guard pictures.latentSize == 2, has("encode") else { return names }
    let codes = try pictures.codes(of: test)
    if has("decode") {
      let plane =
        pictures.hasPrior
        ? LatentPlane(size: 20, reach: 2) : LatentPlane(size: 20, around: codes, latentSize: 2)
      try write("manifold", try pictures.manifold(plane))
    }
    try write("latents", pictures.scatter(codes: codes, of: test))
    return names
  }

  /// One chart per term; nil before there is a row.
  private func curves() throws -> Panels? {
    let table = try MetricsTable(folder)
    guard !table.rows.isEmpty else { return nil }
    let curves = RunCurves(table, configuration: try folder.readConfiguration())
    return Panels(table.metrics.map { LineChart(title: $0, series: curves.series(of: $0)) })
  }
}
