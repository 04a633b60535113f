import Artifact
import Foundation
import Testing

/// What the programs make of a trained model's codes, and of images without a model.
@Suite struct CodeAnalysisTests {
  private func withTrainedToy<T>(_ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try ToyModel.make(in: folder)
      let run = try ProgramRun.tool("vaerun", "train --data digits --limit 300 --epochs 1 --quiet", in: folder)
      try #require(run.status == 0, "\(run.errors)")
      return try body(folder)
    }
  }

  private func isPicture(_ path: String) throws -> Bool {
    try readFile(path).starts(with: [0x89, 0x50, 0x4E, 0x47])
  }

  @Test func theProbeReadsMoreThanChance() throws {
    try withTrainedToy { folder in
      let run = try ProgramRun.tool("vaerun", "probe --data digits --limit 500", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      func share(_ name: String) throws -> Double {
        let line = try #require(run.output.split(separator: "\n").first { $0.hasPrefix(name) })
        return try #require(Double(line.dropFirst(name.count).split(separator: " ").first ?? ""))
      }
      let chance = try share("commonest class")
      #expect(try share("linear probe") > chance + 5)
      #expect(try share("5 neighbours") > chance + 5)
      #expect(try isPicture(folder + "/runs/toy-001/confusion.png"))
    }
  }

  @Test(arguments: ["--codes prior", "--codes mixture --components 3", "--codes marginals"])
  func samplesOfEveryKindOfCodesRepeat(_ codes: String) throws {
    try withTrainedToy { folder in
      for name in ["a.png", "b.png"] {
        let run = try ProgramRun.tool(
          "vaerun", "sample \(codes) --count 4 --data digits --limit 200 --seed 3 -o \(name)", in: folder)
        #expect(run.status == 0, "\(run.errors)")
      }
      #expect(try isPicture(folder + "/a.png"))
      #expect(try readFile(folder + "/a.png") == readFile(folder + "/b.png"))
    }
  }

  @Test(arguments: ["first", "pca", "tsne --perplexity 10"])
  func codesAreDrawnInEveryPlane(_ map: String) throws {
    try withTrainedToy { folder in
      let run = try ProgramRun.tool("vaerun", "latents --data digits --limit 100 --map \(map)", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try isPicture(folder + "/runs/toy-001/latents.png"))
      #expect(run.output.contains("t-SNE 1000/1000") == map.hasPrefix("tsne"))
    }
  }

  @Test(arguments: [
    (
      "latents --data digits --limit 20 --map tsne", 1,
      "t-SNE with perplexity 30.0 needs at least 91 points and gets 20: take more images"
    ),
    (
      "sample --data digits --limit 5 --codes mixture", 1,
      "a mixture of 10 Gaussians needs at least 11 points and gets 5: take more images"
    ),
    (
      "pca --variance 80,x", 2,
      "--variance takes per cents above 0 up to 100, not '80,x': write --variance 80,90,95"
    ),
    (
      "pca --data digits --limit 1", 1,
      "a principal component analysis needs at least 2 points and gets 1: take more images"
    ),
  ])
  func mistakesHaveTheirTextAndStatus(_ line: String, _ status: Int32, _ message: String) throws {
    try withTrainedToy { folder in
      let run = try ProgramRun.tool("vaerun", line, in: folder)
      #expect(run.status == status)
      #expect(run.errors == "vaerun: error: \(message)\n")
    }
  }

  @Test func componentsOfTheBuiltInDigits() throws {
    try withTemporaryFolder { folder in
      let run = try ProgramRun.tool("vaerun", "pca --data digits --limit 400 --variance 50,100", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      for name in ["variance", "reconstructions", "latents"] {
        #expect(try isPicture(folder + "/pca/\(name).png"))
      }
      let rows = run.output.split(separator: "\n").filter { $0.contains(" %  ") }
        .map { $0.split(whereSeparator: \.isWhitespace) }
      #expect(rows.count == 2)
      // All components together give every training image back.
      #expect(rows.last?[3] == "0.000")
    }
  }

  /// The figures of a published report on MNIST: 44, 87 and 154 components, and their errors to five digits.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["VAEC_DATA_DIR"] != nil, "real data are not there"))
  func componentsOfMNISTAreThoseOfTheReport() throws {
    let data = try #require(ProcessInfo.processInfo.environment["VAEC_DATA_DIR"])
    try withTemporaryFolder { folder in
      let run = try ProgramRun.tool("vaerun", "pca --data mnist --data-dir \(data)", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let rows = run.output.split(separator: "\n").filter { $0.contains(" %  ") }
        .map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
      #expect(rows.map { $0[2] } == ["44", "87", "154"])
      #expect(rows.map { $0[3] } == ["29.329", "20.901", "14.758"])
      #expect(rows.map { $0[5] } == ["23.87735", "17.48214", "12.62116"])
    }
  }
}
