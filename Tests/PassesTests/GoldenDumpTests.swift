import Diagnostics
import Foundation
import IR
import Passes
import Testing

/// The module of Models/convvae.vdl after each phase, for blocks of 32 images, beside the model. VAEC_RECORD=1
/// writes the files anew.
@Suite(.serialized) struct GoldenDumpTests {
  private static let folder = Repository.models.appendingPathComponent("convvae.dumps")
  private static let isRecording = ProcessInfo.processInfo.environment["VAEC_RECORD"] == "1"

  private func phases() throws -> [Phase] {
    var phases: [Phase] = []
    let module = try Repository.model("convvae")
    _ = try Pipeline.standard.run(module, options: PassOptions(blockImages: 32)) { phases.append($0) }
    return phases
  }

  @Test func everyPhaseIsAsRecorded() throws {
    let phases = try phases()
    if Self.isRecording {
      try? FileManager.default.removeItem(at: Self.folder)
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      for phase in phases {
        try Data(phase.text.utf8).write(
          to: Self.folder.appendingPathComponent(phase.fileName), options: .atomic)
      }
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(files == phases.map(\.fileName))
    for phase in phases {
      let recorded = try String(contentsOf: Self.folder.appendingPathComponent(phase.fileName), encoding: .utf8)
      #expect(
        firstDifference(recorded, phase.text) == nil,
        "\(phase.fileName) has changed; if that is meant, record it with VAEC_RECORD=1")
    }
  }

  /// What fusion is for, read from the last dump: nothing that could be recomputed or never made is stored.
  @Test func trainStepStoresNoPreactivationNoNoiseAndNoProbabilities() throws {
    let last = try #require(try phases().last)
    let text = try String(contentsOf: Self.folder.appendingPathComponent(last.fileName), encoding: .utf8)
    let module = try Module(parsing: SourceText(name: last.fileName, text: text))
    let operations = try #require(module.entry("train_step")).operations
    func count(_ name: String, _ epilogue: String? = nil) -> Int {
      operations.filter { $0.name == name && (epilogue == nil || $0.attributes.symbol("epilogue") == epilogue) }
        .count
    }
    let unfused = [
      "add_bias", "relu", "sigmoid", "normal_noise", "reparameterize", "kl_normal", "bernoulli_loglik",
    ]
    for name in unfused { #expect(count(name) == 0, "\(name)") }
    #expect(count("conv2d", "relu") == 2)
    #expect(count("conv2d_transpose", "relu") == 1)
    #expect(count("conv2d_transpose", "none") == 1, "the logits")
    #expect(count("dense", "relu") == 3)
    #expect(count("dense", "none") == 2, "mean and logvar")
    #expect(
      operations.filter { $0.attributes.symbol("epilogue") != "relu_gradient" && isForwardProduct($0) }
        .allSatisfy { $0.operands.count == 3 }, "every layer has its bias")
    #expect(count("reparam_kl") == 1 && count("reparam_kl_gradient") == 1)
    #expect(count("bernoulli_loglik_sum_gradient") == 1)
    #expect(count("map3") == module.parameters.count)
    // The gradient of the hidden layer that mean and logvar share is a sum of two products, which no product
    // can mask: the sum and the mask are one map, as are the parts of the loss.
    #expect(count("relu_gradient") == 0 && count("map") == 2)
  }

  private func isForwardProduct(_ operation: IR.Operation) -> Bool {
    ["conv2d", "conv2d_transpose", "dense"].contains(operation.name)
  }

  private func firstDifference(_ a: String, _ b: String) -> String? {
    if a == b { return nil }
    let lines = zip(a.split(separator: "\n"), b.split(separator: "\n"))
    return lines.first { $0 != $1 }.map { "- \($0)\n+ \($1)" } ?? "one is longer"
  }
}
