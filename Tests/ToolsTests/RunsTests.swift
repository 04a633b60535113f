import Foundation
import Testing

/// `vaerun runs` and `vaerun compare` on runs of the toy model.
@Suite struct RunsTests {
  private static let data = "--data digits --limit 100 --quiet"

  /// A folder with the toy model and a run for each line of options.
  private func withRuns<T>(_ lines: [String], _ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try ToyModel.make(in: folder)
      for line in lines { _ = try vaerun("train \(Self.data) \(line)", in: folder) }
      return try body(folder)
    }
  }

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  private func rows(_ line: String, in folder: String) throws -> [[String: Any]] {
    let run = try vaerun("runs --json \(line)", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
  }

  private func names(_ line: String, in folder: String) throws -> [String] {
    try rows(line, in: folder).compactMap { $0["run"] as? String }
  }

  @Test func everyEndingHasItsState() throws {
    let lines = ["--epochs 2", "--epochs 3 --steps 7", "--rate 1e30", "--epochs 1 --val 20"]
    try withRuns(lines) { folder in
      let run = try vaerun("runs", in: folder)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      let table = run.output.split(separator: "\n").map(String.init)
      #expect(
        table.first?.contains(
          /^run +model +data +epochs +best +last +test loss +test reconstruction +test kl +images\/s +time +began +state$/
        )
          == true)
      #expect(table.count == 5)
      let number = #"\d+\.\d+"#
      let states = ["2/2", "1/3", "0/2", "1/1"]
      let endings = ["finished", "step limit", "failed", "finished"]
      for (index, text) in table.dropFirst().enumerated() {
        let losses =
          index == 2 ? "- +- +- +- +-" : #"\#(number) \(\d\) +\#(number) +\#(number) +\#(number) +\#(number)"#
        let pace = index == 2 ? #"(-|\d+)"# : #"\d+"#
        let pattern = try Regex(
          #"^toy-00\#(index + 1) +toy +digits +\#(states[index]) +\#(losses) +\#(pace) +\d+:\d\d +\d{4}-\d\d-\d\d \d\d:\d\d +\#(endings[index])$"#
        )
        #expect(text.contains(pattern), "\(text)")
      }
      let rows = try rows("", in: folder)
      #expect(rows.map { $0["split"] as? String } == ["test", "test", "test", "validation"])
      #expect(rows.map { $0["steps"] as? Int } == [10, 7, 0, 4])
      #expect((rows[0]["last"] as? [String: Any])?["epoch"] as? Int == 2)
    }
  }

  @Test func aProcessThatDidNotTellItsEndWasKilled() throws {
    try withRuns(["--epochs 3 --steps 2"]) { folder in
      let path = folder + "/runs/toy-001/environment.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let cut = text.split(separator: "\n").filter { !$0.contains("\"ended\"") && !$0.contains("\"ending\"") }
      try Data(cut.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
      #expect(try rows("", in: folder).first?["state"] as? String == "killed")
      try FileManager.default.removeItem(atPath: path)
      #expect(try rows("", in: folder).first?["state"] as? String == "killed")
      #expect(try vaerun("runs", in: folder).output.contains(#/ - +killed\n/#))
    }
  }

  @Test func rowsAreSortedAndFiltered() throws {
    try withRuns(["--epochs 1 --rate 1e-6", "--epochs 3", "--epochs 2 --rate 1e-5 --output other/a"]) {
      folder in
      let all = try names("", in: folder)
      #expect(all == ["runs/toy-001", "runs/toy-002"])
      #expect(try names("--reverse", in: folder) == ["runs/toy-002", "runs/toy-001"])
      #expect(try names("--sort best", in: folder) == ["runs/toy-002", "runs/toy-001"])
      #expect(try names("--sort epochs --reverse", in: folder) == ["runs/toy-002", "runs/toy-001"])
      #expect(try names("--model toy", in: folder).count == 2)
      #expect(try names("--model other", in: folder).isEmpty)
      #expect(try names("other", in: folder) == ["other/a"])
    }
  }

  @Test func damagedRunsAreNamedAndLeftOut() throws {
    try withRuns(["--epochs 1", "--epochs 1"]) { folder in
      try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/runs/toy-001/config.json"))
      let run = try vaerun("runs", in: folder)
      #expect(run.status == 0)
      #expect(run.errors.hasPrefix("runs/toy-001 is left out: "), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(run.output.contains("toy-002") && !run.output.contains("toy-001"))
    }
  }

  @Test(arguments: [
    ("runs", 1, "cannot read runs: there is no such folder"),
    ("runs build/toy/toy.json", 1, "cannot read build/toy/toy.json: it is not a folder"),
    (
      "runs build", 1,
      "there are no runs under build: train one with 'vaerun train', or name the folder that they lie in"
    ),
    ("runs build --model a", 1, "there are no runs of a under build: train one"),
    ("runs --sort size", 2, "--sort takes when, name, model, best, last, epochs, pace or time, not 'size'"),
    ("compare build/toy", 2, "B is missing: it is another run's folder"),
    ("compare build/toy none", 1, "build/toy is not a run of vaerun"),
  ])
  func mistakesAreOneLine(_ line: String, _ status: Int32, _ message: String) throws {
    try withRuns([]) { folder in
      let run = try vaerun(line, in: folder)
      #expect(run.status == status)
      #expect(run.errors.hasPrefix("vaerun: error: \(message)"), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1 && run.output.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: folder + "/compare.png"))
    }
  }

  @Test func twoRunsAreComparedFieldByFieldAndEpochByEpoch() throws {
    try withRuns(["--epochs 3", "--epochs 2 --rate 0.0005 --beta 2"]) { folder in
      let run = try vaerun("compare runs/toy-001 runs/toy-002", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(
        lines.prefix(4) == [
          "A       runs/toy-001: toy on digits, 3 of 3 epochs, finished",
          "B       runs/toy-002: toy on digits, 2 of 2 epochs, finished",
          "same    model text, compiled model, library, data", "differ  last weights",
        ])
      for pattern in [
        #/\nepochs +3 +2\n/#, #/\nhypers\.beta +1 +2\n/#, #/\nrate +0\.001 +0\.0005\n/#,
        #/\ntest +loss A +B +B - A +reconstruction A +B +B - A +kl A +B +B - A\n/#,
        #/\n +1 +[0-9.]+ +[0-9.]+ +[+-][0-9.]+ +[0-9.]+ /#,
        #/\n +3 +[0-9.]+ +- +- +[0-9.]+ +- +- +[0-9.]+ +- +-\n/#,
      ] {
        #expect(run.output.contains(pattern), "\(run.output)")
      }
      #expect(run.output.hasSuffix("\n\ncompare.png\n"))
      let picture = try Data(contentsOf: URL(fileURLWithPath: folder + "/compare.png"))
      #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      let quiet = try vaerun("compare runs/toy-001 runs/toy-002 -q -o other.png", in: folder)
      #expect(quiet.output.isEmpty)
      #expect(FileManager.default.fileExists(atPath: folder + "/other.png"))
    }
  }

  @Test func runsOfOneSeedAreTheSameToTheBit() throws {
    try withRuns(["--epochs 2 --threads 1", "--epochs 2 --threads 2"]) { folder in
      let run = try vaerun("compare runs/toy-001 runs/toy-002 --json", in: folder)
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.errors)")
      let digests = try #require(object["digests"] as? [[String: Any]])
      #expect(digests.allSatisfy { $0["isSame"] as? Bool == true }, "\(digests)")
      let differences = try #require(object["differences"] as? [[String: Any]])
      #expect(differences.map { $0["name"] as? String } == ["threads"])
      #expect(differences.first?["a"] as? String == "1")
      let epochs = try #require(object["epochs"] as? [[String: Any]])
      #expect(epochs.count == 2)
      #expect(epochs.allSatisfy { $0["a"] as? [String: Double] == $0["b"] as? [String: Double] })
      try FileManager.default.removeItem(atPath: folder + "/runs/toy-002/last.safetensors")
      let text = try vaerun("compare runs/toy-001 runs/toy-002", in: folder).output
      #expect(text.contains("\nnot known  last weights\n"), "\(text)")
    }
  }
}
