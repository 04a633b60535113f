import Artifact
import Foundation
import Testing

/// The commands that draw what a trained model has learned, and tell figures of it.
@Suite struct PictureCommandTests {
  private static let data = "--data digits --limit 60"

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  /// A folder with runs/toy-001 (seed 1) and runs/toy-002 (seed 2).
  private func withTwoRuns<T>(_ body: (String) throws -> T) throws -> T {
    try withToy { folder in
      for seed in [1, 2] {
        let run = try vaerun("train \(Self.data) --epochs 2 --quiet --seed \(seed)", in: folder)
        try #require(run.status == 0, "\(run.errors)")
      }
      return try body(folder)
    }
  }

  private func json(_ run: ProgramRun) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.output)")
  }

  /// Codes with their classes, as `vaerun encode` writes them.
  private func codes(_ options: String, in folder: String) throws -> [(label: Int, code: [Double])] {
    let run = try vaerun("encode runs/toy-001 \(options) -o codes.csv", in: folder)
    try #require(run.status == 0, "\(run.errors)")
    return try String(contentsOfFile: folder + "/codes.csv", encoding: .utf8).split(separator: "\n").dropFirst()
      .map { line in
        let numbers = line.split(separator: ",").compactMap { Double($0) }
        return (Int(numbers[0]), Array(numbers.dropFirst()))
      }
  }

  @Test func everyPictureIsDrawn() throws {
    try withTwoRuns { folder in
      let lines = [
        ("traverse", "runs/toy-001/traversals.png"),
        ("traverse --image 3 --latents 2,1 --columns 5 --range 1.5 -o t.png", "t.png"),
        ("interpolate --path both", "runs/toy-001/interpolations.png"),
        ("interpolate --images 3,17 --columns 4 -o i.png", "i.png"),
        ("attributes", "runs/toy-001/attributes.png"),
        ("attributes --attributes class=7 --images 0,4 -o a.png", "a.png"),
        ("activations", "runs/toy-001/activations.png"), ("curves", "runs/toy-001/curves.png"),
        ("manifold --quantiles --grid 4", "runs/toy-001/manifold.png"),
        ("latents --split both --axes 2,1", "runs/toy-001/latents.png"),
        ("latents --split both --map pca -o l", "l.png"),
        ("reconstruct --count 3 --columns 2", "runs/toy-001/reconstructions.png"),
      ]
      for (line, file) in lines {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(file)")
        let words = line.split(separator: " ", maxSplits: 1)
        let data = words[0] == "curves" ? "" : Self.data
        let run = try vaerun("\(words[0]) runs/toy-001 \(words.dropFirst().joined()) \(data)", in: folder)
        #expect(run.status == 0, "\(line): \(run.errors)")
        #expect(run.output.contains(file), "\(line): \(run.output)")
        #expect(try readFile("\(folder)/\(file)").starts(with: [0x89, 0x50, 0x4E, 0x47]), "\(line)")
      }
      for split in ["train", "test"] {
        let table = try String(contentsOfFile: "\(folder)/l-\(split).csv", encoding: .utf8)
        #expect(table.split(separator: "\n").count == 61)
      }
    }
  }

  @Test func severalRunsStandInOnePicture() throws {
    try withTwoRuns { folder in
      for line in [
        "reconstruct runs/toy-001 runs/toy-002 \(Self.data)",
        "curves runs/toy-001 runs/toy-002 --terms loss,kl --parts test",
      ] {
        let run = try vaerun(line, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let file = line.hasPrefix("curves") ? "curves.png" : "reconstructions.png"
        #expect(run.output == file + "\n")
        #expect(FileManager.default.fileExists(atPath: "\(folder)/\(file)"))
      }
      // They are named by what they differ in.
      let times = try vaerun("times runs/toy-001 runs/toy-002 --limit 20 --seconds 0.01", in: folder)
      #expect(times.status == 0, "\(times.errors)")
      let lines = times.output.split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines.dropFirst().map { $0.prefix(10) } == ["toy seed=1", "toy seed=2"], "\(times.output)")
      #expect(lines.dropFirst().allSatisfy { $0.contains("  1,568  ") })
    }
  }

  @Test func theDirectionOfAClassIsTheDifferenceOfMeans() throws {
    try withTwoRuns { folder in
      let run = try vaerun("attributes runs/toy-001 \(Self.data) --attributes class=3 --json", in: folder)
      try #require(run.status == 0, "\(run.errors)")
      let rows = try #require(JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
      let row = try #require(rows.first)
      let all = try codes("\(Self.data) --split train", in: folder)
      func mean(_ column: Int, _ isWith: Bool) -> Double {
        let members = all.filter { ($0.label == 3) == isWith }
        return members.reduce(0) { $0 + $1.code[column] } / Double(members.count)
      }
      let direction = try #require(row["direction"] as? [Double])
      for column in 0..<2 {
        #expect(abs(direction[column] - (mean(column, true) - mean(column, false))) < 1e-5)
      }
      #expect(row["with"] as? Int == all.count { $0.label == 3 })
      let told = try #require(row["balancedAccuracy"] as? Double)
      #expect((0...1).contains(told))
    }
  }

  @Test func activationsAreCountedOverTheThreshold() throws {
    try withTwoRuns { folder in
      let all = try codes(Self.data, in: folder)
      // A threshold that some codes are above and some are not.
      let sizes = all.flatMap(\.code).map(abs).sorted()
      let threshold = (sizes[59] + sizes[60]) / 2
      let report = try json(
        try vaerun("activations runs/toy-001 \(Self.data) --threshold \(threshold) --json", in: folder))
      #expect(report["activeShare"] as? Double == 0.5)
      let wanted = (0..<2).map { column in all.count { abs($0.code[column]) > threshold } }
      #expect(report["imagesOfUnit"] as? [Int] == wanted)
    }
  }

  @Test func theProbeTellsItsConfusionInWordsAndJSON() throws {
    try withTwoRuns { folder in
      let line = "probe runs/toy-001 --data digits --limit 200"
      let report = try json(try vaerun(line + " --json", in: folder))
      for reader in ["linear", "neighbors"] {
        let fields = try #require(report[reader] as? [String: Any])
        let counts = try #require(fields["confusion"] as? [[Int]])
        #expect(counts.count == 10 && counts.joined().reduce(0, +) == 200)
        let right = counts.indices.reduce(0) { $0 + counts[$1][$1] }
        #expect(fields["accuracy"] as? Double == Double(right) / 200)
      }
      let text = try vaerun(line, in: folder).output
      #expect(text.contains(/\nlinear probe +0 +1 +2 .* 9\n0\s/), "\(text)")
      #expect(text.contains(/\n5 neighbours +0 +1 +2 .* 9\n0\s/), "\(text)")
    }
  }

  @Test func theFrechetDistanceIsThatOfTheFeatures() throws {
    try withTwoRuns { folder in
      let line = "frechet runs/toy-001 --features runs/toy-002 \(Self.data) --count 60"
      let test = try json(try vaerun(line + " --json", in: folder))
      #expect(test["featureCount"] as? Int == 2)
      for name in ["prior", "reconstructions", "trainingImages"] {
        #expect(try #require(test[name] as? Double) > 0, "\(name)")
      }
      // The training images against themselves are not told.
      let train = try json(try vaerun(line + " --split train --json", in: folder))
      #expect(train["trainingImages"] == nil)
      #expect(try vaerun(line, in: folder).output.contains("\n  prior samples      "))
    }
  }

  @Test func theReportIsOneFileThatNeedsNoOther() throws {
    try withTwoRuns { folder in
      _ = try vaerun("traverse runs/toy-001 \(Self.data)", in: folder)
      try AtomicFile.write(Data("no picture".utf8), to: folder + "/runs/toy-001/broken.png")
      let run = try vaerun("report runs/toy-001", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let html = try String(contentsOfFile: folder + "/runs/toy-001/report.html", encoding: .utf8)
      for part in [
        "toy-001: toy on digits", "Curves", "What each latent changes", "&quot;seed&quot; : 1", "toy.c",
      ] {
        #expect(html.contains(part), "\(part)")
      }
      #expect(!html.contains("http") && !html.contains("<script") && !html.contains("broken"))
      // Curves, reconstructions, samples, manifold, latents, traversals.
      #expect(html.matches(of: /<img src="data:image\/png;base64,/).count == 6)
      #expect(
        html.matches(of: /src=/).count == 6
          && html.matches(of: /href="#/).count == html.matches(of: /href=/).count)
    }
  }

  @Test(arguments: [
    ("traverse --latents 3", 2, "--latents takes latents from 1 to 2, not '3': write them with commas"),
    (
      "traverse --image 60", 2, "there is no image 60 among the 60 test images of digits: --image takes 0 to 59"
    ),
    ("interpolate --images 1,2,3", 2, "--images has 3 images: pairs need an even number"),
    ("interpolate --images 1,x", 2, "--images takes images from 0 to 59, not '1,x': write them with commas"),
    (
      "interpolate --path spheric", 2,
      "--path takes linear, spherical or both, not 'spheric': did you mean 'spherical'?"
    ),
    ("attributes --attributes clas=1", 2, "digits has no attribute 'clas': did you mean 'class'?"),
    ("attributes --attributes class", 2, "class has several values: name one, such as class=0"),
    ("attributes --attributes class=12", 2, "class has no value '12': did you mean '"),
    ("attributes --images 60", 2, "--images takes images from 0 to 59, not '60'"),
    ("curves --terms los", 2, "--terms has 'los': did you mean 'loss'?"),
    ("curves --parts training", 2, "--parts has 'training': there are train, validation, test"),
    ("curves --by-latent", 2, "the codes of toy have no distribution, so there is no KL"),
    ("manifold --range 2 --quantiles", 2, "--range and --quantiles name two ways through the plane"),
    ("frechet", 2, "--features is missing: name the run whose encoder gives the features"),
    ("frechet --features nowhere", 1, "nowhere is not a run of vaerun"),
    ("report runs/none", 1, "there is no runs/none: 'vaerun runs' lists the runs that there are"),
    ("report runs", 1, "runs is neither a run nor a compiled model: 'vaerun runs' lists"),
    ("manifold --range 1e300", 2, "--range takes a number above 0 and at most 1000000, not '1e300'"),
    ("reconstruct runs/toy-001 --run runs/toy-001", 2, "runs/toy-001 and --run runs/toy-001 name two runs"),
    ("reconstruct runs/toy-001 runs/toy-001 --best", 1, "runs/toy-001 has no best epoch"),
    (
      "reconstruct runs/toy-001 runs/toy-001 --weights a", 2,
      "--weights names the weights of one model, and there are 2: name the runs instead"
    ),
    ("activations --threshold 0", 2, "--threshold takes a number above 0, not '0'"),
    ("latents --axes 1,1", 2, "--axes takes two of the latents 1 to 2, not '1,1'"),
  ])
  func mistakesHaveTheirTextAndStatus(_ line: String, _ status: Int32, _ message: String) throws {
    try withToy { folder in
      try #require(try vaerun("train \(Self.data) --epochs 1 --quiet", in: folder).status == 0)
      let before = try FileManager.default.contentsOfDirectory(atPath: folder + "/runs/toy-001").sorted()
      let data = ["report", "curves"].contains { line.hasPrefix($0) && !line.contains("--by-latent") }
      let run = try vaerun(line + (data ? "" : " " + Self.data), in: folder)
      #expect(run.status == status)
      #expect(run.errors.hasPrefix("vaerun: error: " + message), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/runs/toy-001").sorted() == before)
    }
  }
}
