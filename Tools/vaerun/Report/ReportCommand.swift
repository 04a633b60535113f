import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import Reporting
import Runtime

/// `vaerun report`
enum ReportCommand {
  static let command = Command(
    "report", summary: "writes one HTML page about a run, with its figures, curves, pictures and text",
    details: [
      "The page needs no network and no other file: it can be sent or archived as it is. It has what the run is, its figures by "
        + "epoch, its curves, every picture that lies in its folder (what training drew, and what other commands have "
        + "added: 'vaerun traverse', 'vaerun probe', ...), the model's text and the configuration to repeat it from. The page is "
        + "report.html in the run's folder, where --output says no other."
    ],
    positionals: [CommonOptions.trainedModel], options: [CommonOptions.output, CommonOptions.quiet],
    examples: [
      Example("vaerun report", "the newest run of the newest model"),
      Example("vaerun report runs/convvae-001 -o convvae.html", "a run, into a file of your choice"),
    ])

  static func run(_ invocation: Invocation) throws {
    let run = try TrainedModel.runs(invocation)[0]
    let path = invocation[CommonOptions.output] ?? run.path + "/report.html"
    let page = try RunReport(run).page()
    try AtomicFile.write(Data(page.html.utf8), to: path)
    Terminal.tell(invocation, path)
  }
}

/// The page about a run.
struct RunReport {
  private let record: RunRecord
  private let manifest: Manifest?
  private var configuration: RunConfiguration { record.configuration }

  init(_ run: RunFolder) throws {
    record = try RunRecord(run)
    let path = try? CompiledModel.manifestPath(in: run.compiledModel)
    manifest = path.flatMap { try? Manifest(contentsOf: $0) }
  }

  func page() throws -> HTMLPage {
    var page = HTMLPage(title: "\(record.name): \(configuration.model) on \(configuration.data)")
    addSummary(to: &page)
    addResults(to: &page)
    if record.folder.hasMetrics, let curves = try RunCurves.panels(of: [record.folder], named: [""]) {
      page.section("Curves")
      page.picture(try curves.render(), caption: "The terms by epoch: training images, and those held out.")
    }
    addPictures(to: &page)
    try addTexts(to: &page)
    return page
  }

  private func addSummary(to page: inout HTMLPage) {
    page.section("Run")
    var facts: [(name: String, value: String)] = [("model", configuration.model)]
    facts += (manifest?.configuration ?? []).map { ($0.name, $0.text) }
    if let manifest {
      let count = manifest.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
      facts.append(("parameters", grouped(count)))
      facts.append(("optimizer", manifest.training.optimizer))
    }
    facts += configuration.hypers.sorted { $0.key < $1.key }.map { ($0.key, Terminal.plain($0.value)) }
    let held = configuration.validationImages > 0 ? ", \(grouped(configuration.validationImages)) held out" : ""
    facts += [
      (
        "data",
        "\(configuration.data): \(grouped(configuration.trainingImages)) training images\(held), "
          + "\(grouped(configuration.testImages)) test images"
      ),
      ("batch", "\(configuration.batch)"), ("rate", Terminal.plain(configuration.rate)),
      ("seed", "\(configuration.seed)"),
      (
        "state",
        "\(record.state.rawValue), \(record.epochs) of \(Terminal.count(configuration.epochs, "epoch"))"
      ),
      ("time", Terminal.duration(record.seconds)),
    ]
    if let pace = record.imagesPerSecond, pace.isFinite, pace < 1e12 {
      facts.append(("pace", "\(grouped(Int(pace))) training images/s"))
    }
    for session in record.folder.sessions.suffix(20) {
      facts.append(("trained", "\(session.began) on \(session.machine.processor), \(session.runner)"))
    }
    page.facts(facts)
  }

  private func addResults(to page: inout HTMLPage) {
    guard !record.history.isEmpty else { return }
    page.section("Figures")
    page.paragraph(
      "Means over the \(record.split) images at the end of each epoch"
        + (record.history.count > Self.mostRows ? ", of the last \(Self.mostRows) epochs" : "")
        + (record.split == "test" || record.test.isEmpty
          ? "." : "; the last line is of the test images, which choose nothing."))
    func cells(_ name: String, _ terms: [String: Double]) -> [String] {
      [name] + record.metrics.map { terms[$0].map(Terminal.number) ?? "-" }
    }
    var rows = record.history.suffix(Self.mostRows).map { cells("\($0.epoch)", $0.terms) }
    if record.split != "test", !record.test.isEmpty { rows.append(cells("test", record.test)) }
    page.table(["epoch"] + record.metrics, rows)
  }

  private static let mostRows = 100

  /// What pictures of these names show; the others come behind, with their names. The curves are drawn anew.
  private static let captions = [
    ("reconstructions", "Test images above their reconstructions."),
    ("samples", "Images decoded from random codes."),
    ("manifold", "Images decoded from a grid in the plane of two latents."),
    ("latents", "Codes of images by class: training images at the left, test images at the right."),
    ("traversals", "What each latent changes while the others stay."),
    ("interpolations", "Between pairs of images."),
    ("attributes", "Images moved along the directions of attributes or classes."),
    ("latent-kl", "The KL of each latent, the largest first."),
    ("activations", "How the elements of codes are distributed and how many are active."),
    ("confusion", "Which classes are read from codes for which, in shares of the class."),
    ("classification", "Which classes the model takes for which, in shares of the class."),
    ("loss", nil), ("curves", nil),
  ]
  private static let largestPicture = 32 << 20

  private func addPictures(to page: inout HTMLPage) {
    let folder = record.folder.path
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let names = files.filter { $0.hasSuffix(".png") && !$0.hasPrefix(".") }.map { String($0.dropLast(4)) }
    let known = Self.captions.map(\.0)
    let ordered = known.filter(names.contains) + names.filter { !known.contains($0) }
    var pictures: [(picture: Picture, caption: String)] = []
    for name in ordered {
      let entry = Self.captions.first { $0.0 == name }
      guard let caption = entry == nil ? "\(name).png" : entry?.1,
        let data = try? readFile("\(folder)/\(name).png", limit: Self.largestPicture),
        let picture = Picture(png: Array(data))
      else { continue }
      pictures.append((picture, caption))
    }
    guard !pictures.isEmpty else { return }
    page.section("Pictures")
    for (picture, caption) in pictures { page.picture(picture, caption: caption) }
  }

  private func addTexts(to page: inout HTMLPage) throws {
    if let source = manifest?.source {
      page.section("Model")
      if let text = source.text, SHA256.hex(of: Array(text.utf8)) == source.digest {
        page.verbatim(text)
      } else {
        page.paragraph("\(source.file), which the compiled model does not hold; SHA-256 \(source.digest).")
      }
    }
    page.section("Configuration")
    page.paragraph("vaerun train --config \(record.folder.configuration) repeats the run.")
    page.verbatim(String(decoding: try readFile(record.folder.configuration), as: UTF8.self))
  }
}
