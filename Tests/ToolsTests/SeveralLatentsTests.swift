import Foundation
import Testing

/// Models of several latents, other priors and several draws, from their text to the commands that show them.
@Suite struct SeveralLatentsTests {
  private static func model(_ objective: String) -> String {
    """
    model small {
      input x: image[1, 28, 28]
      encoder (x) -> a, b {
        let h = x |> flatten |> dense(12) |> tanh
        a ~ normal(mean: h |> dense(3), logvar: h |> dense(3))
        b ~ normal(mean: a |> dense(2), logvar: h |> dense(2))
      }
      prior b ~ normal(mean: 0.5, std: 2)
      prior (b) -> a { a ~ normal(mean: b |> dense(3), std: 1.5) }
      decoder (a, b) -> x {
        let h = (a |> dense(12)) + (b |> dense(12)) |> tanh
        x ~ bernoulli(logits: h |> dense(784) |> reshape(1, 28, 28))
      }
      \(objective)
      train { optimizer: adam(rate: 1e-3), batch: 32, epochs: 1 }
    }
    """
  }

  private func withTrained<T>(_ objective: String, _ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      let text = Self.model(objective)
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      let training = try vaerun("train small.vdl --data digits --limit 100 --quiet", in: folder)
      try #require(training.status == 0, "\(training.errors)")
      return try body(folder)
    }
  }

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  @Test func codesOfSeveralLatentsGoThroughEveryForm() throws {
    try withTrained("maximize loglik(x) - kl(a) - kl(b)") { folder in
      for form in ["csv", "npy", "npz", "safetensors"] {
        let codes = try vaerun("encode --data digits --limit 5 -o codes.\(form)", in: folder)
        #expect(codes.status == 0, "\(codes.errors)")
        let images = try vaerun("decode -i codes.\(form) -o \(form).csv", in: folder)
        #expect(images.status == 0, "\(images.errors)")
      }
      let table = try String(contentsOfFile: folder + "/codes.csv", encoding: .utf8)
      #expect(table.hasPrefix("label,a.1,a.2,a.3,b.1,b.2\n"))
      let decoded = try ["csv", "npy", "npz", "safetensors"].map {
        try Data(contentsOf: URL(fileURLWithPath: folder + "/\($0).csv"))
      }
      #expect(decoded.dropFirst().allSatisfy { $0 == decoded[0] } && !decoded[0].isEmpty)
      try Data("1,2,3,4\n".utf8).write(to: URL(fileURLWithPath: folder + "/short.csv"))
      let short = try vaerun("decode -i short.csv", in: folder)
      #expect(
        short.errors == "vaerun: error: short.csv:1: the line has 4 numbers: it has to have 5\n")
    }
  }

  @Test func everyCommandTakesSeveralLatents() throws {
    try withTrained("maximize loglik(x) - kl(a) - kl(b)") { folder in
      for line in [
        "sample --count 4", "sample --count 4 --codes mixture --components 2 --data digits --limit 50",
        "sample --count 4 --codes marginals --data digits --limit 50", "manifold --grid 2 --axes 1,5",
        "latents --data digits --limit 20", "reconstruct --data digits --limit 20 --count 4",
      ] {
        let run = try vaerun(line + " --quiet", in: folder)
        #expect(run.status == 0 && run.output.isEmpty, "\(line): \(run.errors)")
      }
      let header = try String(contentsOfFile: folder + "/runs/small-001/latents.csv", encoding: .utf8)
      #expect(header.hasPrefix("label,a.1,a.2,a.3,b.1,b.2\n"))
    }
  }

  @Test func evaluationTellsOfTermsLatentsAndLikelihood() throws {
    try withTrained("maximize loglik(x) - kl(a) - kl(b)") { folder in
      let evaluation = try vaerun("evaluate --data digits --limit 40 --samples 20", in: folder)
      #expect(evaluation.status == 0, "\(evaluation.errors)")
      for row in [
        "loss ", "reconstruction ", "kl.a ", "kl.b ", "log p(x) ", "reconstruction MSE", "reconstruction PSNR",
        "reconstruction SSIM", "active latents", "latents over 0.01 nat", "a.3 ", "b.2 ",
      ] {
        let line = evaluation.output.split(separator: "\n").first { $0.hasPrefix(row) }
        #expect(line != nil, "\(row): \(evaluation.output)")
      }
      let json = try vaerun("evaluate --data digits --limit 40 --samples 20 --json", in: folder)
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let terms = try #require(report["terms"] as? [String: Double])
      let likelihood = try #require(report["logLikelihood"] as? [String: Any])
      let units = try #require(report["units"] as? [[String: Any]])
      #expect((likelihood["images"] as? [Double])?.count == 40)
      // The bound is below: by more than draws of 40 images could make up for.
      let (mean, loss) = (try #require(likelihood["mean"] as? Double), try #require(terms["loss"]))
      #expect(mean > -loss && mean < 0)
      #expect(units.compactMap { $0["name"] as? String } == ["a.1", "a.2", "a.3", "b.1", "b.2"])
      let divergences = units.compactMap { $0["kl"] as? Double }
      let sum = try #require(terms["kl.a"]) + #require(terms["kl.b"])
      #expect(abs(divergences.reduce(0, +) - sum) < 1e-4 * max(1, sum))
    }
  }

  @Test func importanceWeightedModelsTrainAndHaveTheirLikelihood() throws {
    try withTrained("maximize iwae(samples: 3)") { folder in
      let evaluation = try vaerun("evaluate --data digits --limit 40 --samples 3 --json", in: folder)
      #expect(evaluation.status == 0, "\(evaluation.errors)")
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(evaluation.output.utf8)) as? [String: Any])
      // The objective of three draws is what three draws estimate.
      let terms = try #require(report["terms"] as? [String: Double])
      let likelihood = try #require(report["logLikelihood"] as? [String: Any])
      let (loss, mean) = (try #require(terms["loss"]), try #require(likelihood["mean"] as? Double))
      #expect(abs(loss + mean) < 1e-4 * abs(mean))
    }
  }

  @Test func modelsWithoutALikelihoodHaveNone() throws {
    try withTemporaryFolder { folder in
      let text = Self.model("minimize mse(x) + 0.01 * kl(a) + 0.01 * kl(b)").replacingOccurrences(
        of: "x ~ bernoulli(logits: h |> dense(784) |> reshape(1, 28, 28))",
        with: "x = h |> dense(784) |> reshape(1, 28, 28)")
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      let training = try vaerun("train small.vdl --data digits --limit 50 --quiet", in: folder)
      #expect(training.status == 0, "\(training.errors)")
      let run = try vaerun("evaluate --samples 5 --data digits --limit 20", in: folder)
      #expect(run.status == 2)
      #expect(
        run.errors.contains(
          "small has no likelihood to estimate: its decoder does not draw the images, or a latent has no prior: leave --samples out"
        ), "\(run.errors)")
    }
  }
}
