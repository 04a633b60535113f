import Foundation
import Testing

/// `vaerun bench` on a model made by a C compiler, and its probe by vaec.
@Suite struct BenchTests {
  private func bench(_ options: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", "bench build/toy --rounds 2 --seconds 0.001 \(options)", in: folder)
  }

  @Test func speedIsShownBesideTheMachines() throws {
    try withToy { folder in
      let run = try bench("--threads 1 --images 1,9", in: folder)
      #expect(run.status == 0 && run.errors == "", "\(run.errors)")
      let lines = run.output.split(separator: "\n")
      #expect(lines.first?.hasPrefix("1 thread: peak ") == true)
      #expect(
        lines.contains("toy: 1,568 weights; MFLOP of products an image: reconstruct 0.006, train_step 0.013"))
      let rows = lines.map { $0.split(separator: " ").map(String.init) }
      #expect(rows.contains { $0.starts(with: ["train_step", "1", "20"]) })
      #expect(rows.contains { $0.starts(with: ["reconstruct", "1", "1"]) })
      #expect(rows.contains { $0.starts(with: ["reconstruct", "1", "9"]) })
    }
  }

  @Test func theSameIsJSON() throws {
    try withToy { folder in
      let run = try bench("--threads 1 --images 3 --batch 5,7 --json", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let rows = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
      #expect(rows.map { $0["entry"] as? String } == ["train_step", "train_step", "reconstruct"])
      #expect(rows.map { $0["images"] as? Int } == [5, 7, 3])
      for row in rows {
        let images = try #require(row["images"] as? Int)
        let seconds = try #require(row["seconds"] as? Double)
        let rate = try #require(row["imagesPerSecond"] as? Double)
        #expect(abs(rate * seconds / Double(images) - 1) < 1e-9)
        #expect(try #require(row["peakFlopsPerSecond"] as? Double) > 1e8)
        #expect(try #require(row["memoryBytesPerSecond"] as? Double) > 1e7)
      }
    }
  }

  @Test func kernelsAreShownOneByOne() throws {
    try withToy { folder in
      let run = try bench("--threads 1 --images 3 --kernels", in: folder)
      #expect(run.status == 0 && run.errors == "", "\(run.errors)")
      #expect(run.output.contains("toy train_step, 20 images, 1 thread: "))
      #expect(run.output.contains("toy reconstruct, 3 images, 1 thread: "))
      let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      #expect(rows.count { $0.first == "0_all" } == 2)
      #expect(rows.count { $0.first == "waiting" } == 2)
    }
  }

  @Test func aMissingFolderForTemporaryFilesIsNamed() throws {
    try withToy { folder in
      let run = try ProgramRun.tool(
        "vaerun", "bench build/toy --threads 1 --images 1", in: folder,
        environment: ["TMPDIR": folder + "/none"])
      #expect(run.status == 1)
      #expect(
        run.errors
          == "vaerun: error: cannot write \(folder)/none: the folder does not exist: create it first, or name another with "
          + "TMPDIR\n")
    }
  }

  @Test func whatTakesLongIsAnnounced() throws {
    try withToy { folder in
      let run = try ProgramRun.tool(
        "vaerun", "bench build/toy --rounds 1 --seconds 0.001 --threads 1 --images 1,90000", in: folder)
      #expect(run.status == 0)
      #expect(run.errors == "vaerun: note: preparing toy reconstruct, 90000 images (71 MB)\n")
      let live = try ProgramRun.tool(
        "vaerun", "bench build/toy --rounds 2 --seconds 0.001 --threads 1 --images 1", in: folder,
        environment: ["TERM": "xterm"], columns: 100)
      #expect(live.output.contains("preparing toy reconstruct, 1 image (0 MB)"), "\(live.output)")
      #expect(live.output.contains("round 2/2: toy train_step, 20 images, 1 thread"))
    }
  }

  @Test(arguments: [
    (
      "--threads 0",
      "--threads takes whole numbers from 1 to 1024, joined by commas, not '0': see 'vaerun bench --help'"
    ),
    (
      "--threads 1,,2",
      "--threads takes whole numbers from 1 to 1024, joined by commas, not '1,,2': see 'vaerun bench --help'"
    ),
    (
      "--images x",
      "--images takes whole numbers from 1 to 16777216, joined by commas, not 'x': see 'vaerun bench --help'"
    ),
  ])
  func wrongNumbersAreUsageErrors(options: String, message: String) throws {
    try withToy { folder in
      let run = try bench(options, in: folder)
      #expect(run.status == 2)
      #expect(run.errors == "vaerun: error: \(message)\n")
    }
  }
}
