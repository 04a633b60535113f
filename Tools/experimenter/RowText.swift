import Foundation

/// A row's part of docs/experiments.md: commands, table, listings and pictures.
struct RowText {
  let row: Row
  let runner: RowRunner
  /// Where pictures lie, seen from the page.
  let pictures: String

  func markdown() throws -> String {
    var parts = [String]()
    if !row.trainings.isEmpty { parts += [try commands(), try table()] }
    if let sweep = row.sweep { parts += try search(sweep) }
    for listing in row.listings { parts.append(try self.listing(listing)) }
    if !row.pictures.isEmpty { parts.append(gallery()) }
    return parts.joined(separator: "\n\n")
  }

  private func indented(_ lines: [String]) -> String { lines.map { "    " + $0 }.joined(separator: "\n") }

  private func commands() throws -> String {
    indented(
      try row.trainings.flatMap { training in
        let first = RowRunner.Task(training: training, seed: 1)
        let seeds = runner.seeds(training)
        let others =
          seeds.count > 1
          ? "      # and with seed " + seeds.dropFirst().map { "\($0)" }.joined(separator: ", ") : ""
        return [
          shellLine(runner.compileCommand(training)), shellLine(try runner.trainCommand(first)) + others,
          shellLine(runner.evaluateCommand(first)),
        ]
      })
  }

  // MARK: Table

  private func table() throws -> String {
    var lines = [line([""] + row.figures.map(\.title) + ["CPU minutes"])]
    lines.append("|---|" + String(repeating: "---|", count: row.figures.count + 1))
    for training in row.trainings {
      if let report = training.report {
        lines.append(line([training.label + ", the report"] + report.map { $0 ?? "" } + [""]))
      }
      let seeds = runner.seeds(training)
      let results = try seeds.map { try runner.result(RowRunner.Task(training: training, seed: $0)) }
      let (data, isReal) = runner.data(training.data)
      let name = training.label + (isReal ? "" : " (built-in \(data))")
      let times = results.compactMap(\.processorMinutes)
      let time =
        times.count == results.count ? String(format: "%.1f", times.reduce(0, +) / Double(times.count)) : ""
      let means = row.figures.map { figure in
        summary(figure, results.compactMap { $0.evaluation.value(figure) })
      }
      lines.append(line([name + (seeds.count > 1 ? ", mean of \(seeds.count) seeds" : "")] + means + [time]))
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

  /// The mean of the seeds, with their least and greatest.
  private func summary(_ figure: Figure, _ values: [Double]) -> String {
    guard let least = values.min(), let greatest = values.max() else { return "" }
    let mean = figure.text(values.reduce(0, +) / Double(values.count))
    return values.count > 1 ? "\(mean) (\(figure.text(least)) to \(figure.text(greatest)))" : mean
  }

  // MARK: Listings and pictures

  private func search(_ sweep: Sweep) throws -> [String] {
    [indented([shellLine(runner.sweepCommand(sweep))]), try listing(["sweep", "--show", "@\(sweep.name)"])]
  }

  private func listing(_ command: [String]) throws -> String {
    let filled = ["vaerun"] + runner.filled(command)
    // The page is the same whatever folder it is made in.
    let output = String(decoding: try runner.programs.run(filled), as: UTF8.self)
      .replacingOccurrences(of: FileManager.default.currentDirectoryPath + "/", with: "")
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return
      "```console\n$ \(shellLine(filled))\n\(lines.joined(separator: "\n").trimmingCharacters(in: .newlines))\n```"
  }

  private func gallery() -> String {
    row.pictures.map { picture in
      let image = "![\(picture.caption)](\(pictures)/\(picture.name).png)"
      guard case .command(let command) = picture.source else { return image }
      return "`\(shellLine(["vaerun"] + runner.filled(command)))`\n\n\(image)"
    }.joined(separator: "\n\n")
  }
}

/// A page with parts that are made by a program, each between `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
package struct GeneratedPage {
  package private(set) var text: String

  package init(_ text: String) { self.text = text }

  package struct MissingPart: Error, CustomStringConvertible {
    let name: String
    package var description: String {
      "the page has no lines '<!-- \(name): begin -->' and '<!-- \(name): end -->'"
    }
  }

  package mutating func replace(_ name: String, with part: String) throws {
    let (begin, end) = ("<!-- \(name): begin -->\n", "<!-- \(name): end -->")
    guard let from = text.range(of: begin), let to = text.range(of: end, range: from.upperBound..<text.endIndex)
    else { throw MissingPart(name: name) }
    text.replaceSubrange(from.upperBound..<to.lowerBound, with: "\n" + part + "\n\n")
  }
}
