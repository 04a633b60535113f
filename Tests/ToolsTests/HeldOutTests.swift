import Artifact
import Foundation
import PictureTesting
import Testing

/// Images that are held out by folds, pools that are parted anew, and images that are in two parts.
@Suite struct HeldOutTests {
  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  private func configuration(_ run: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: readFile(run + "/config.json")) as? [String: Any])
  }

  @Test func aPoolIsPartedAnewAndEveryCommandTakesItsParts() throws {
    try withToy { folder in
      let line = "train build/toy --data digits --limit 50 --split 60/40 --epochs 2 --output"
      let first = try vaerun(line + " first", in: folder)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.output.contains("digits: 60 training images, 40 test images"), "\(first.output)")
      #expect(first.errors.isEmpty, "\(first.errors)")
      let options = try configuration(folder + "/first")["dataOptions"] as? [String: String]
      #expect(options == ["split": "60/40"])
      // The figures of the last epoch, from the run alone.
      let test = try #require(first.output.split(separator: "\n").last { $0.hasPrefix("test    loss") })
      let loss = try #require(test.split(separator: " ").dropFirst(2).first)
      let evaluation = try vaerun("evaluate --run first", in: folder)
      #expect(evaluation.output.contains("40 test images"), "\(evaluation.output)")
      #expect(evaluation.output.split(separator: "\n").contains { $0.hasPrefix("loss ") && $0.hasSuffix(loss) })
      #expect(try vaerun("evaluate --run first --split train", in: folder).output.contains("60 train images"))
      // Again, in two parts.
      #expect(try vaerun("train --config first/config.json --steps 3 --output second", in: folder).status == 0)
      #expect(try vaerun("train --resume second", in: folder).status == 0)
      #expect(try readFile(folder + "/first/last.safetensors") == readFile(folder + "/second/last.safetensors"))
      // Another seed takes another part.
      _ = try vaerun(line + " third --split-seed 5", in: folder)
      let digests = try ["first", "third"].map { run in
        (try configuration(folder + "/" + run)["digests"] as? [String: String])?["data"]
      }
      #expect(digests[0] != nil && digests[0] != digests[1])
      let mistake = try vaerun("train build/toy --data digits --split 60/50", in: folder)
      #expect(mistake.status == 2)
      #expect(mistake.errors.contains("--split takes two shares that make 100, such as 60/40, not '60/50'"))
    }
  }

  @Test func aFoldIsHeldOutAndRemembered() throws {
    try withToy { folder in
      let line = "train build/toy --data digits --limit 50 --epochs 2 --output"
      let run = try vaerun(line + " first --fold 2/3", in: folder)
      #expect(run.output.contains("digits: 33 training images, 17 validation images"), "\(run.output)")
      #expect(try configuration(folder + "/first")["fold"] as? String == "2/3")
      #expect(try vaerun("train --config first/config.json --steps 3 --output second", in: folder).status == 0)
      #expect(try vaerun("train --resume second", in: folder).status == 0)
      #expect(try readFile(folder + "/first/best.safetensors") == readFile(folder + "/second/best.safetensors"))
      // Another fold, or another way, instead.
      let other = try vaerun("train --config first/config.json --fold 1/3 --output third", in: folder)
      #expect(other.output.contains("34 training images, 16 validation images"), "\(other.output)")
      let held = try vaerun("train --config first/config.json --val 10 --output fourth", in: folder)
      #expect(held.output.contains("40 training images, 10 validation images"), "\(held.output)")
      for (options, message) in [
        ("--fold 2/3 --val 10", "--val and --fold hold out images in two ways: give one of them"),
        ("--fold 4/3", "--fold takes a fold and how many there are, such as 2/3, not '4/3'"),
        ("--fold 1/51", "--fold 1/51 of 50 images: ask for fewer folds than images"),
      ] {
        let mistake = try vaerun("\(line) none \(options)", in: folder)
        #expect(mistake.status == 2)
        #expect(mistake.errors.hasPrefix("vaerun: error: \(message)"), "\(mistake.errors)")
      }
    }
  }

  @Test func imagesThatAreTrainedOnAndJudgedByAreWarnedOf() throws {
    try withToy { folder in
      // 40 images, each of them twice.
      let images: [[UInt8]] = (0..<40).map { number in
        (0..<784).map { (pixel: Int) -> UInt8 in UInt8((pixel * 7 + number * 31) % 256) }
      }
      let bytes = NumpyBytes.npy("|u1", [80, 28, 28], (images + images).flatMap { $0 })
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/twice.npy"))
      let line = "train build/toy --data twice.npy --epochs 1 --rate 1e-6 --output"
      let run = try vaerun(line + " first --val 20", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.errors.split(separator: "\n")
      #expect(lines.count == 2, "\(run.errors)")
      let (first, last) = (lines.first ?? "", lines.last ?? "")
      #expect(first.contains(/^vaerun: warning: \d+ of the 20 validation images are also training images:/))
      #expect(last.contains(/^vaerun: warning: \d+ of the 8 test images are also training images:/))
      #expect(last.hasSuffix("their figures say too much; take them out of one of the two"))
      #expect(try vaerun(line + " second --quiet", in: folder).errors.isEmpty)
      let single = NumpyBytes.npy("|u1", [40, 28, 28], images.flatMap { $0 })
      try Data(single).write(to: URL(fileURLWithPath: folder + "/once.npy"))
      let other = try vaerun(
        "train build/toy --data once.npy --epochs 1 --rate 1e-6 --val 10 --output third", in: folder)
      #expect(other.status == 0 && other.errors.isEmpty, "\(other.errors)")
    }
  }
}
