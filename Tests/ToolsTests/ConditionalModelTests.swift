import Artifact
import Foundation
import PictureTesting
import Testing

/// Both programs on a conditional model: classes come from the data, the command line or a file.
@Suite struct ConditionalModelTests {
  private static func model(classes: Int = 10) -> String {
    """
    model small {
      input x: image[1, 28, 28]
      input y: class[\(classes)]
      encoder (x, y) -> z {
        let h = concat(x |> flatten, y |> one_hot) |> dense(16) |> relu
        z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z, y) -> x {
        x ~ bernoulli(logits: concat(z, one_hot(y)) |> dense(784) |> reshape(1, 28, 28))
      }
      maximize loglik(x) - kl(z)
      train { batch: 32, epochs: 1 }
    }
    """
  }

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  @Test func classesComeFromTheDataTheCommandLineOrAFile() throws {
    try withTemporaryFolder { folder in
      try Data(Self.model().utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      let training = try vaerun("train small.vdl --data digits --limit 64 --quiet", in: folder)
      #expect(training.status == 0, "\(training.errors)")
      for line in [
        "sample --class 3 -o three.png", "sample -o all.png", "sample --codes marginals --class 3 -o other.png",
        "manifold --class 1 --grid 3 -o one.png", "manifold --grid 3 -o zero.png", "reconstruct", "evaluate",
        "encode --limit 5 -o codes.csv", "decode -i codes.csv -o a.csv", "encode --limit 5 -o codes.npz",
        "decode -i codes.npz -o b.csv", "encode --limit 5 -o codes.safetensors",
        "decode -i codes.safetensors -o c.csv", "decode -i codes.csv --class 3 -o d.csv",
        "bench small.vdl --seconds 0.01",
      ] {
        let run = try vaerun(line, in: folder)
        #expect(run.status == 0, "\(line): \(run.errors)")
      }
      // The class changes the picture, the way to tell it does not.
      func content(_ name: String) throws -> Data { try readFile("\(folder)/\(name)") }
      #expect(try content("three.png") != content("all.png"))
      #expect(try content("one.png") != content("zero.png"))
      #expect(try content("a.csv") == content("b.csv") && content("a.csv") == content("c.csv"))
      #expect(try content("a.csv") != content("d.csv"))
    }
  }

  @Test func missingAndWrongClassesAreExplained() throws {
    try withTemporaryFolder { folder in
      try Data(Self.model(classes: 4).utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      try Data("0.5,1\n".utf8).write(to: URL(fileURLWithPath: folder + "/bare.csv"))
      try Data("label,z1,z2\n7,0.5,1\n".utf8).write(to: URL(fileURLWithPath: folder + "/seven.csv"))
      let images = NumpyBytes.npy("|u1", [4, 28, 28], [UInt8](repeating: 9, count: 4 * 784))
      try Data(images).write(to: URL(fileURLWithPath: folder + "/images.npy"))
      func error(_ line: String, _ status: Int32, _ message: String) throws {
        let run = try vaerun(line, in: folder)
        #expect(run.status == status, "\(line)")
        #expect(run.errors.contains(message) && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      }
      try error(
        "train small.vdl --data digits --limit 64 --quiet", 1,
        "and the model's y is one of 4 classes, from 0: choose data with those classes")
      try error(
        "train small.vdl --data images.npy --quiet", 1,
        "train_step needs labels and the data have none: choose data with classes")
      try Data(Self.model().utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      _ = try vaerun("train small.vdl --data digits --limit 32 --steps 1 --quiet", in: folder)
      try error(
        "decode -i bare.csv", 2, "the decoder of small takes a class and bare.csv has none for each code")
      try error("decode -i bare.csv --class 10", 1, "image 0 has the class 10 and the model's y is one of 10")
      try error("sample --class 12", 1, "image 0 has the class 12 and the model's y is one of 10")
      try error("encode -i images.npy", 1, "encode needs labels and the data have none")
      try Data("label,z1,z2\n-1,0.5,1\n".utf8).write(to: URL(fileURLWithPath: folder + "/seven.csv"))
      try error("decode -i seven.csv", 1, "seven.csv: a label is no whole number from 0 up")
    }
  }
}
