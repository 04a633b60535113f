import Artifact
import Foundation
import Testing

/// Both programs together, on a model that is small enough to be compiled in a moment.
@Suite struct CompileAndTrainTests {
  private static let model = """
    model small {
      hyper beta = 1.0
      input x: image[1, 28, 28]
      encoder (x) -> z {
        let h = x |> flatten |> dense(16) |> relu
        z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z) -> x {
        let logits = z |> dense(16) |> relu |> dense(28 * 28) |> reshape(1, 28, 28)
        x ~ bernoulli(logits: logits)
      }
      maximize loglik(x) - beta * kl(z)
      train { optimizer: adam(rate: 1e-3), batch: 32, epochs: 1 }
    }
    """

  private func withModel<T>(_ text: String = Self.model, _ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      return try body(folder)
    }
  }

  @Test func modelTextIsCompiledOnceAndTrained() throws {
    try withModel { folder in
      let bare = try ProgramRun.tool("vaerun", "train small", in: folder)
      #expect(bare.errors == "vaerun: error: there is no folder small: did you mean small.vdl?\n")
      let line = "train small.vdl --data digits --limit 200"
      let first = try ProgramRun.tool("vaerun", line, in: folder)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.output.contains("wrote build/small/small.so"), "\(first.output)")
      #expect(first.output.contains("epoch 1/1  train loss "))
      let second = try ProgramRun.tool("vaerun", line, in: folder)
      #expect(!second.output.contains("wrote build/small"))
      #expect(FileManager.default.fileExists(atPath: folder + "/runs/small-002/manifold.png"))
    }
  }

  @Test func aModelOfBfloat16ProductsLearnsAsTheOtherDoes() throws {
    try withModel { folder in
      func loss(_ precision: String) throws -> Double {
        let compiled = try ProgramRun.tool("vaec", "compile small.vdl --precision \(precision)", in: folder)
        try #require(compiled.status == 0, "\(compiled.errors)")
        let line = "train build/small --data digits --limit 600 --epochs 3 --no-pictures -o \(precision)"
        let trained = try ProgramRun.tool("vaerun", line, in: folder)
        let last = trained.output.matches(of: #/epoch 3/3  train loss ([0-9.]+)/#).last
        return try #require(last.flatMap { Double($0.output.1) }, "\(trained.output) \(trained.errors)")
      }
      let (exact, narrow) = (try loss("float32"), try loss("bf16"))
      #expect(exact != narrow && abs(exact - narrow) < exact / 100, "\(exact), \(narrow)")
    }
  }

  @Test func whatATextWasCompiledWithIsToldAndTrained() throws {
    let text = Self.model.replacing("hyper beta", with: "config hidden = 16\n  hyper beta")
      .replacing("dense(16)", with: "dense(hidden)")
    try withModel(text) { folder in
      func run(_ program: String, _ line: String) throws -> ProgramRun {
        let run = try ProgramRun.tool(program, line, in: folder)
        try #require(run.status == 0, "\(run.errors)")
        return run
      }
      let line = "train small.vdl --data digits --limit 64 --no-pictures"
      _ = try run("vaec", "compile small.vdl --set hidden=8 --optimizer=sgd(rate:0.01)")
      let first = try run("vaerun", line)
      #expect(first.output.contains(", hidden 8, for "), "\(first.output)")
      #expect(
        first.errors == "vaerun: note: taking build/small, compiled from small.vdl with --set hidden=8 "
          + "--optimizer 'sgd(rate:0.01)'; without them: vaec compile small.vdl\n")
      // A text that has changed is compiled as it is.
      try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      let second = try run("vaerun", line)
      #expect(second.output.contains(", hidden 16, for "), "\(second.output)")
      #expect(
        second.errors == "vaerun: note: small.vdl has changed since build/small was compiled with "
          + "--set hidden=8 --optimizer 'sgd(rate:0.01)': compiling it without them\n")
      #expect(try run("vaerun", line).errors == "")
    }
  }

  @Test func theReportHasTheTextAndTheLatentsTheirKL() throws {
    try withModel { folder in
      let training = try ProgramRun.tool(
        "vaerun", "train small.vdl --data digits --limit 64 --quiet", in: folder)
      try #require(training.status == 0, "\(training.errors)")
      let curves = try ProgramRun.tool("vaerun", "curves --by-latent --data digits --limit 64", in: folder)
      #expect(curves.status == 0, "\(curves.errors)")
      // All latents together have the KL of the objective.
      let evaluation = try ProgramRun.tool("vaerun", "evaluate --data digits --limit 64 --json", in: folder)
      let json = try JSONSerialization.jsonObject(with: Data(evaluation.output.utf8)) as? [String: Any]
      let kl = try #require((json?["terms"] as? [String: Double])?["kl"])
      let sum = try #require(curves.output.firstMatch(of: /nats, ([0-9.]+) in all/))
      #expect(abs(try #require(Double(sum.1)) - kl) < 1e-3, "\(curves.output)")
      #expect(FileManager.default.fileExists(atPath: folder + "/runs/small-001/latent-kl.png"))
      #expect(try ProgramRun.tool("vaerun", "report", in: folder).status == 0)
      let html = try String(contentsOfFile: folder + "/runs/small-001/report.html", encoding: .utf8)
      #expect(html.contains("maximize loglik(x) - beta * kl(z)"))
      #expect(html.contains("|&gt; flatten"))
    }
  }

  @Test func threadsDoNotChangeTheWeights() throws {
    try withModel { folder in
      for threads in [1, 2] {
        // 75 is no multiple of the batch: the last batch is a partial one.
        let run = try ProgramRun.tool(
          "vaerun",
          "train small.vdl --data digits --limit 75 --epochs 3 --threads \(threads) --output run\(threads)",
          in: folder)
        #expect(run.status == 0, "\(run.errors)")
      }
      let weights = try [1, 2].map { try readFile(folder + "/run\($0)/last.safetensors") }
      #expect(weights[0] == weights[1])
    }
  }

  @Test func modelThatDoesNotCompileIsExplainedByTheCompiler() throws {
    try withModel(Self.model.replacingOccurrences(of: "|> relu", with: "|> rely")) { folder in
      let run = try ProgramRun.tool("vaerun", "train small.vdl", in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains("rely"), "\(run.errors)")
      #expect(run.errors.hasSuffix("vaerun: error: small.vdl was not compiled: mend what vaec says above\n"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/runs"))
    }
  }
}
