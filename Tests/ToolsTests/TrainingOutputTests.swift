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

  @Test func theTimeLimitEndsWellAndSaysHowToGoOn() throws {
    try withToy { folder in
      let run = try vaerun("train --data digits --limit 2000 --epochs 100000 --limit-time 0.3s", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("stopped by --limit-time at "))
      #expect(run.output.contains("to go on: vaerun train --resume runs/toy-001"))
    }
  }
}
