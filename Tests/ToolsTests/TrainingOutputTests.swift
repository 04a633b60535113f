import Artifact
import Foundation
import Testing

/// What `vaerun train` prints.
@Suite struct TrainingOutputTests {
  private static let line = "train --data digits --limit 100 --epochs 2"

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  private func events(_ output: String) throws -> [[String: Any]] {
    try output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func eventsAreLinesOfJSONOfTheDocumentedForm() throws {
    try withToy { folder in
      let run = try vaerun(Self.line + " --val 0.2 --json", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.isEmpty)
      let events = try events(run.output)
      #expect(
        events.map { $0["event"] as? String }
          == ["start"] + Array(repeating: "step", count: 4) + ["epoch"] + Array(repeating: "step", count: 4)
          + ["epoch", "end"])
      let fields: [String: Set<String>] = [
        "start": [
          "event", "run", "model", "data", "training_images", "validation_images", "test_images", "epochs",
          "steps_per_epoch", "batch", "rate", "hypers", "seed", "threads", "epoch", "step",
        ],
        "step": [
          "event", "epoch", "step", "seconds", "images_per_second", "seconds_left", "rate", "hypers", "terms",
        ],
        "epoch": [
          "event", "epoch", "step", "seconds", "images_per_second", "rate", "hypers", "train", "validation",
          "test", "best",
        ],
        "end": [
          "event", "ending", "epoch", "step", "seconds", "images_per_second", "last", "best", "best_epoch",
          "pictures",
        ],
      ]
      for event in events {
        let name = try #require(event["event"] as? String)
        #expect(Set(event.keys) == fields[name], "\(name)")
        for terms in ["train", "validation", "test", "terms"] {
          guard let values = event[terms] as? [String: Any] else { continue }
          #expect(Set(values.keys) == ["loss", "reconstruction", "kl"])
        }
      }
      let start = try #require(events.first)
      #expect(start["run"] as? String == "runs/toy-001")
      #expect(start["training_images"] as? Int == 80)
      #expect(start["validation_images"] as? Int == 20)
      #expect((start["hypers"] as? [String: Double]) == ["beta": 1])
      let end = try #require(events.last)
      #expect(end["ending"] as? String == "finished")
      #expect(end["last"] as? String == "runs/toy-001/last.safetensors")
    }
  }

  @Test func eventsWithoutImagesHeldOutHaveNoBest() throws {
    try withToy { folder in
      let events = try events(try vaerun(Self.line + " --steps 3 --json", in: folder).output)
      #expect(events.last?["ending"] as? String == "stepLimit")
      #expect(events.last?["best"] == nil)
      #expect(events.first?["validation_images"] as? Int == 0)
    }
  }

  @Test func quietPrintsErrorsAlone() throws {
    try withToy { folder in
      let run = try vaerun(Self.line + " --quiet", in: folder)
      #expect(run.status == 0)
      #expect(run.output.isEmpty)
      #expect(run.errors.isEmpty)
    }
  }

  @Test func whatIsHeldOutIsToldAndChoosesTheBest() throws {
    try withToy { folder in
      let training = try vaerun("train --data digits --limit 100 --epochs 3 --val 25", in: folder)
      #expect(training.output.contains("digits: 75 training images, 25 validation images, 100 test images"))
      #expect(training.output.contains("           val   loss "), "\(training.output)")
      #expect(training.output.contains("best    epoch "))
      #expect(training.output.contains("next: vaerun evaluate --run runs/toy-001 --best"))
      let evaluation = try vaerun("evaluate --run runs/toy-001 --best --data digits --limit 100", in: folder)
      #expect(evaluation.output.contains("weights runs/toy-001/best.safetensors"), "\(evaluation.errors)")
    }
  }

  /// Two epochs of 5 steps of a tenth of a second, on a terminal.
  private func watched(
    _ environment: [String: String], columns: UInt16 = 200, in folder: String
  ) throws -> String {
    let run = try ProgramRun.tool(
      "vaerun", Self.line + " --val 0.1", in: folder,
      environment: ["TOY_PAUSE": "110", "TERM": "xterm", "NO_COLOR": "", "LC_ALL": "C.UTF-8"].merging(
        environment
      ) {
        $1
      }, columns: columns)
    #expect(run.status == 0, "\(run.errors)")
    return run.output
  }

  private static let signs = Set("▁▂▃▄▅▆▇█")

  @Test func aTerminalShowsALiveLineWithTheLossAsACurve() throws {
    try withToy { folder in
      let output = try watched([:], in: folder)
      let lines = output.components(separatedBy: "\r\u{1B}[K")
      let live = lines.filter { $0.hasPrefix("epoch ") && $0.hasSuffix(" left") }
      #expect(live.count >= 6, "\(output)")
      #expect(live.allSatisfy { $0.contains(" images/s  0:0") && $0.contains("  loss ") })
      #expect(!Self.signs.isDisjoint(with: try #require(live.last)))
      #expect(live.last?.contains("\u{1B}[36m") == true)
      #expect(output.contains("\u{1B}[32m  best\u{1B}[0m"))
    }
  }

  @Test func colorsAreLeftAwayWhereNobodyWantsThem() throws {
    try withToy { folder in
      let output = try watched(["NO_COLOR": "1"], in: folder)
      #expect(output.contains("\r\u{1B}[Kepoch "))
      #expect(!output.contains("\u{1B}[3"))
      #expect(!Self.signs.isDisjoint(with: output))
    }
  }

  @Test func otherCharacterSetsGetNoCurve() throws {
    try withToy { folder in
      let output = try watched(["LC_ALL": "de_DE.ISO-8859-1"], in: folder)
      #expect(output.contains("\r\u{1B}[Kepoch "))
      let isASCII = output.utf8.allSatisfy { $0 < 128 }
      #expect(isASCII)
    }
  }

  @Test func narrowTerminalsCutTheLine() throws {
    try withToy { folder in
      let output = try watched(["NO_COLOR": "1"], columns: 40, in: folder)
      let live = output.components(separatedBy: "\r\u{1B}[K").filter {
        $0.hasPrefix("epoch ") && !$0.contains("\n")
      }
      #expect(!live.isEmpty)
      #expect(live.allSatisfy { $0.count == 39 })
    }
  }

  @Test func dumbTerminalsGetPlainLines() throws {
    try withToy { folder in
      let output = try watched(["TERM": "dumb"], in: folder)
      #expect(!output.contains("\u{1B}"))
      #expect(output.contains("epoch 2/2  train loss "))
    }
  }

  @Test func schedulesAreToldAndFollowed() throws {
    try withToy { folder in
      let line =
        "train --data digits --limit 100 --epochs 2 --rate-schedule step:0.5@1epoch --warm-up 2 --hyper beta=0:2@1epoch"
      let run = try vaerun(line, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("rate 0.001 step:0.5@1epochs, warm-up 2steps  beta 0:2@1epochs  seed 1"))
      let table = try String(contentsOfFile: folder + "/runs/toy-001/metrics.csv", encoding: .utf8)
      let rows = table.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
      #expect(rows.first?[6] == "hyper.beta")
      let training = rows.filter { $0[0] == "train" }
      let rates = training.map { $0[5] }
      #expect(rates == ["0.0005"] + Array(repeating: "0.001", count: 4) + Array(repeating: "0.0005", count: 5))
      let betas = training.prefix(3).map { $0[6] }
      #expect(betas == ["0.0", "0.4", "0.8"])
      // Figures of different epochs compare: they are those of the value at the end.
      let evaluation = try vaerun("evaluate --data digits --limit 100", in: folder)
      let loss = try #require(run.output.split(separator: "\n").last { $0.hasPrefix("test    loss") })
        .split(separator: " ")[2]
      #expect(evaluation.output.split(separator: "\n").contains { $0.hasPrefix("loss ") && $0.hasSuffix(loss) })
      let again = try vaerun("train --config runs/toy-001/config.json", in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(
        try readFile(folder + "/runs/toy-001/last.safetensors")
          == readFile(folder + "/runs/toy-002/last.safetensors"))
      let plain = try vaerun(
        "train --config runs/toy-001/config.json --beta 1 --rate-schedule constant", in: folder)
      #expect(plain.output.contains("rate 0.001 constant, warm-up 2steps  beta 1.0  seed 1"), "\(plain.output)")
    }
  }

  @Test func theTimeLimitEndsWellAndSaysHowToGoOn() throws {
    try withToy { folder in
      let run = try vaerun("train --data digits --limit 2000 --epochs 100000 --limit-time 0.3s", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("stopped by --limit-time at "))
      #expect(run.output.contains("to go on: vaerun train --resume runs/toy-001"))
    }
  }
}
