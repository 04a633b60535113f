import Artifact
import Foundation
import Search
import Testing

/// `vaerun sweep` with the real programs.
@Suite struct SweepTests {
  private static let toy =
    "sweep build/toy --space rate=log(1e-6,1e-3) --space beta=uniform(0,1) --data digits --limit 40 --epochs 2 "
    + "--batch 10 --threads 1 --seed 3"

  private func vaerun(
    _ line: String, in folder: String, environment: [String: String] = [:]
  ) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder, environment: environment)
  }

  /// What a sweep came to, without the times.
  private func outcome(_ path: String) throws -> [Study.Trial] {
    try Study(opening: path + "/study.db", readOnly: true).trials.map { trial in
      var trial = trial
      trial.seconds = 0
      return trial
    }
  }

  private func json(_ line: String, in folder: String) throws -> [String: Any] {
    let run = try vaerun(line, in: folder)
    #expect(run.status == 0, "\(run.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  @Test func trialsAreTrainedOnTheirFoldsAndCompared() throws {
    try withToy { folder in
      let run = try vaerun(Self.toy + " --folds 2 --method random --trials 3 --output s", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let trials = try outcome(folder + "/s")
      #expect(trials.count == 3 && trials.allSatisfy { $0.state == .complete })
      let runs = try Study(opening: folder + "/s/study.db").runs
      #expect(runs.map(\.folder).first == "runs/trial-001-fold-1" && runs.count == 6)
      for trial in trials {
        let folds = runs.filter { $0.trial == trial.number }.compactMap(\.objective)
        #expect(trial.objective == folds.reduce(0, +) / 2)
      }
      // A run is what 'vaerun train' makes of the values, and its least validation loss is the fold's objective.
      let values = trials[1].values
      let rate = try #require(values["rate"]?.text)
      let beta = try #require(values["beta"]?.text)
      let line =
        "train build/toy --data digits --limit 40 --epochs 2 --batch 10 --seed 3 --fold 2/2 --rate \(rate) --beta \(beta) "
        + "--output own"
      #expect(try vaerun(line, in: folder).status == 0)
      let own = try readFile(folder + "/own/last.safetensors")
      #expect(try own == readFile(folder + "/s/runs/trial-002-fold-2/last.safetensors"))
      let best = try #require(trials.min { ($0.objective ?? 0) < ($1.objective ?? 0) })
      #expect(run.output.contains("next: vaerun train"))
      #expect(run.output.contains("--rate \(best.values["rate"]?.text ?? "")"))
      for name in ["objective", "parameters"] {
        #expect(try readFile(folder + "/s/\(name).png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
      }
      let shown = try json("sweep --show s --json", in: folder)
      #expect(shown["best"] as? Int == best.number + 1)
      #expect((shown["trials"] as? [Any])?.count == 3)
      #expect(try vaerun("sweep --show s", in: folder).output.contains("3 trials: 3 complete"))
    }
  }

  @Test func aSweepThatIsKilledGoesOnToTheSameTrials() throws {
    try withToy { folder in
      let line = Self.toy + " --val 10 --trials 12 --output"
      #expect(try vaerun(line + " whole", in: folder).status == 0)
      // The first sweep is killed in the middle of a run; its run notices and ends.
      let process = Process()
      process.executableURL = URL(fileURLWithPath: ProgramRun.path(of: "vaerun"))
      process.arguments = (line + " parts").split(separator: " ").map(String.init)
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.environment = ["HOME": folder, "TOY_PAUSE": "20"]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      let deadline = ContinuousClock.now + .seconds(100)
      func finished() -> Int {
        let trials = (try? Study(opening: folder + "/parts/study.db", readOnly: true).trials) ?? []
        return trials.count { $0.state == .complete }
      }
      while finished() < 2, ContinuousClock.now < deadline { usleep(10_000) }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect((2..<12).contains(finished()))
      let resumed = try vaerun("sweep --resume parts", in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try outcome(folder + "/parts") == outcome(folder + "/whole"))
      // More trials, and none again.
      let more = try vaerun("sweep --resume parts --trials 13 --json", in: folder)
      let events = more.output.split(separator: "\n").map { $0.contains("\"event\":\"trial\"") }
      #expect(events.count { $0 } == 1, "\(more.output)")
      #expect(try outcome(folder + "/parts").count == 13)
    }
  }

  /// A run whose sweep was killed while it prepared itself leaves nothing that would be in the way when the sweep goes on.
  @Test func aRunThatIsLeftAloneBeforeItBeginsMakesNoFolder() throws {
    try withToy { folder in
      let line = "train build/toy --data digits --limit 40 --epochs 1 --no-pictures --output own"
      let run = try vaerun(line, in: folder, environment: ["VAERUN_SWEEP": "1"])
      #expect(run.status == 130 && run.errors.isEmpty, "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/own"))
    }
  }

  @Test func hopelessTrialsAreGivenUpAndFaultyOnesFail() throws {
    try withToy { folder in
      let run = try vaerun(
        "sweep build/toy --space rate=choice(1e-4,2e-4,3e-4,4e-4,1e-9,1e9) --method grid --prune median --val 10 "
          + "--data digits --limit 40 --batch 10 --epochs 3 --threads 1 --output s", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let trials = try outcome(folder + "/s")
      #expect(trials.count == 6)
      let failed = try #require(trials.first { $0.values["rate"] == .text("1e9") })
      #expect(failed.state == .failed && failed.objective == nil)
      #expect(failed.message?.contains("train again with a lower --rate") == true, "\(failed)")
      #expect(run.errors.contains("vaerun: trial 6: "))
      let hopeless = try #require(trials.first { $0.values["rate"] == .text("1e-9") })
      #expect(hopeless.state == .pruned, "\(trials)")
      #expect(trials.count { $0.state == .complete } == 4)
    }
  }

  @Test func trialsAtTheSameTimeAreThoseOneByOne() throws {
    try withToy { folder in
      let line = Self.toy + " --val 10 --trials 6 --method random"
      #expect(try vaerun(line + " --output one", in: folder).status == 0)
      let run = try vaerun(line + " --output three --parallel 3 --quiet", in: folder)
      #expect(run.status == 0 && run.output.isEmpty, "\(run.errors)\(run.output)")
      #expect(try outcome(folder + "/one") == outcome(folder + "/three"))
    }
  }

  @Test func configsAndOptimizersAreCompiledOnce() throws {
    let model = """
      model small {
        config hidden = 4
        input x: image[1, 28, 28]
        encoder (x) -> z { z = x |> flatten |> dense(hidden) |> relu |> dense(2) }
        decoder (z) -> x { x = z |> dense(784) |> reshape(1, 28, 28) }
        minimize mse(x)
        train { optimizer: adam(rate: 1e-3, decay: 1e-4), clip: norm(1), batch: 20, epochs: 1 }
      }
      """
    try withTemporaryFolder { folder in
      try Data(model.utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      let space =
        "hidden = int(3, 4)\noptimizer = choice(sgd(momentum: 0.9), adam)\ndecay = log(1e-5, 1e-3, 2)\n"
      try Data(space.utf8).write(to: URL(fileURLWithPath: folder + "/small.space"))
      let run = try vaerun(
        "sweep small.vdl --space-file small.space --method grid --data digits --limit 40 --clip 0.5", in: folder
      )
      #expect(run.status == 0, "\(run.errors)")
      let trials = try outcome(folder + "/sweeps/small-001")
      #expect(trials.count == 8 && trials.allSatisfy { $0.state == .complete })
      let models = try FileManager.default.contentsOfDirectory(atPath: folder + "/sweeps/small-001/models")
      #expect(models.count == 4, "\(models)")
      let config = try readFile(folder + "/sweeps/small-001/runs/trial-001/config.json")
      let hypers = try #require(try JSONSerialization.jsonObject(with: config) as? [String: Any])["hypers"]
      #expect(hypers as? [String: Double] == ["decay": 1e-5, "clip": 0.5])
      #expect(run.output.contains("--set hidden="))
      let manifests = try models.map {
        try Manifest(contentsOf: "\(folder)/sweeps/small-001/models/\($0)/small.json")
      }
      #expect(Set(manifests.map(\.training.optimizer)) == ["sgd", "adam"])
      #expect(manifests.count { $0.configuration.first?.value == .number(3) } == 2)
    }
  }

  /// Training that waits for what images held out say needs some; the command that is printed is run as it stands.
  @Test(arguments: [
    ("--rate-schedule plateau:0.5@1epochs", "--val 0.1"), ("--patience 2 --val 7", "--val 7"),
    ("--patience 2 --folds 2", "--fold 1/2"), ("--rate-schedule=cosine", nil),
  ])
  func theNextCommandWorksAsItIsPrinted(_ options: String, _ heldOut: String?) throws {
    try withToy { folder in
      let run = try vaerun(
        "sweep build/toy --space rate=log(1e-6,1e-3) --trials 1 --data digits --limit 40 --epochs 2 --threads 1 "
          + "\(options) -o s", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let next = try #require(run.output.split(separator: "\n").last)
      let begin = "next: vaerun "
      #expect(next.hasPrefix(begin + "train ") && !next.contains("'"))
      #expect(heldOut.map { next.hasSuffix(" " + $0) } ?? !next.contains(#/--val|--fold/#), "\(next)")
      let again = try vaerun(String(next.dropFirst(begin.count)) + " --threads 1 -o again", in: folder)
      #expect(again.status == 0, "\(again.errors)")
    }
  }

  private static let mistakes: [(line: String, status: Int32, message: String)] = [
    ("sweep build/toy", 2, "there is nothing to search: give a space"),
    ("sweep build/toy --space rate", 2, "'rate' is no space: write NAME=int(8,10)"),
    ("sweep build/toy --space rate=log(0x1,0x2)", 2, "rate: 'log' takes two numbers, and for a grid how many"),
    ("sweep build/toy --space rate=log(1,2) --rate 1", 2, "rate is given and searched: leave one of them away"),
    ("sweep build/toy --space hidden=int(1,2)", 2, "the model has no hidden to search: there are rate, batch"),
    ("sweep build/toy --space bta=uniform(0,1)", 2, "the model has no bta to search: did you mean beta?"),
    ("sweep build/toy --space decay=uniform(0,1)", 2, "the model has no decay to search: give its train block"),
    ("sweep build/toy --space optimizer=choice(a,b)", 2, "optimizer is fixed in a compiled model: name the"),
    (
      "sweep build/toy --space beta=uniform(0,1) --method grid", 2,
      "beta has no points for a grid: say how many"
    ),
    (
      "sweep build/toy --space beta=uniform(0,1) --folds 2 --val 3", 2,
      "--folds and --val hold out images in two"
    ),
    ("sweep build/toy --space beta=uniform(0,1) --val 0", 2, "--val 0 leaves nothing to choose by: hold out"),
    ("sweep build/toy --space beta=uniform(0,1) --objective kll", 2, "the model has no term kll: it has loss"),
    ("sweep build/toy --space beta=uniform(0,1) --set a=1", 2, "--set and --optimizer are for a model's text"),
    ("sweep build/toy --space-file none.space", 1, "cannot read none.space: there is no such file"),
    ("sweep --show none", 1, "there is no study"), ("sweep --resume none", 1, "there is no study"),
    ("sweep build/toy --show none", 2, "--show takes the model of the sweep: leave 'build/toy' away"),
    ("sweep --resume none --space a=int(1,2)", 2, "--space does not go with --resume: leave it away"),
  ]

  @Test func mistakesHaveTheirTextAndStatus() throws {
    try withToy { folder in
      for (line, status, message) in Self.mistakes {
        let run = try vaerun(line, in: folder)
        #expect(run.status == status, "\(line): \(run.errors)")
        #expect(run.errors.hasPrefix("vaerun: error: " + message), "\(line): \(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(line): \(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/sweeps"), "\(line)")
      }
      try Data("nonsense".utf8).write(to: URL(fileURLWithPath: folder + "/study.db"))
      let run = try vaerun("sweep --show .", in: folder)
      #expect(run.status == 1 && run.errors.contains("is no study of vaerun"), "\(run.errors)")
    }
  }

  @Test func theSpaceOfTheRepositoryIsOneOfItsModel() throws {
    let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../Models")
    let text = try String(contentsOf: models.appendingPathComponent("convae.space"), encoding: .utf8)
    let space = try SearchSpace.parameters(lines: text, file: "convae.space")
    let model = try String(contentsOf: models.appendingPathComponent("convae.vdl"), encoding: .utf8)
    let own = ["rate", "decay", "optimizer"]
    for parameter in space where !own.contains(parameter.name) {
      #expect(model.contains("config \(parameter.name) = "), "\(parameter.name)")
    }
    #expect(space.count == 8)
  }
}
