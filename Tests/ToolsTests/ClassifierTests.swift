import Artifact
import Foundation
import Testing

/// Both programs on a model whose decoder makes the class of an image, and on one whose decoder makes image and class.
@Suite struct ClassifierTests {
  private static func model(decoder: String, objective: String) -> String {
    """
    model kind {
      input x: image[1, 28, 28]
      input y: class[10]
      encoder (x) -> z {
        z = x |> flatten |> dense(32) |> relu |> dense(8)
      }
      \(decoder)
      \(objective)
      train { optimizer: adam(rate: 3e-3), batch: 50, epochs: 4 }
    }
    """
  }

  private static let classifier = model(
    decoder: "decoder (z) -> y { y ~ categorical(logits: z |> relu |> dense(10)) }",
    objective: "maximize loglik(y)")
  private static let both = model(
    decoder: """
      decoder (z) -> x, y {
          x = z |> dense(784) |> sigmoid |> reshape(1, 28, 28)
          y ~ categorical(logits: z |> relu |> dense(10))
        }
      """, objective: "maximize loglik(y) - mse(x)")

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  private func withTrained<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/kind.vdl"))
      let run = try vaerun("train kind.vdl --data digits --limit 2000 --threads 2", in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("vaerun confusion --run runs/kind-001"))
      return try body(folder)
    }
  }

  private func json(_ run: ProgramRun) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.output)\(run.errors)")
  }

  /// The classes that the rows of a table of probabilities are largest at, and the sums of the rows.
  private func rows(_ path: String) throws -> [(largest: Int, sum: Double)] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
      let numbers = line.split(separator: ",").compactMap { Double($0) }
      let largest = try #require(numbers.indices.max { numbers[$0] < numbers[$1] })
      return (largest, numbers.reduce(0, +))
    }
  }

  @Test func aClassifierIsTrainedAndItsMistakesAreCounted() throws {
    try withTrained(Self.classifier) { folder in
      let data = "--data digits --limit 300"
      let report = try json(try vaerun("evaluate \(data) --json", in: folder))
      let accuracy = try #require(report["accuracy"] as? Double)
      #expect(accuracy > 0.6, "ten classes, a few thousand images")
      let counts = try #require(report["confusion"] as? [[Int]])
      #expect(counts.count == 10 && counts.joined().reduce(0, +) == 300)
      #expect(accuracy == Double(counts.indices.reduce(0) { $0 + counts[$1][$1] }) / 300)
      #expect(report["reconstructionError"] == nil)
      let text = try vaerun("evaluate \(data)", in: folder).output
      #expect(text.contains("accuracy              \(String(format: "%.2f %%", accuracy * 100))\n"), "\(text)")
      let confusion = try json(try vaerun("confusion \(data) --json", in: folder))
      #expect(confusion["confusion"] as? [[Int]] == counts)
      #expect(FileManager.default.fileExists(atPath: folder + "/runs/kind-001/classification.png"))
      // The decoder's probabilities say the same.
      for line in ["encode \(data) -o codes.csv", "decode -i codes.csv -o y.csv"] {
        #expect(try vaerun(line, in: folder).status == 0)
      }
      let made = try rows(folder + "/y.csv")
      #expect(made.allSatisfy { abs($0.sum - 1) < 1e-5 })
      let labels = try String(contentsOfFile: folder + "/codes.csv", encoding: .utf8).split(separator: "\n")
        .dropFirst().map { Int($0.prefix { $0 != "," }) }
      #expect(Double(zip(made, labels).count { $0.largest == $1 }) / 300 == accuracy)
    }
  }

  /// Trains the classifier for two epochs, 200 images held out.
  private func withMetrics<T>(_ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try Data(Self.classifier.utf8).write(to: URL(fileURLWithPath: folder + "/kind.vdl"))
      let line = "train kind.vdl --data digits --limit 1000 --val 200 --epochs 2 --threads 2 --no-pictures"
      let run = try vaerun(line, in: folder)
      try #require(run.status == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n")
      #expect(lines.contains { $0.contains("  val   loss") && $0.contains("  accuracy 0.") }, "\(run.output)")
      #expect(lines.contains { $0.contains("  test  loss") && $0.contains("  accuracy 0.") })
      #expect(!lines.contains { $0.contains("  train loss") && $0.contains("accuracy") })
      return try body(folder)
    }
  }

  @Test func theAccuracyOfImagesThatAreNotTrainedOnIsAmongTheMetrics() throws {
    try withMetrics { folder in
      let run = folder + "/runs/kind-001"
      let rows = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8).split(separator: "\n")
        .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      #expect(rows[0].suffix(2) == ["reconstruction", "accuracy"])
      for row in rows.dropFirst() { #expect((row.last == "") == (row.first == "train"), "\(row)") }
      #expect(
        rows.dropFirst().map { $0[0] }.filter { $0 != "train" } == ["validation", "test", "validation", "test"])
      let report = try json(try vaerun("evaluate --data digits --limit 1000 --json", in: folder))
      #expect(rows.last?.last.flatMap { Double($0) } == report["accuracy"] as? Double)
      let lines = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8).split(separator: "\n")
      for line in lines {
        let fields = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect((fields["accuracy"] is Double) == (fields["split"] as? String != "train"), "\(line)")
      }
      let curves = try vaerun("curves --terms accuracy", in: folder)
      #expect(curves.status == 0, "\(curves.errors)")
      #expect(FileManager.default.fileExists(atPath: run + "/curves.png"))
    }
  }

  @Test func aRunWithoutAccuracyGoesOnWithoutIt() throws {
    try withMetrics { folder in
      let run = folder + "/runs/kind-001"
      let table = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8)
      let old = table.split(separator: "\n").map {
        $0.prefix(upTo: $0.lastIndex(of: ",") ?? $0.endIndex) + "\n"
      }
      try Data(old.joined().utf8).write(to: URL(fileURLWithPath: run + "/metrics.csv"))
      let resumed = try vaerun("train --resume runs/kind-001 --epochs 3 --no-pictures", in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      let rows = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8).split(separator: "\n")
      #expect(Array(rows.prefix(old.count)) == old.map { $0.dropLast() })
      #expect(rows.count > old.count && !rows[0].contains("accuracy"))
      #expect(rows.allSatisfy { $0.count { $0 == "," } == rows[0].count { $0 == "," } })
      let inspected = try vaerun("inspect runs/kind-001", in: folder)
      #expect(inspected.status == 0, "\(inspected.errors)")
    }
  }

  @Test func picturesOfImagesThatNobodyMakesAreRefused() throws {
    try withTrained(Self.classifier) { folder in
      for line in [
        "reconstruct --limit 20", "sample --codes marginals --limit 60", "interpolate --limit 60",
        "decode -i codes.csv -o d.png", "manifold --limit 60", "traverse --limit 60",
      ] {
        try Data("0,0,0,0,0,0,0,0\n".utf8).write(to: URL(fileURLWithPath: folder + "/codes.csv"))
        let run = try vaerun(line, in: folder)
        #expect(run.status == 2, "\(line)")
        #expect(
          run.errors
            == "vaerun: error: the decoder of kind makes no image: 'vaerun confusion' draws how it takes classes\n",
          "\(line)")
      }
    }
  }

  @Test func oneDecoderMakesImageAndClass() throws {
    try withTrained(Self.both) { folder in
      let report = try json(try vaerun("evaluate --limit 100 --json", in: folder))
      #expect(report["accuracy"] is Double && report["reconstructionError"] is Double)
      for line in [
        "reconstruct --limit 20", "encode --limit 5 -o codes.csv", "decode -i codes.csv -o d.png",
        "decode -i codes.csv -o d.npz", "decode -i codes.csv -o d.safetensors", "decode -i codes.csv -o d.csv",
        "confusion --limit 50 --quiet",
      ] {
        let run = try vaerun(line, in: folder)
        #expect(run.status == 0, "\(line): \(run.errors)")
      }
      let reader = try SafetensorsReader(folder + "/d.safetensors")
      #expect(reader.tensor("x")?.shape == [5, 1, 28, 28] && reader.tensor("y")?.shape == [5, 10])
    }
  }
}
