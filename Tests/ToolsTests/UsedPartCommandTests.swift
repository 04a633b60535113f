import Artifact
import Foundation
import Testing

/// Both programs on models that use parts of others, and on models that begin with the weights of others.
@Suite struct UsedPartCommandTests {
  private static let base = """
    model base {
      config latent = 4
      input x: image[1, 28, 28]
      encoder (x) -> z {
        z = x |> flatten |> dense(12) |> relu |> batch_norm |> dense(latent)
      }
      decoder (z) -> x {
        x = z |> dense(784) |> sigmoid |> reshape(1, 28, 28)
      }
      minimize mse(x)
      train { optimizer: adam(rate: 3e-3), batch: 50, epochs: 2 }
    }

    """
  private static let user = """
    /// Uses a part.
    model user {
      input x: image[1, 28, 28]
      input y: class[10]

      use encoder from "../base.vdl" frozen  // as it is
      decoder (z) -> y {
        y ~ categorical(logits: z |> dense(16) |> relu |> dense(10))
      }
      maximize loglik(y)
      train { optimizer: adam(rate: 3e-3), batch: 50, epochs: 2 }
    }

    """
  private static let data = "--data digits --limit 400 --threads 1"

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  private func vaec(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaec", line, in: folder)
  }

  private func write(_ text: String, _ path: String) throws {
    try makeFolder(splitPath(path).folder)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private func withModels<T>(_ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try write(Self.base, folder + "/base.vdl")
      try write(Self.user, folder + "/more/user.vdl")
      return try body(folder)
    }
  }

  /// A folder in which base is trained as runs/base-001.
  private func withTrainedBase<T>(_ body: (String) throws -> T) throws -> T {
    try withModels { folder in
      let run = try vaerun("train base.vdl \(Self.data) --quiet --no-pictures", in: folder)
      try #require(run.status == 0, "\(run.errors)")
      return try body(folder)
    }
  }

  private func tensors(_ path: String) throws -> [String: [Float]] {
    let reader = try SafetensorsReader(path)
    return try Dictionary(
      reader.tensors.map { ($0.name, try reader.floats(of: $0.name)) }, uniquingKeysWith: { first, _ in first })
  }

  private func configuration(_ run: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: readFile(run + "/config.json")) as? [String: Any])
  }

  @Test func aFrozenPartIsBoundKeptAndLeftAlone() throws {
    try withTrainedBase { folder in
      let run = try vaerun("train more/user.vdl \(Self.data) --init runs/base-001", in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(
        run.output.contains("/runs/base-001/last.safetensors: 8 of 12 tensors of the model\n"), "\(run.output)")
      let (before, after) = (
        try tensors(folder + "/runs/base-001/last.safetensors"),
        try tensors(folder + "/runs/user-001/last.safetensors")
      )
      let encoder = after.keys.filter { $0.hasPrefix("encoder.") }
      #expect(encoder.count == 8)
      for name in encoder { #expect(after[name] == before[name], "\(name)") }
      #expect(!after.keys.contains { $0.hasPrefix("adam.m/encoder.") })
      #expect(after.keys.contains { $0.hasPrefix("adam.m/decoder.") })
      let initial = try #require(
        try configuration(folder + "/runs/user-001")["initialWeights"] as? [String: Any])
      let digest = SHA256.hex(of: try readFile(folder + "/runs/base-001/last.safetensors"))
      #expect(initial["digest"] as? String == digest && initial["tensors"] as? Int == 8)
      // The run needs the other no more.
      try FileManager.default.removeItem(atPath: folder + "/runs/base-001")
      try FileManager.default.removeItem(atPath: folder + "/base.vdl")
      let evaluation = try vaerun("evaluate runs/user-001 --data digits --limit 100", in: folder)
      #expect(evaluation.status == 0 && evaluation.output.contains("accuracy "), "\(evaluation.errors)")
      let resumed = try vaerun("train --resume runs/user-001 --epochs 3 --quiet", in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      let later = try tensors(folder + "/runs/user-001/last.safetensors")
      for name in encoder { #expect(later[name] == before[name], "\(name)") }
    }
  }

  @Test func aRunThatWasCutShortEndsInTheSameBits() throws {
    try withTrainedBase { folder in
      let line = "train more/user.vdl \(Self.data) --init runs/base-001/last.safetensors --no-pictures --quiet"
      for words in [
        "\(line) -o whole", "\(line) -o parts --steps 5", "train --resume parts --quiet --no-pictures",
        "train --config whole/config.json --quiet --no-pictures -o again",
      ] {
        let run = try vaerun(words, in: folder)
        #expect(run.status == 0, "\(words): \(run.errors)")
      }
      let whole = try readFile(folder + "/whole/last.safetensors")
      #expect(try readFile(folder + "/parts/last.safetensors") == whole)
      #expect(try readFile(folder + "/again/last.safetensors") == whole)
      // What it began with has to be what it was.
      _ = try vaerun("train --resume runs/base-001 --epochs 3 --quiet --no-pictures", in: folder)
      let other = try vaerun("train --config whole/config.json --quiet -o fourth", in: folder)
      #expect(other.status == 1)
      #expect(
        other.errors.hasSuffix(
          "/last.safetensors is not the file that whole/config.json began with (another digest): name the one to begin with by --init\n"
        ), "\(other.errors)")
    }
  }

  @Test func whatDoesNotFitIsToldByName() throws {
    try withTrainedBase { folder in
      func error(_ line: String, _ status: Int32, _ message: String) throws {
        let run = try vaerun("\(line) \(Self.data) --quiet -o new", in: folder)
        #expect(run.status == status, "\(line)")
        #expect(run.errors.contains(message) && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/new"))
      }
      _ = try vaec("compile more/user.vdl --quiet -o build/user", in: folder)
      _ = try vaec("compile more/user.vdl --quiet --set encoder.latent=5 -o build/five", in: folder)
      try error(
        "train build/user", 2,
        "the encoder of user is frozen and has to have the weights of a trained model: write --init and a run of the model that it is of"
      )
      try error(
        "train build/five --init runs/base-001", 1,
        "encoder.z.dense1.weight has the shape [4, 12] and the model's has [5, 12]")
      try error("train build/user --init none", 1, "none")
      try error("train build/user --init runs", 1, "runs is not a run of vaerun")
      try error("train build/user --init base.vdl", 1, "base.vdl")
      let resume = try vaerun("train --resume runs/base-001 --init runs/base-001", in: folder)
      #expect(resume.status == 2 && resume.errors.contains("--init cannot change when a run goes on"))
    }
  }

  @Test func aModelWithoutUseTakesAllThatHasItsNames() throws {
    try withTrainedBase { folder in
      let wide = Self.base.replacing("model base", with: "model wide").replacing(
        "z |> dense(784)", with: "z |> dense(20) as first |> relu |> dense(784) as last")
      try write(wide, folder + "/wide.vdl")
      let line = "\(Self.data) --init runs/base-001 --steps 1 --no-pictures --rate 1e-9"
      let run = try vaerun("train wide.vdl \(line)", in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(
        run.output.contains("/runs/base-001/last.safetensors: 8 of 12 tensors of the model\n"), "\(run.output)")
      let (before, after) = (
        try tensors(folder + "/runs/base-001/last.safetensors"),
        try tensors(folder + "/runs/wide-001/last.safetensors")
      )
      let weights = try #require(before["encoder.z.dense0.weight"])
      #expect(try zip(weights, #require(after["encoder.z.dense0.weight"])).allSatisfy { abs($0 - $1) < 1e-6 })
      // Without a name of its own the last layer has that of the other's only one, and another shape.
      try write(wide.replacing(" as last", with: ""), folder + "/wide.vdl")
      let other = try vaerun("train wide.vdl \(line)", in: folder)
      #expect(other.status == 1)
      #expect(
        other.errors.contains("decoder.x.dense0.weight has the shape [784, 4] and the model's has [784, 20]"),
        "\(other.errors)")
    }
  }

  @Test func theLanguageToolsReadUsedTexts() throws {
    try withModels { folder in
      let check = try vaec("check more/user.vdl", in: folder)
      #expect(check.status == 0 && check.output == "more/user.vdl: no errors\n", "\(check.errors)")
      let format = try vaec("format more/user.vdl", in: folder)
      #expect(format.output == Self.user, "\(format.errors)")
      let summary = try vaec("summary more/user.vdl", in: folder)
      #expect(summary.output.contains("user: 250 parameters, 9,520 frozen numbers"), "\(summary.output)")
      let ir = try vaec("ir more/user.vdl --after elaborate", in: folder)
      #expect(ir.output.contains("frozen @encoder.z.dense0.weight : f32[12,?]"), "\(ir.output)")
      #expect(ir.output.contains("at \"../base.vdl\" 5:"), "\(ir.output)")
      try write(ir.output, folder + "/user.vir")
      #expect(try vaec("opt user.vir --passes infer-shapes", in: folder).status == 0)
      // A mistake is shown where it stands, whatever file that is.
      try write(Self.base.replacing("relu", with: "rely"), folder + "/base.vdl")
      for (line, place) in [("check", "base.vdl"), ("compile -o b", "../base.vdl")] {
        let run = try vaec("\(line) more/user.vdl", in: folder)
        #expect(run.status == 1)
        #expect(
          run.errors.contains(
            "\(place):5:38: error: unknown layer 'rely'\n      z = x |> flatten |> dense(12) |> rely |> batch_norm |> dense(latent)\n"
          ), "\(run.errors)")
      }
      try FileManager.default.removeItem(atPath: folder + "/base.vdl")
      let missing = try vaec("check more/user.vdl", in: folder)
      #expect(missing.status == 1)
      #expect(
        missing.errors.hasPrefix("more/user.vdl:6:20: error: cannot read base.vdl: ")
          && missing.errors.contains("\n    use encoder from \"../base.vdl\" frozen  // as it is\n"),
        "\(missing.errors)")
      try write(String(repeating: " ", count: 1 << 20) + Self.base, folder + "/base.vdl")
      let large = try vaec("check more/user.vdl", in: folder)
      #expect(large.status == 1 && large.errors.hasPrefix("more/user.vdl:6:20: error: "), "\(large.errors)")
    }
  }

  @Test func aModelIsCompiledAnewWhenAUsedTextHasChanged() throws {
    try withTrainedBase { folder in
      let line = "train more/user.vdl \(Self.data) --init runs/base-001 --steps 1 --no-pictures"
      #expect(try vaerun(line, in: folder).output.contains("wrote build/user/user.so"))
      #expect(try !vaerun(line, in: folder).output.contains("wrote build/user/user.so"))
      try write(Self.base + "// longer\n", folder + "/base.vdl")
      #expect(try vaerun(line, in: folder).output.contains("wrote build/user/user.so"))
    }
  }
}
