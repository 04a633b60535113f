import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import Reporting
import Runtime

/// `vaerun compare`: two runs side by side.
enum CompareCommand {
  private static let first = Positional("A", help: "a run's folder", isRequired: true, completion: .folders)
  private static let second = Positional(
    "B", help: "another run's folder", isRequired: true, completion: .folders)
  private static let output = Option(
    "output", short: "o", .file(endings: ["png"]), help: "the picture of both runs' curves",
    value: "compare.png")

  static let command = Command(
    "compare", summary: "shows where two runs differ and how each of them went",
    details: [
      "Fields of the configuration that differ, which of model, data and weights are the same to the bit, the terms of every "
        + "epoch side by side, and a picture of the curves: what differs has no line where only one run has it.",
      "Two runs of one model with one seed on the same data end in the same bits.",
    ],
    positionals: [first, second], options: [output, CommonOptions.json, CommonOptions.quiet],
    examples: [
      Example("vaerun compare runs/convvae-001 runs/convvae-002", "the tables, and compare.png"),
      Example("vaerun compare runs/convvae-001 runs/convvae-002 --json", "the tables for a script"),
    ])

  static func run(_ invocation: Invocation) throws {
    let runs = try [first, second].map { try RunRecord(try RunFolder(existing: invocation[$0] ?? "")) }
    let comparison = try RunComparison(runs[0], runs[1])
    let path = invocation[output] ?? "compare.png"
    let curves = try comparison.curves
    try curves?.writePNG(to: path)
    guard !invocation[CommonOptions.json] else { return try Terminal.say(json: comparison) }
    Terminal.tell(invocation, comparison.text)
    if curves != nil { Terminal.tell(invocation, "\n\(path)") }
  }
}

/// Two runs, A and B.
struct RunComparison: Encodable {
  /// A field of the two configurations.
  struct Field: Encodable {
    let name: String
    let a: String?
    let b: String?
  }

  /// Something that is the same to the bit in both, or not.
  struct Sameness: Encodable {
    let name: String
    /// Nil where one of them cannot be read.
    let isSame: Bool?
  }

  /// The terms of both at the end of an epoch.
  struct Epoch: Encodable {
    let epoch: Int
    let a: [String: Double]?
    let b: [String: Double]?
  }

  let a: String
  let b: String
  let differences: [Field]
  let digests: [Sameness]
  /// The split that `epochs` is of: the one that both were compared by, else the test images.
  let split: String
  let epochs: [Epoch]
  private let runs: [RunRecord]

  private enum CodingKeys: CodingKey {
    case a, b, differences, digests, split, epochs
  }

  init(_ first: RunRecord, _ second: RunRecord) throws {
    runs = [first, second]
    a = first.folder.path
    b = second.folder.path
    differences = try Self.differences(first.configuration, second.configuration)
    digests = Self.digests(first, second)
    let split = first.split == second.split ? first.split : "test"
    self.split = split
    let histories = try runs.map { run in
      try run.split == split
        ? run.history
        : MetricsTable(run.folder).rows.filter { $0.split == split }.map {
          RunRecord.Epoch(epoch: $0.epoch, terms: $0.values)
        }
    }
    let count = histories.compactMap { $0.last?.epoch }.max() ?? 0
    func terms(_ history: [RunRecord.Epoch], _ epoch: Int) -> [String: Double]? {
      history.first { $0.epoch == epoch }?.terms
    }
    epochs = (0..<count).map { index in
      Epoch(epoch: index + 1, a: terms(histories[0], index + 1), b: terms(histories[1], index + 1))
    }
  }

  /// Fields without those that have a digest of their own.
  private static func differences(_ a: RunConfiguration, _ b: RunConfiguration) throws -> [Field] {
    func fields(_ configuration: RunConfiguration) throws -> [String: String] {
      Dictionary(
        try flattened(configuration).filter { !$0.name.hasPrefix("digests.") }.map { ($0.name, $0.value) },
        uniquingKeysWith: { first, _ in first })
    }
    let (a, b) = (try fields(a), try fields(b))
    return Set(a.keys).union(b.keys).sorted().filter { a[$0] != b[$0] }.map {
      Field(name: $0, a: a[$0], b: b[$0])
    }
  }

  private static func digests(_ first: RunRecord, _ second: RunRecord) -> [Sameness] {
    let (a, b) = (first.configuration.digests, second.configuration.digests)
    func weights(_ run: RunRecord) -> String? { (try? readFile(run.folder.last)).map { SHA256.hex(of: $0) } }
    let (left, right) = (weights(first), weights(second))
    return [
      Sameness(name: "model text", isSame: a.source == b.source),
      Sameness(name: "compiled model", isSame: a.model == b.model),
      Sameness(name: "library", isSame: a.library == b.library),
      Sameness(name: "data", isSame: a.data == b.data),
      Sameness(name: "last weights", isSame: left.flatMap { left in right.map { left == $0 } }),
    ]
  }

  /// The terms that both have, the loss first.
  private var terms: [String] { runs[0].metrics.filter(runs[1].metrics.contains) }

  var text: String {
    var facts = Facts()
    facts.add("A", summary(runs[0]))
    facts.add("B", summary(runs[1]))
    func names(_ isSame: Bool?) -> String? {
      let names = digests.filter { $0.isSame == isSame }.map(\.name)
      return names.isEmpty ? nil : names.joined(separator: ", ")
    }
    facts.add("same", names(true))
    facts.add("differ", names(false))
    facts.add("not known", names(nil))
    var parts = [facts.text]
    if !differences.isEmpty {
      var table = TextTable([("differs", .left), ("A", .left), ("B", .left)])
      for field in differences {
        table.add([field.name, field.a ?? "-", field.b ?? "-"].map { printable($0) })
      }
      parts.append(String(table.text.dropLast()))
    }
    if !epochs.isEmpty { parts.append(results) }
    return parts.joined(separator: "\n\n")
  }

  private func summary(_ run: RunRecord) -> String {
    "\(run.folder.path): \(run.configuration.model) on \(run.configuration.data), "
      + "\(run.epochs) of \(Terminal.count(run.configuration.epochs, "epoch")), \(run.state.rawValue)"
  }

  private var results: String {
    let columns = terms.flatMap { name -> [(title: String, alignment: TextTable.Alignment)] in
      let name = printable(name)
      return [("\(name) A", .right), ("B", .right), ("B - A", .right)]
    }
    var table = TextTable([(split, .right)] + columns)
    for row in epochs {
      let cells = terms.flatMap { name -> [String] in
        let (a, b) = (row.a?[name], row.b?[name])
        let difference = a.flatMap { a in b.map { $0 - a } }
        return [
          a.map(Terminal.number) ?? "-", b.map(Terminal.number) ?? "-", difference.map(Self.signed) ?? "-",
        ]
      }
      table.add(["\(row.epoch)"] + cells)
    }
    return String(table.text.dropLast())
  }

  private static func signed(_ value: Double) -> String {
    value == 0 ? "0" : (value > 0 ? "+" : "") + Terminal.number(value)
  }

  /// A chart for each term that both have; nil where neither has a row of metrics.
  var curves: Panels? {
    get throws {
      let names = runs[0].name == runs[1].name ? [a, b] : runs.map(\.name)
      return try RunCurves.panels(of: runs.map(\.folder), named: names, terms: terms)
    }
  }
}
