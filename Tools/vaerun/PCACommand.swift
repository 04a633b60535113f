import Artifact
import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Reporting
import Runtime
import Statistics

/// `vaerun pca`
enum PCACommand {
  private static let shares = Option(
    "variance", .text("P,Q", expected: "numbers, such as 80,90"),
    help: "the shares of the variance to keep, in per cent", value: "80,90,95")
  private static let output = Option(
    "output", short: "o", .folder, help: "the folder of the pictures", value: "pca")

  static let command = Command(
    "pca", summary: "principal components of a data set's images, the linear model to compare with",
    details: [
      "The components are those of the training images. For each share of the variance it prints how many "
        + "components have it, and how far reconstructions are from their images, in grey levels from 0 to 255: RMSE is "
        + "the root of the mean over images and pixels, pixel RMSE the mean over pixels of the root of the mean over "
        + "images.",
      "The pictures are variance.png (the share by the number of components), reconstructions.png and latents.png (the "
        + "test images along the first two components).",
    ],
    options: DataOptions.both + [shares, output, CommonOptions.quiet],
    examples: [
      Example("vaerun pca --data digits", "of the built-in digits"),
      Example("vaerun pca --data mnist --variance 50,99", "at other shares"),
    ])

  static func run(_ invocation: Invocation) throws {
    let shares = try shares(invocation[shares] ?? "80,90,95")
    let train = try CommonOptions.load(invocation, split: .train, model: nil)
    let test = try CommonOptions.load(invocation, split: .test, model: nil)
    let folder = invocation[output] ?? "pca"
    try makeFolder(folder)
    let start = ContinuousClock.now
    let components = try PixelComponents(of: train)
    let seconds = start.duration(to: .now) / .seconds(1)
    Terminal.tell(
      invocation,
      "\(train.name): components of \(Terminal.count(train.count, "image")) in \(String(format: "%.2f", seconds)) s"
    )
    Terminal.tell(invocation, "variance  components  RMSE train    test  pixel RMSE train    test  seconds")
    var counts: [Int] = []
    for share in shares {
      let count = components.analysis.count(explaining: share / 100)
      counts.append(count)
      let start = ContinuousClock.now
      let onTrain = try components.distance(of: train, components: count)
      let onTest = try components.distance(of: test, components: count)
      let seconds = start.duration(to: .now) / .seconds(1)
      Terminal.tell(
        invocation,
        String(
          format: "%6.4g %%  %10d  %10.3f %7.3f  %16.5f %7.3f  %7.2f", share, count, onTrain.rootMeanSquare,
          onTest.rootMeanSquare, onTrain.meanOfPixels, onTest.meanOfPixels, seconds))
    }
    try draw(invocation, components, counts, shares, test, in: folder)
  }

  private static func draw(
    _ invocation: Invocation, _ components: PixelComponents, _ counts: [Int], _ shares: [Double],
    _ test: Dataset, in folder: String
  ) throws {
    try makeFolder(folder)
    var sum = 0.0
    let cumulative = components.analysis.explained.prefix(max(200, (counts.max() ?? 0) * 3 / 2)).map { share in
      sum += share * 100
      return sum
    }
    let chart = LineChart(
      title: "variance of \(test.name)", xName: "components", yName: "per cent of the variance",
      series: [LineChart.Series("variance", values: cumulative)])
    try write(invocation, chart, to: folder + "/variance.png")
    try write(
      invocation, try reconstructions(components, counts, shares, test), to: folder + "/reconstructions.png")
    guard components.analysis.components.rows >= 2 else { return }
    let scatter = ScatterPlot(
      title: "\(test.name), \(Terminal.count(test.count, "test image"))", xName: "first component",
      yName: "second component", codes: try components.project(test, components: 2),
      labels: (test.labels ?? []).map { Int($0) }, classNames: test.classNames)
    try write(invocation, scatter, to: folder + "/latents.png")
  }

  /// Ten test images, and under them what each number of components gives back.
  private static func reconstructions(
    _ components: PixelComponents, _ counts: [Int], _ shares: [Double], _ test: Dataset
  ) throws -> ImageGrid {
    let shown = min(10, test.count)
    let pixels = test.imageBytes
    let bytes = try test.bytes(of: 0..<shown)
    let (channels, height, width) = (test.imageShape[0], test.imageShape[1], test.imageShape[2])
    var rows = [try Raster.batch(bytes: bytes, channels: channels, height: height, width: width)]
    guard let images = Matrix(rows: shown, columns: pixels, values: bytes.map(Double.init)) else {
      throw StatisticsError.shape(what: "the reconstruction")
    }
    for count in counts {
      let again = try components.reconstruct(images, components: count).values.map {
        Float(min(max($0 / 255, 0), 1))
      }
      rows.append(try Raster.batch(floats: again, channels: channels, height: height, width: width))
    }
    let labels = zip(shares, counts).map { String(format: "%.4g %% (%d)", $0, $1) }
    return ImageGrid(rows: rows, rowLabels: ["image"] + labels)
  }

  private static func shares(_ text: String) throws -> [Double] {
    let values = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Double(decimal: $0) ?? .nan
    }
    guard values.count <= 20, values.allSatisfy({ $0 > 0 && $0 <= 100 }) else {
      throw UsageError(
        "--variance takes per cents above 0 up to 100, not '\(text)'", "write --variance 80,90,95")
    }
    return values
  }
}
