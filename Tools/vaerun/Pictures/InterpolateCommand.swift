import CommandLineTable
import Datasets
import Reporting
import Runtime
import Statistics

/// `vaerun interpolate`
enum InterpolateCommand {
  private static let images = Option(
    "images", .text("I,J,...", expected: "numbers of images, such as 3,17"),
    help: "pairs of images of the data set, counted from 0", default: "--count pairs of different classes")
  private static let count = Option("count", .integer(1...100), help: "pairs where none are named", value: 6)
  private static let columns = Option("columns", .integer(2...50), help: "decoded codes per row", value: 9)
  private static let path = Option(
    "path", .choice(CodePath.allCases.map(\.rawValue) + ["both"]), help: "the way from code to code",
    value: CodePath.linear.rawValue)

  static let command = Command(
    "interpolate", summary: "draws what lies between pairs of images, from code to code",
    details: [
      "Each row has an image, what the model decodes on the way from its code to the other's, in equal steps, and the other "
        + "image; the codes are the posterior's means. The linear way is the straight line; the spherical way turns from one "
        + "direction to the other, so that codes of many numbers do not pass through the middle, where the prior hardly has any. A decoder that takes a "
        + "class gets that of the row's first image, or --class."
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained(
      [images, count, columns, path, CommonOptions.classNumber],
      results: [CommonOptions.output, CommonOptions.quiet]),
    examples: [
      Example("vaerun interpolate", "six pairs of test images of different classes"),
      Example("vaerun interpolate --images 3,17 --path both", "two ways between two images"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = try ModelPictures(trained, invocation)
    let dataset = try CommonOptions.load(invocation, of: trained)
    let ends = try ends(invocation, dataset)
    let codes = try pictures.codes(of: ends, in: dataset, inputs: try trained.inputs(invocation))
    let originals = try pictures.originals(try dataset.subset(ends))
    let steps = equalSteps(invocation[columns] ?? 9, from: 0, to: 1)
    let paths = CodePath(rawValue: invocation[path] ?? "").map { [$0] } ?? CodePath.allCases
    var between: [Double] = []
    var classes: [Int32] = []
    for pair in stride(from: 0, to: ends.count, by: 2) {
      for path in paths {
        for step in steps {
          between += path.point(from: codes[pair], to: codes[pair + 1], at: step)
          classes.append(dataset.labels?[ends[pair]] ?? 0)
        }
      }
    }
    let decoded = try pictures.decoded(between, classes: classes)
    let rows = stride(from: 0, to: decoded.count, by: steps.count).enumerated().map { row, begin in
      let pair = row / paths.count * 2
      return [originals[pair]] + decoded[begin..<begin + steps.count] + [originals[pair + 1]]
    }
    let grid = ImageGrid(
      rows: rows, rowLabels: paths.count > 1 ? rows.indices.map { paths[$0 % paths.count].rawValue } : [],
      columnLabels: ["image"] + steps.map { Ticks.label($0, step: 0.01) } + ["image"],
      rowsPerGroup: paths.count > 1 ? paths.count : 0)
    try write(invocation, grid, to: invocation[CommonOptions.output] ?? trained.place("interpolations.png"))
  }

  /// The images of the pairs, one pair behind the other.
  private static func ends(_ invocation: Invocation, _ dataset: Dataset) throws -> [Int] {
    guard let text = invocation[images] else {
      let count = min(2 * (invocation[count] ?? 6), dataset.count / 2 * 2)
      guard count >= 2 else { throw UsageError("\(dataset.name) has one image alone", "a pair needs two") }
      return ModelPictures.classesInTurn(dataset, count: count)
    }
    let numbers = try NumberList.parse(text, in: 0...max(0, dataset.count - 1), option: "images", of: "images")
    guard numbers.count.isMultiple(of: 2) else {
      throw UsageError(
        "--images has \(numbers.count) images", "pairs need an even number, such as --images 3,17")
    }
    return numbers
  }
}
