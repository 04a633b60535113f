import Artifact
import Foundation
import Testing

/// `vaerun train --resume` and `--config` with the real program: it is killed, and goes on.
@Suite struct ResumeCommandTests {
  /// 100 images, 10 of them held out, in 5 steps an epoch, the last of 10 images.
  private static let line =
    "train build/toy --data digits --limit 100 --val 10 --epochs 6 --every 4 --rate 0.0005"

  private func vaerun(
    _ line: String, in folder: String, environment: [String: String] = [:]
  ) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder, environment: environment)
  }

  /// The files that a run leaves, without the times in them.
  private func bits(_ run: String) throws -> [String: Data] {
    func without(_ first: Int, _ count: Int, _ line: Substring) -> String {
      let fields = line.split(separator: ",")
      return (fields.prefix(first) + fields.dropFirst(first + count)).joined(separator: ",")
    }
    var files: [String: Data] = [:]
    for name in ["last.safetensors", "best.safetensors"] { files[name] = try readFile(run + "/" + name) }
    for name in ["metrics.csv", "metrics.jsonl"] {
      let lines = try String(contentsOfFile: run + "/" + name, encoding: .utf8).split(separator: "\n")
      files[name] = Data(lines.map { without(3, 2, $0) }.joined(separator: "\n").utf8)
    }
    return files
  }

  @Test(arguments: [SIGKILL, SIGINT])
  func aRunThatIsKilledAtRandomStepsEndsInTheSameBits(_ signal: Int32) throws {
    var random = SystemRandomNumberGenerator()
    // Together fewer than the 30 of the whole run: an interrupted one goes on where it was.
    let steps = (0..<4).map { _ in Int.random(in: 1...7, using: &random) }
    try withToy { folder in
      #expect(try vaerun(Self.line + " --output whole", in: folder).status == 0)
      var line = Self.line + " --output parts"
      for step in steps {
        let run = try vaerun(line, in: folder, environment: ["TOY_SIGNAL": "\(signal)@\(step)"])
        #expect(run.status == (signal == SIGKILL ? -SIGKILL : 130), "\(run.errors), steps \(steps)")
        if signal == SIGINT { #expect(run.output.contains("to go on: vaerun train --resume parts")) }
        line = "train --resume parts"
      }
      let end = try vaerun("train --resume parts --threads 2", in: folder)
      #expect(end.status == 0, "\(end.errors), steps \(steps)")
      #expect(try bits(folder + "/parts") == bits(folder + "/whole"), "steps \(steps)")
      let sessions = try JSONSerialization.jsonObject(with: readFile(folder + "/parts/environment.json"))
      let endings = try #require(sessions as? [[String: Any]]).map { $0["ending"] as? String }
      #expect(endings == (steps.map { _ in signal == SIGKILL ? nil : "interrupted" } + ["finished"]))
    }
  }

  @Test func aSecondInterruptEndsAtOnceAndTheRunGoesOnFromTheLastSave() throws {
    try withToy { folder in
      #expect(try vaerun(Self.line + " --output whole", in: folder).status == 0)
      let begin = ContinuousClock.now
      let run = try vaerun(
        Self.line + " --output parts", in: folder, environment: ["TOY_SIGNAL": "\(SIGINT),\(SIGINT)@10"])
      #expect(run.status == -SIGINT)
      #expect(ContinuousClock.now - begin < .seconds(9))
      #expect(try SafetensorsReader(folder + "/parts/last.safetensors").metadata["step"] == "8")
      #expect(try vaerun("train --resume parts", in: folder).status == 0)
      #expect(try bits(folder + "/parts") == bits(folder + "/whole"))
    }
  }

  @Test func theConfigurationRepeatsTheRunWhateverBecameOfTheModel() throws {
    try withToy { folder in
      let line = Self.line + " --seed 7 --beta 0.5 --patience 4 --output first"
      #expect(try vaerun(line, in: folder).status == 0)
      try FileManager.default.removeItem(atPath: folder + "/build")
      let again = try vaerun("train --config first/config.json --output second", in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try bits(folder + "/first") == bits(folder + "/second"))
      #expect(try readFile(folder + "/first/config.json") == readFile(folder + "/second/config.json"))
      let other = try vaerun("train --config first/config.json --seed 8 --epochs 1 --output third", in: folder)
      #expect(other.output.contains("train   1 epoch, batch 20, sgd rate 0.0005  beta 0.5  seed 8"))
    }
  }

  @Test func aRunGoesOnToMoreEpochs() throws {
    try withToy { folder in
      #expect(try vaerun(Self.line + " --output long", in: folder).status == 0)
      let short = Self.line.replacingOccurrences(of: "--epochs 6", with: "--epochs 2")
      #expect(try vaerun(short + " --output short", in: folder).status == 0)
      let longer = try vaerun("train --resume short --epochs 6", in: folder)
      #expect(longer.output.contains("folder  short  (goes on behind step 10, in epoch 3)"), "\(longer.output)")
      #expect(try bits(folder + "/long") == bits(folder + "/short"))
      #expect(try readFile(folder + "/long/config.json") == readFile(folder + "/short/config.json"))
    }
  }

  @Test func aRunThatWasKilledBeforeItsFirstSaveBeginsAgain() throws {
    try withToy { folder in
      #expect(try vaerun(Self.line + " --output whole", in: folder).status == 0)
      _ = try vaerun(Self.line + " --output parts", in: folder, environment: ["TOY_SIGNAL": "\(SIGKILL)@1"])
      try FileManager.default.removeItem(atPath: folder + "/parts/last.safetensors")
      #expect(try vaerun("train --resume parts", in: folder).status == 0)
      #expect(try bits(folder + "/parts") == bits(folder + "/whole"))
    }
  }

  private static let mistakes: [(line: String, status: Int32, message: String)] = [
    (
      "train --resume none", 1,
      "none is not a run of vaerun: cannot read none/config.json: there is no such file"
    ),
    (
      "train --resume run", 1, "there is nothing left to train: 2 epochs are done: go on with a larger --epochs"
    ),
    (
      "train --resume run --epochs 3 --rate 1", 2,
      "--rate cannot change when a run goes on: leave it away, or begin a new run with --config in place of --resume"
    ),
    (
      "train --resume run --config run/config.json", 2,
      "--config cannot change when a run goes on: leave it away, or begin"
    ),
    ("train build/toy --resume run", 2, "--resume goes on with the model of the run: leave 'build/toy' away"),
    ("train --config none.json", 1, "cannot read none.json: there is no such file"),
    (
      "train --config build/toy/toy.json", 1,
      "build/toy/toy.json has the format 1 and this vaerun reads the format 2: train again with this vaerun"
    ),
    (
      "train --data digits --limit 10 --val 10", 2,
      "--val holds out 10 of 10 images: at least one has to be held"
    ),
    (
      "train --data digits --limit 10 --val 0.01", 2,
      "--val holds out 0 of 10 images: at least one has to be held"
    ),
    ("train --val 1.5", 2, "--val takes a share such as 0.1 or a number of images such as 5000, not '1.5'"),
    (
      "train --data digits --limit 10 --patience 2", 1, "patience needs images that are held out: add --val 0.1"
    ),
    ("train --limit-time 90", 2, "--limit-time takes a time such as 90s, 10m or 1.5h, not '90'"),
    ("train --every 0", 2, "--every takes a number of steps such as 500, or a time such as 30s, not '0'"),
    (
      "train --rate-schedule cosin", 2,
      "--rate-schedule takes constant, linear, cosine, cosine:0.1, step:0.1@10epochs, milestones:0.1@200epochs,350epochs or plateau:0.5@3epochs, not 'cosin': there is no schedule 'cosin'"
    ),
    (
      "train --data digits --limit 10 --rate-schedule plateau:0.5@3epochs", 1,
      "a rate that waits for plateaus needs images that are held out: add --val 0.1"
    ),
    (
      "train --rate-schedule milestones:0.1@2epochs,1epochs", 2,
      "--rate-schedule takes constant, linear, cosine, cosine:0.1, step:0.1@10epochs, milestones:0.1@200epochs,350epochs or plateau:0.5@3epochs, not 'milestones:0.1@2epochs,1epochs': 1epochs has to come after 2epochs"
    ),
    ("train --hyper beta=0x10", 2, "--hyper beta takes a number or FROM:TO@SPAN, not '0x10'"),
    (
      "train --warm-up 5days", 2,
      "--warm-up takes a number of steps or epochs such as 500 or 2epochs, not '5days'"
    ),
    (
      "train --data digits --limit 10 --hyper beta=0:1", 2,
      "--hyper beta takes a number or FROM:TO@SPAN, not '0:1': write --hyper beta=1.5 or --hyper beta=0:1@5epochs"
    ),
    ("train --data digits --limit 10 --beta 1 --hyper beta=2", 2, "beta is given twice: give it once"),
    (
      "evaluate --run run --best", 1,
      "run has no best epoch: it was trained without images held out to choose by"
    ),
  ]

  @Test func mistakesHaveTheirTextAndStatus() throws {
    try withToy { folder in
      let data = "--data digits --limit 20 --epochs 2"
      #expect(try vaerun("train build/toy \(data) --output run --quiet", in: folder).status == 0)
      for (line, status, message) in Self.mistakes {
        let run = try vaerun(line, in: folder)
        #expect(run.status == status, "\(line)")
        #expect(run.errors.hasPrefix("vaerun: error: " + message), "\(line): \(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(line): \(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/runs"), "\(line)")
      }
    }
  }

  @Test func whatTheRunWasNotTrainedWithIsRefused() throws {
    try withToy { folder in
      let train = try vaerun(Self.line + " --steps 7 --output run --quiet", in: folder)
      #expect(train.status == 0, "\(train.errors)")
      let config = folder + "/run/config.json"
      let text = try String(contentsOfFile: config, encoding: .utf8)
      func error(_ old: String, _ new: String, _ line: String) throws -> String {
        let changed = text.replacingOccurrences(of: old, with: new)
        #expect(changed != text)
        try AtomicFile.write(Data(changed.utf8), to: config)
        return try vaerun(line, in: folder).errors
      }
      for line in ["train --resume run", "train --config run/config.json"] {
        let name = line.hasSuffix("json") ? "run/config.json" : "run"
        #expect(
          try error("\"limit\" : 100", "\"limit\" : 99", line)
            == "vaerun: error: the data set digits is not the one that \(name) was made with (another digest): name the "
            + "folder of those files with --data-dir\n")
        #expect(
          try error("\"parts:", "\"", line).hasPrefix("vaerun: error: \(name) was written by an earlier vaerun")
        )
        #expect(
          try error("\"library\" : \"", "\"library\" : \"0", line)
            == "vaerun: error: run/model is not the compiled model that \(name) was made with (another digest): compile "
            + "the model as it was, or name it to train it as it is\n")
      }
      #expect(
        try error("\"batch\" : 20", "\"batch\" : 30", "train --resume run")
          == "vaerun: error: the checkpoint was trained with the batch 20, not 30: go on with that one\n")
      #expect(
        try error("\"batch\" : 20,", "", "train --resume run").contains(
          "run/config.json is damaged, it lacks batch"))
      try AtomicFile.write(Data(text.utf8), to: config)
      #expect(try vaerun("train --resume run", in: folder).status == 0)
    }
  }
}
