import Artifact
import Foundation
import Testing

@Suite struct VaerunTests {
  private static let data = "--data digits --limit 100"

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  @Test func trainingWritesARunAndEveryOtherCommandReadsIt() throws {
    try withToy { folder in
      let training = try vaerun("train \(Self.data) --epochs 3 --threads 2", in: folder)
      #expect(training.status == 0, "\(training.errors)")
      #expect(training.output.contains("epoch 3/3  train loss "))
      #expect(training.output.contains("next: vaerun evaluate --run runs/toy-001"))
      let run = folder + "/runs/toy-001/"
      for name in [
        "config.json", "environment.json", "metrics.csv", "metrics.jsonl", "last.safetensors", "model/toy.so",
        "model/toy.json",
      ] {
        #expect(FileManager.default.fileExists(atPath: run + name), "\(name)")
      }
      for name in ["loss", "reconstructions", "samples", "manifold", "latents"] {
        #expect(try readFile(run + name + ".png").starts(with: [0x89, 0x50, 0x4E, 0x47]), "\(name)")
      }
      for (line, file) in [
        ("reconstruct --count 5 --data digits", "reconstructions.png"), ("sample --count 7", "samples.png"),
        ("manifold --grid 4", "manifold.png"), ("latents \(Self.data)", "latents.csv"),
        ("encode \(Self.data)", "codes.safetensors"), ("decode", "decoded.png"),
      ] {
        try? FileManager.default.removeItem(atPath: run + file)
        let result = try vaerun(line, in: folder)
        #expect(result.status == 0, "\(line): \(result.errors)")
        #expect(result.output.contains("runs/toy-001/\(file)"), "\(result.output)")
        #expect(FileManager.default.fileExists(atPath: run + file), "\(line)")
      }
    }
  }

  @Test func evaluationRepeatsTheLastTestFigures() throws {
    try withToy { folder in
      let training = try vaerun("train \(Self.data)", in: folder)
      let line = try #require(training.output.split(separator: "\n").last { $0.contains("test    loss") })
      let loss = try #require(line.split(separator: " ").dropFirst(2).first)
      let evaluation = try vaerun("evaluate \(Self.data)", in: folder)
      #expect(evaluation.output.split(separator: "\n").contains { $0.hasPrefix("loss ") && $0.hasSuffix(loss) })
      #expect(evaluation.output.contains("reconstruction MSE"))
      #expect(evaluation.output.contains("active latents"))
    }
  }

  @Test func codesGoThroughBothFileForms() throws {
    try withToy { folder in
      _ = try vaerun("train \(Self.data) --quiet", in: folder)
      let csv = try vaerun("encode --data digits --limit 5 -o codes.csv", in: folder)
      #expect(csv.status == 0, "\(csv.errors)")
      let table = try String(contentsOfFile: folder + "/codes.csv", encoding: .utf8).split(separator: "\n")
      #expect(table.first == "label,z1,z2")
      #expect(table.count == 6)
      #expect(try vaerun("encode --data digits --limit 5 -o codes.safetensors", in: folder).status == 0)
      #expect(try vaerun("decode -i codes.csv -o a.safetensors", in: folder).status == 0)
      #expect(try vaerun("decode -i codes.safetensors -o b.safetensors", in: folder).status == 0)
      let first = try SafetensorsReader(folder + "/a.safetensors")
      let second = try SafetensorsReader(folder + "/b.safetensors")
      #expect(first.tensor("x")?.shape == [5, 1, 28, 28])
      #expect(try first.floats(of: "x") == second.floats(of: "x"))
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func interruptSavesAndEndsWithStatus130(_ signal: Int32) throws {
    try withToy { folder in
      let run = try ProgramRun.tool(
        "vaerun", "train --data digits --limit 200 --epochs 100000", in: folder,
        environment: ["TOY_SIGNAL": "\(signal)@7"])
      #expect(run.status == 130, "\(run.errors)")
      #expect(run.output.contains("interrupted and saved at"))
      let saved = try SafetensorsReader(folder + "/runs/toy-001/last.safetensors")
      #expect(Int(saved.metadata["step"] ?? "") ?? 0 >= 7)
    }
  }

  @Test func divergenceStopsWithTheStepNamed() throws {
    try withToy { folder in
      let run = try vaerun("train \(Self.data) --rate 1e30", in: folder)
      #expect(run.status == 1)
      #expect(run.errors.hasPrefix("vaerun: error: loss is "), "\(run.errors)")
      #expect(
        run.errors.contains(
          "the last good weights are in runs/toy-001/last.safetensors: train again with a lower --rate"))
    }
  }

  @Test(arguments: [
    ("train build/none", 1, "build/none is not a compiled model: there is no such folder: compile one with"),
    ("train none.vdl", 1, "there is no model text none.vdl: name a .vdl file"),
    ("evaluate", 1, "there is no run of toy under runs: train it first with 'vaerun train'"),
    ("evaluate --weights none.safetensors", 1, "cannot read none.safetensors: there is no such file"),
    ("evaluate --weights build", 1, "cannot read build: it is a folder: name a file"),
    (
      "evaluate --weights build/toy/toy.json", 1,
      "build/toy/toy.json is not a safetensors file: its header would have"
    ),
    (
      "evaluate --run build", 1,
      "build is not a run of vaerun: cannot read build/config.json: there is no such file"
    ),
    ("evaluate --run a --weights b", 2, "--run and --weights name two sources of weights: give one of them"),
    (
      "train --epochs 0", 2,
      "--epochs takes a whole number from 1 to 1000000, not '0': see 'vaerun train --help'"
    ),
    ("train --epoch 1", 2, "'vaerun train' has no option --epoch: did you mean --epochs?"),
    ("tain", 2, "unknown command 'tain': did you mean 'train'?"),
    ("train --data digits --limit 10 --hyper gamma=1", 1, "toy has no hyper gamma: it has beta"),
    ("train --hyper beta=x", 2, "--hyper beta takes a number or FROM:TO@SPAN, not 'x': write --hyper beta=1.5"),
    (
      "train --data digits --limit 10 --output build/toy/toy.so", 1,
      "cannot make the folder build/toy/toy.so: a file has this name"
    ),
    ("train --data mnist --data-dir nowhere", 1, "the data set 'mnist' was not found"),
  ])
  func mistakesHaveTheirTextAndStatus(_ line: String, _ status: Int32, _ message: String) throws {
    try withToy { folder in
      let run = try vaerun(line, in: folder)
      #expect(run.status == status)
      #expect(run.errors.hasPrefix("vaerun: error: " + message), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/runs"))
    }
  }

  @Test(arguments: [
    ("codes.csv", "1,2\n3\n", "decode -i codes.csv", "codes.csv:2: the line has 1 numbers: it has to have 2"),
    ("codes.csv", "z1,z2\n3,x\n", "decode -i codes.csv", "codes.csv:2: 'x' is not a number: mend the line"),
    ("codes.csv", "", "decode -i codes.csv", "codes.csv holds nothing: give at least one line or row"),
    ("codes.txt", "1,2", "decode -i codes.txt", "codes.txt has an ending that is not known here"),
    (
      "codes.csv", "1,2", "decode -i codes.csv -o a.jpg",
      "a.jpg has an ending that is not known here: name a .safetensors, .npz, .npy, .csv or .png file"
    ),
    ("images.csv", "1,2", "encode -i images.csv", "images.csv:1: the line has 2 numbers: it has to have 784"),
    ("x", "", "manifold --axes 1,3", "--axes takes two of the latents 1 to 2, not '1,3': write --axes 1,2"),
  ])
  func filesThatWillNotDoAreNamed(_ name: String, _ text: String, _ line: String, _ message: String) throws {
    try withToy { folder in
      _ = try vaerun("train \(Self.data) --epochs 1 --quiet", in: folder)
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
      let run = try vaerun(line, in: folder)
      #expect(run.status != 0)
      #expect(run.errors.hasPrefix("vaerun: error: " + message), "\(run.errors)")
    }
  }

  @Test func manifestOfAnotherABIIsRefused() throws {
    try withToy { folder in
      let path = folder + "/build/toy/toy.json"
      let text = String(decoding: try readFile(path), as: UTF8.self)
      try AtomicFile.write(
        Data(text.replacingOccurrences(of: "\"abi\" : 2", with: "\"abi\" : 3").utf8), to: path)
      let run = try vaerun("train", in: folder)
      #expect(run.status == 1)
      #expect(
        run.errors
          == "vaerun: error: build/toy/toy.json was made by ABI 3; this vaerun reads ABI 2: compile the model again with this vaec\n"
      )
    }
  }
}
