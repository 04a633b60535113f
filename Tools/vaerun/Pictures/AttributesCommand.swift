import CommandLineTable
import Datasets
import Diagnostics
import Evaluation
import Foundation
import Reporting
import Runtime
import Statistics

/// `vaerun attributes`
enum AttributesCommand {
  private static let attributes = Option(
    "attributes", .text("NAME,...", expected: "names of attributes, such as smile,hair=long"),
    help:
      "the attributes to change: NAME, or NAME=VALUE for one with several values; class=VALUE for the classes",
    default: "all, at most the 12 that the codes tell most plainly")
  private static let images = Option(
    "images", .text("I,J,...", expected: "numbers of images, such as 3,17"),
    help: "the test images to change, counted from 0", default: "0")
  private static let columns = Option("columns", .integer(2...50), help: "decoded codes per row", value: 7)
  private static let reach = Option(
    "range", .positiveNumber(to: 1_000_000), help: "go from -X to X times the attribute's direction", value: 1.5
  )
  private static let usualLimit = 10_000

  static let command = Command(
    "attributes",
    summary: "finds the directions of attributes or classes among the codes, and moves images along them",
    details: [
      "The direction of an attribute is the mean code of the training images that have it, less that of those that do not "
        + "(10,000 images where --limit says no other). The table has for each attribute how many images have it, how far both "
        + "means are apart, and how well the side of their middle on which a test image's code lies tells the attribute: the mean "
        + "of the shares that are told rightly among those with it and those without, 50 % by chance.",
      "The picture, attributes.png, has each image with each attribute: the image, and what its code decodes to when it is moved; "
        + "the column 0 is the reconstruction, 1 is one whole difference of the means further. An attribute whose values are not "
        + "yes and no, such as hat, stands for having any of them but the first; where the first is none or no.",
    ],
    positionals: [CommonOptions.trainedModel],
    options: CommonOptions.forTrained(
      [attributes, images, columns, reach, CommonOptions.classNumber], data: DataOptions.both,
      results: [CommonOptions.output, CommonOptions.json, CommonOptions.quiet]),
    examples: [
      Example("vaerun attributes", "what the data set knows of its images, or its classes"),
      Example(
        "vaerun attributes --attributes smile,hat,hair=long --images 0,5", "three attributes of two faces"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = try ModelPictures(trained, invocation)
    let inputs = try trained.inputs(invocation)
    let train = try CommonOptions.load(invocation, of: trained, split: .train, usual: usualLimit)
    let test = try CommonOptions.load(invocation, of: trained, split: .test, usual: usualLimit)
    let properties = try ImageProperty.named(invocation[attributes], of: train)
    let chosen = try NumberList.images(
      try NumberList.parse(
        invocation[images] ?? "0", in: 0...max(0, test.count - 1), option: "images", of: "images"), of: test,
      option: "images")
    let (trainCodes, testCodes) = (
      try pictures.points(try pictures.codes(of: train, inputs: inputs)),
      try pictures.points(try pictures.codes(of: test, inputs: inputs))
    )
    var found = properties.compactMap { property in
      AttributeDirection(codes: trainCodes, has: property.holds(in: train)).map { direction in
        Found(
          property: property, direction: direction,
          accuracy: direction.balancedAccuracy(codes: testCodes, has: property.holds(in: test)))
      }
    }
    guard !found.isEmpty else {
      throw UsageError(
        "all training images of \(train.name) are alike in what is asked for", "take more with --limit")
    }
    if invocation[attributes] == nil {
      found = Array(
        found.enumerated().sorted {
          (-($0.element.accuracy ?? 0), $0.offset) < (-($1.element.accuracy ?? 0), $1.offset)
        }
        .prefix(12).map(\.element))
    }
    let grid = try grid(
      found, invocation, originals: try pictures.originals(try test.subset(chosen)),
      codes: try pictures.codes(of: chosen, in: test, inputs: inputs),
      classes: chosen.map { test.labels?[$0] ?? 0 }, pictures)
    let path = invocation[CommonOptions.output] ?? trained.place("attributes.png")
    try grid.writePNG(to: path)
    if invocation[CommonOptions.json] { return try Terminal.say(json: found.map(Row.init)) }
    Terminal.tell(invocation, table(found) + "\n" + path)
  }

  private struct Found {
    let property: ImageProperty
    let direction: AttributeDirection
    let accuracy: Double?
  }

  /// What `--json` prints of a direction.
  private struct Row: Encodable {
    let attribute: String
    let with: Int
    let without: Int
    let length: Double
    let balancedAccuracy: Double?
    let direction: [Double]

    init(_ found: Found) {
      attribute = found.property.name
      with = found.direction.with
      without = found.direction.without
      length = found.direction.length
      balancedAccuracy = found.accuracy
      direction = found.direction.difference
    }
  }

  private static func table(_ found: [Found]) -> String {
    var table = TextTable([
      ("attribute", .left), ("with", .right), ("without", .right), ("length", .right), ("told", .right),
    ])
    for row in found {
      table.add([
        printable(row.property.name), "\(row.direction.with)", "\(row.direction.without)",
        Terminal.short(row.direction.length), row.accuracy.map { String(format: "%.1f %%", $0 * 100) } ?? "-",
      ])
    }
    return table.text
  }

  private static func grid(
    _ found: [Found], _ invocation: Invocation, originals: [Raster], codes: [[Double]], classes: [Int32],
    _ pictures: ModelPictures
  ) throws -> ImageGrid {
    let reach = invocation[reach] ?? 1.5
    let steps = equalSteps(invocation[columns] ?? 7, from: -reach, to: reach)
    var moved: [Double] = []
    var labels: [Int32] = []
    for row in found {
      for (code, label) in zip(codes, classes) {
        for step in steps { moved += row.direction.moved(code, by: step) }
        labels += Array(repeating: label, count: steps.count)
      }
    }
    let decoded = try pictures.decoded(moved, classes: labels)
    let rows = (0..<found.count * codes.count).map { row -> [Raster?] in
      [originals[row % codes.count]] + decoded[row * steps.count..<(row + 1) * steps.count].map { $0 }
    }
    return ImageGrid(
      rows: rows, rowLabels: rows.indices.map { found[$0 / codes.count].property.name },
      columnLabels: ["image"] + steps.map { Ticks.label($0, step: 0.1) },
      rowsPerGroup: codes.count > 1 ? codes.count : 0)
  }
}

/// Something that an image of a data set has or has not: a value of an attribute, or a class.
struct ImageProperty {
  let name: String
  /// Nil: the classes.
  private let attribute: String?
  private let values: Set<Int>

  /// Whether each image of a data set has it.
  func holds(in dataset: Dataset) -> [Bool] {
    guard let attribute else { return (dataset.labels ?? []).map { values.contains(Int($0)) } }
    let found = dataset.attributes.first { $0.name == attribute }
    return found?.values.map { values.contains(Int($0)) } ?? []
  }

  /// The properties of a list; where there is none all attributes, or where the data set has none its classes.
  static func named(_ text: String?, of dataset: Dataset) throws -> [ImageProperty] {
    if let text { return try text.split(separator: ",").map { try one(String($0), of: dataset) } }
    let all = dataset.attributes.flatMap { attribute in
      Self.hasAbsence(attribute.valueNames)
        ? [
          ImageProperty(
            name: attribute.name, attribute: attribute.name, values: Set(1..<attribute.valueNames.count))
        ]
        : attribute.valueNames.enumerated().map { value, name in
          ImageProperty(name: "\(attribute.name)=\(name)", attribute: attribute.name, values: [value])
        }
    }
    if !all.isEmpty { return all }
    guard dataset.classNames.count >= 2 else {
      throw UsageError(
        "\(dataset.name) has neither attributes nor classes",
        "choose a data set that has, such as cartoon-faces")
    }
    return dataset.classNames.enumerated().map { ImageProperty(name: $1, attribute: nil, values: [$0]) }
  }

  private static func one(_ text: String, of dataset: Dataset) throws -> ImageProperty {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    let name = parts.first ?? ""
    let attribute = dataset.attributes.first { $0.name == name }
    let isClass = attribute == nil && name == "class" && !dataset.classNames.isEmpty
    guard let values = attribute?.valueNames ?? (isClass ? dataset.classNames : nil) else {
      let known = dataset.attributes.map(\.name) + (dataset.classNames.isEmpty ? [] : ["class"])
      throw UsageError(
        "\(dataset.name) has no attribute '\(name)'",
        nearest(to: name, among: known).map { "did you mean '\($0)'?" }
          ?? (known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"))
    }
    guard parts.count == 2 else {
      guard Self.hasAbsence(values) else {
        throw UsageError("\(name) has several values", "name one, such as \(name)=\(values.first ?? "")")
      }
      return ImageProperty(name: name, attribute: isClass ? nil : name, values: Set(1..<values.count))
    }
    guard let value = values.firstIndex(of: parts[1]) else {
      throw UsageError(
        "\(name) has no value '\(parts[1])'",
        nearest(to: parts[1], among: values).map { "did you mean '\($0)'?" }
          ?? "it has \(values.prefix(20).joined(separator: ", "))")
    }
    return ImageProperty(name: text, attribute: isClass ? nil : name, values: [value])
  }

  /// Whether the first of an attribute's values says that there is nothing of it.
  private static func hasAbsence(_ values: [String]) -> Bool {
    values.count >= 2 && ["no", "none"].contains(values[0])
  }
}
