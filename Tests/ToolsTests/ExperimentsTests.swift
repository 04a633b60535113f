import Foundation
import Testing
import experiments

/// The rows of docs/experiments.md and the program that runs them.
@Suite struct ExperimentsTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL.path

  @Test func everyRowHasItsPartOfThePage() throws {
    var page = GeneratedPage(
      try String(contentsOfFile: Self.root + "/docs/experiments.md", encoding: .utf8))
    for row in Row.all { try page.replace(row.id, with: "part of \(row.id)") }
    for row in Row.all { #expect(page.text.contains("<!-- \(row.id): begin -->\n\npart of \(row.id)\n\n")) }
    #expect(throws: GeneratedPage.MissingPart.self) { try page.replace("R9", with: "") }
  }

  @Test func picturesAndStartsNameTrainings() {
    let trainings = Row.all.flatMap(\.trainings)
    let names = Set(trainings.map(\.name))
    for row in Row.all {
      let own = Set(row.trainings.map(\.name))
      for word in row.pictures.flatMap(\.command) + row.listings.joined() where word.hasPrefix("{") {
        #expect(own.contains(String(word.dropFirst().dropLast())), "\(row.id): \(word)")
      }
      for training in row.trainings {
        if let report = training.report { #expect(report.count == row.figures.count, "\(row.id)") }
      }
    }
    for start in trainings.compactMap(\.start) { #expect(names.contains(start)) }
    let files = Row.all.flatMap(\.pictures).map(\.name)
    #expect(Set(files).count == files.count)
  }

  /// Trainings of one name are the same wherever they stand, since they share their runs.
  @Test func aNameMeansOneTraining() throws {
    for (name, same) in Dictionary(grouping: Row.all.flatMap(\.trainings), by: \.name) {
      let descriptions = Set(same.map { "\($0.model) \($0.settings) \($0.data) \($0.options) \($0.seeds)" })
      #expect(descriptions.count == 1, "\(name)")
    }
  }

  @Test(arguments: Set(Row.all.flatMap(\.trainings).map(\.model)).sorted())
  func modelsAreFreeOfMistakes(_ model: String) throws {
    let run = try ProgramRun.tool("vaec", "check \(model)", in: Self.root)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.output)\(run.errors)")
  }

  /// One row of each kind: trainings with pictures, a search, and a listing. Without real data the built-in digits are taken.
  @Test(arguments: [("R3b", "code of 4, the report"), ("R3a", "trial"), ("R1d", "(built-in street-digits)")])
  func aShortPassRuns(_ row: String, holds text: String) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/Models", withDestinationPath: Self.root + "/Models")
      let run = try ProgramRun.tool("experiments", "run --quick \(row)", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("## \(row): ") && run.output.contains(text), "\(run.output)")
      let pictures = try FileManager.default.contentsOfDirectory(
        atPath: folder + "/experiments/quick/pictures")
      #expect(!pictures.isEmpty && pictures.allSatisfy { $0.hasSuffix(".png") })
      // What is done is not done again, also where the program was stopped before it had evaluated what was trained.
      let runs = folder + "/experiments/quick"
      for file in try FileManager.default.contentsOfDirectory(atPath: runs)
      where file.hasSuffix(".evaluation.json") { try FileManager.default.removeItem(atPath: "\(runs)/\(file)") }
      let again = try ProgramRun.tool("experiments", "run --quick \(row)", in: folder)
      #expect(again.status == 0 && !again.errors.contains("vaerun train"), "\(again.errors)")
    }
  }

  @Test func unknownRowsAreRefused() throws {
    try withTemporaryFolder { folder in
      let run = try ProgramRun.tool("experiments", "run R9", in: folder)
      #expect(run.status == 2 && run.errors.contains("there is no row 'R9'") && run.errors.contains("R1a, R1b"))
    }
  }

  @Test func missingDataIsNamed() throws {
    try withTemporaryFolder { folder in
      let run = try ProgramRun.tool("experiments", "run R3b", in: folder)
      #expect(
        run.status == 2 && run.errors.contains("the data set fashion-mnist is not there"), "\(run.errors)")
      #expect(run.errors.contains("vaerun data fetch fashion-mnist"))
    }
  }
}
