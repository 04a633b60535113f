import Datasets
import Evaluation
import Reporting
import Runtime
import Statistics

/// What `vaerun train` draws at its end.
struct RunPictures {
  let instance: ModelInstance
  let folder: RunFolder
  let seed: UInt64

  /// Of the training images at most so many are drawn as points.
  private static let mostPoints = 10_000

  /// Draws what the model can show into the run's folder and returns the files' names.
  func draw(training: Dataset, test: Dataset) throws -> [String] {
    let pictures = ModelPictures(instance: instance)
    let makesImage = { (entry: String) in instance.manifest.entry(entry)?.image != nil }
    var names: [String] = []
    func write(_ name: String, _ figure: any Figure) throws {
      try figure.writePNG(to: folder.picture(name))
      names.append(name + ".png")
    }
    if let curves = try RunCurves.panels(of: [folder], named: [""]) { try write("loss", curves) }
    if makesImage("reconstruct") {
      let chosen = try test.subset(ModelPictures.classesInTurn(test, count: 20))
      let again = try pictures.reconstructions(chosen, inputs: EntryInputs(seed: seed))
      try write(
        "reconstructions",
        try ImageGrid.reconstructions(
          originals: try pictures.originals(chosen), corrupted: again.corrupted,
          reconstructions: [("reconstruction", again.images)]))
    }
    if let matrix = try instance.confusion(of: test, inputs: EntryInputs(seed: seed)) {
      try write(ConfusionReport.fileName, ConfusionReport(matrix, names: test.classNames).figure)
    }
    if makesImage("sample") { try write("samples", try pictures.samples(count: 100, columns: 10, seed: seed)) }
    guard instance.manifest.entry("encode") != nil, pictures.latentSize >= 2 else { return names }
    let shown = try training.subset(Array(0..<min(training.count, Self.mostPoints)))
    let codes = try pictures.codes(of: shown)
    if pictures.latentSize == 2, makesImage("decode") {
      let plane =
        pictures.hasPrior
        ? LatentPlane(size: 20, reach: 2) : LatentPlane(size: 20, around: codes, latentSize: 2)
      try write("manifold", try pictures.manifold(plane))
    }
    do {
      let map = CodeMap(pictures: pictures, plane: pictures.latentSize == 2 ? .elements(0, 1) : .components)
      try write("latents", try map.scatter([(shown, codes), (test, try pictures.codes(of: test))]))
    } catch is StatisticsError {
      // A run does not fail for a map of codes that are too few or not finite, or where OpenBLAS is missing.
    }
    return names
  }
}
