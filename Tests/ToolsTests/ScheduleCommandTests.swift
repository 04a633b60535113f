import Artifact
import Foundation
import Testing

/// `vaec compile --schedule`: a model is made again as it was, from its manifest.
@Suite struct ScheduleCommandTests {
  /// A schedule that no rule has, for a product of the workbench's model at each width of vectors.
  private static func file(_ change: (inout [Manifest.ProductSchedule]) -> Void = { _ in }) throws -> Data {
    var schedule = [(8, 6), (16, 6), (32, 12)].map { images, rows in
      Manifest.ProductSchedule(
        product: "dense 784 to 8, relu, blocks of \(images)",
        knobs: ["group_rows": 48, "piece_depth": 256, "tile_rows": rows])
    }
    change(&schedule)
    return try JSONEncoder().encode(["schedule": schedule])
  }

  private func vaec(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaec", line, in: folder)
  }

  @Test func aModelIsMadeAgainFromItsManifest() throws {
    try Workbench.with { folder in
      try Self.file().write(to: URL(fileURLWithPath: folder + "/chosen.json"))
      let first = try vaec("compile small.vdl --schedule chosen.json -o first", in: folder)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.errors == "vaec: warning: 2 of the 3 products of chosen.json are not in this program\n")
      for place in ["first", "first/small.json"] {
        let again = try vaec("compile small.vdl --schedule \(place) -o again", in: folder)
        #expect(again.status == 0 && again.errors == "", "\(again.errors)")
        for name in ["small.so", "small.json", "small.h", "small.vir"] {
          #expect(try readFile("\(folder)/again/\(name)") == readFile("\(folder)/first/\(name)"), "\(name)")
        }
      }
      let ruled = try Manifest(contentsOf: folder + "/build/small/small.json")
      let chosen = try Manifest(contentsOf: folder + "/first/small.json")
      #expect(ruled.schedule == nil && chosen.schedule?.count == 1)
      #expect(ruled.digest != chosen.digest && ruled.libraryDigest != chosen.libraryDigest)

      // A model that was made by rules alone is made by them again.
      _ = try vaec("compile small.vdl --schedule build/small -o ruled", in: folder)
      #expect(try Manifest(contentsOf: folder + "/ruled/small.json") == ruled)

      let shown = try vaec("compile small.vdl --schedule first --emit schedule", in: folder)
      let line = try #require(chosen.schedule?.first?.text)
      #expect(shown.output.hasSuffix("\nchosen:\n\(line)\n"), "\(shown.output)")
      let inspected = try ProgramRun.tool("vaerun", "inspect first", in: folder)
      #expect(inspected.output.contains("  \(line)\n"), "\(inspected.output)")
      let trained = try ProgramRun.tool(
        "vaerun", "train first --data digits --limit 60 --quiet --threads 1 -o runs/chosen", in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
    }
  }

  @Test func aDamagedManifestIsCalledSo() throws {
    try Workbench.with { folder in
      let manifest = try readFile(folder + "/build/small/small.json")
      let list = Data(#"{"abi": 2, "schedule": [{"product": 1}]}"#.utf8)
      let none = "give a compiled model's folder, its manifest, or a JSON file with the list 'schedule'\n"
      for (data, message) in [
        (manifest.prefix(300), "is no JSON, or a damaged file: " + none),
        (Data(), "is no JSON, or a damaged file: " + none),
        (
          list,
          "is damaged: its list 'schedule' is not of the form that vaec writes; compile the model again\n"
        ), (Data("[1]".utf8), "has no schedule: " + none),
      ] {
        try data.write(to: URL(fileURLWithPath: folder + "/chosen.json"))
        let run = try vaec("compile small.vdl --schedule chosen.json -o first", in: folder)
        #expect(run.status == 1 && run.errors == "vaec: error: chosen.json " + message, "\(run.errors)")
      }
    }
  }

  @Test func whatIsWrongWithAScheduleIsSaidInOneLine() throws {
    typealias Change = (inout [Manifest.ProductSchedule]) -> Void
    func all(_ change: @escaping (inout Manifest.ProductSchedule) -> Void) -> Change {
      { schedule in for index in schedule.indices { change(&schedule[index]) } }
    }
    let mistakes: [(change: Change, message: String)] = [
      (
        all { $0.knobs["tile_rows"] = 0 }, "the schedule does not fit 'dense 784 to 8, relu, blocks of "
      ),
      (all { $0.knobs["tile_rows"] = 0 }, ": tile_rows is 0, and may be "),
      (all { $0.knobs["piece_depth"] = nil }, "piece_depth is missing"),
      (all { $0.product += "!" }, "no product of its schedule is in this program"),
      ({ $0[0].knobs["tiles"] = 1 }, "has the knob 'tiles', which this vaec does not know"),
      ({ $0.append($0[0]) }, "twice"),
    ]
    try Workbench.with { folder in
      for mistake in mistakes {
        try Self.file(mistake.change).write(to: URL(fileURLWithPath: folder + "/chosen.json"))
        let run = try vaec("compile small.vdl --schedule chosen.json -o first", in: folder)
        #expect(run.status == 1)
        #expect(!FileManager.default.fileExists(atPath: folder + "/first"))
        #expect(run.errors.hasPrefix("vaec: error: chosen.json: ") && run.errors.hasSuffix("\n"))
        #expect(run.errors.contains(mistake.message), "\(run.errors)")
        #expect(run.errors.count { $0 == "\n" } == 1)
      }
    }
  }
}
