import CommandLineTable
import Datasets
import Fetching
import Foundation
import Reporting

/// `vaerun data`
enum DataCommand {
  private static let action = Positional("ACTION", help: "list, info, show or fetch", isRequired: true)
  private static let name = Positional(
    "DATA", help: "a data set's name; for info and show also a folder or a file")
  private static let count = Option("count", .integer(1...2500), help: "show so many images", default: "100")
  private static let from = Option(
    "from", .text("URL"), help: "fetch from this place first, a folder with the files under their names")

  static let command = Command(
    "data", summary: "lists, describes, shows and fetches data sets",
    details: [
      "list names the data sets and says which are there. info says what is in one: its form, its classes and attributes "
        + "and how many images have each. show draws its first images as one picture. fetch gets its files from its home "
        + "page into the cache folder, goes on where an earlier fetch stopped, and holds them against their published check "
        + "sums."
    ],
    positionals: [action, name],
    options: [DataOptions.folder, DataOptions.split, DataOptions.limit, count, CommonOptions.output, from]
      + DataOptions.form + [CommonOptions.threads, CommonOptions.quiet],
    examples: [
      Example("vaerun data list", "what there is"),
      Example("vaerun data show cartoon-faces --count 40", "faces, as cartoon-faces.png"),
      Example("vaerun data fetch fashion-mnist", "gets its four files"),
    ])

  static func run(_ invocation: Invocation) throws {
    switch invocation[action] ?? "" {
    case "list": list(invocation)
    case "info": try info(invocation, try named(invocation))
    case "show": try show(invocation, try named(invocation))
    case "fetch": try FetchAction.run(invocation, try named(invocation), from: invocation[from])
    case let other:
      let remedy = nearest(to: other, among: ["list", "info", "show", "fetch"]).map { "did you mean '\($0)'?" }
      throw UsageError("'vaerun data' cannot '\(other)'", remedy ?? "it can list, info, show and fetch")
    }
  }

  private static func named(_ invocation: Invocation) throws -> String {
    guard let name = invocation[name] else {
      throw UsageError("DATA is missing", "name a data set: 'vaerun data list' lists them")
    }
    return name
  }

  private static func list(_ invocation: Invocation) {
    let catalog = DatasetCatalog(directory: invocation[DataOptions.folder])
    let rows = DatasetSource.all.map { source in
      let place =
        source.homePage == nil
        ? "built in"
        : catalog.isAvailable(source.name) ? "found" : source.files.isEmpty ? "by hand" : "to be fetched"
      return [source.name, source.shape, source.counts, place, source.summary]
    }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
      Terminal.say((cells + [row[4]]).joined(separator: "  "))
    }
  }

  private static func load(_ invocation: Invocation, _ name: String, _ split: DatasetSplit) throws -> Dataset {
    try DatasetCatalog(directory: invocation[DataOptions.folder]).load(
      name, split: split,
      options: DataOptions.images(DataOptions.given(invocation), invocation, modelShape: nil))
  }

  private static func info(_ invocation: Invocation, _ name: String) throws {
    let parts = try DatasetSplit.allCases.map { try load(invocation, name, $0) }
    let first = parts[0]
    let source = DatasetSource.all.first { $0.name == name }
    Terminal.say("name        \(name)\(source.map { ": " + $0.summary } ?? "")")
    if let page = source?.homePage { Terminal.say("home page   \(page)") }
    Terminal.say("place       \(first.source)")
    Terminal.say("images      \(first.imageShape.map(String.init).joined(separator: "x"))")
    for part in parts {
      let left = part.leftOut > 0 ? ", \(Terminal.count(part.leftOut, "damaged picture")) left out" : ""
      Terminal.say(
        "\(part.split.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0))\(part.count)\(left)")
    }
    func row(_ title: String, _ names: [String], _ values: (Dataset) -> [Int]) {
      let shares = names.indices.prefix(12).map { value in
        let counts = parts.map { part in "\(values(part).count { $0 == value })" }
        return "\(names[value]) \(counts.joined(separator: "+"))"
      }
      let more = names.count > 12 ? ", and \(names.count - 12) more" : ""
      Terminal.say(
        title.padding(toLength: max(12, title.count + 2), withPad: " ", startingAt: 0)
          + shares.joined(separator: ", ") + more)
    }
    if first.labels != nil {
      row("classes", first.classNames) { ($0.labels ?? []).map { Int($0) } }
    } else {
      Terminal.say("classes     none")
    }
    for attribute in first.attributes {
      row(attribute.name, attribute.valueNames) { part in
        part.attributes.first { $0.name == attribute.name }?.values.map { Int($0) } ?? []
      }
    }
  }

  private static func show(_ invocation: Invocation, _ name: String) throws {
    var split = DatasetSplit.test
    if invocation[DataOptions.split] == "train" { split = .train }
    let dataset = try load(invocation, name, split)
    let shown = min(invocation[count] ?? 100, dataset.count)
    let shape = dataset.imageShape
    let images = try Raster.batch(
      bytes: dataset.bytes(of: 0..<shown), channels: shape[0], height: shape[1], width: shape[2])
    let stem =
      DatasetCatalog.names.contains(name)
      ? name : URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
    try write(
      invocation, ImageGrid.images(images, columns: Int(Double(shown).squareRoot().rounded(.up))),
      to: invocation[CommonOptions.output] ?? stem + ".png")
  }
}
