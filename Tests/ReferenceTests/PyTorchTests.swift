import Diagnostics
import Foundation
import IR
import Passes
import Reference
import ReferenceTesting
import Testing
import VDL

/// Models/convvae.vdl as it is elaborated.
func convvae() throws -> Module {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Models/convvae.vdl")
  return try elaborate(SourceText(name: "convvae.vdl", text: try String(contentsOf: file, encoding: .utf8)))
}

/// The reference interpreter against PyTorch in float64, to 1e-10 of each tensor's norm: the meaning of the language, of the
/// ops and of differentiation at once, and of all passes where they have run.
@Suite(.enabled(if: PyTorchReference.folder != nil, "VAEC_REFERENCE_DIR names no folder"))
struct PyTorchTests {
  static let tolerance = 1e-10

  /// Models/convvae.vdl with shapes, and with the noise of `train_step` an argument as in `gradients`.
  static func model() throws -> Module { try convvaeWithNoiseGiven() }

  private static let unoptimized = Pipeline([.simplify, .differentiate])
  private static let optimized = Pipeline(Array(Pipeline.standard.passes.dropFirst()))

  private func expect(
    _ made: HostTensor?, _ wanted: HostTensor, _ name: String,
    location: Testing.SourceLocation = #_sourceLocation
  ) {
    let distance = made?.distance(to: wanted) ?? .infinity
    #expect(distance <= Self.tolerance, "\(name) is off by \(distance)", sourceLocation: location)
  }

  @Test(arguments: PyTorchReference.files, [false, true])
  func lossAndGradientsArePyTorchs(file: String, isOptimized: Bool) throws {
    let reference = try PyTorchReference(file)
    let pipeline = isOptimized ? Self.optimized : Self.unoptimized
    let interpreter = try Interpreter(try pipeline.run(try Self.model()).module)
    let outcome = try interpreter.run(
      "gradients", globals: try reference.parameters("weight"),
      arguments: [
        "x": try reference.tensor("x"), "noise.z": try reference.tensor("eps"),
        "hyper.beta": HostTensor(scalar: 1),
      ], images: 128, keepingValues: true)
    for name in ["loss", "reconstruction", "kl"] {
      expect(outcome[.metric(name)], try reference.number(name), name)
    }
    expect(outcome.value(named: "z.mean"), try reference.tensor("mu"), "mu")
    expect(outcome.value(named: "z.logvar"), try reference.tensor("logvar"), "logvar")
    expect(outcome.value(named: "logits"), try reference.tensor("logits"), "logits")
    for (name, gradient) in try reference.parameters("gradient") {
      expect(outcome[.gradient(name)], gradient, "the gradient of \(name)")
    }
  }

  @Test(arguments: PyTorchReference.files)
  func tenStepsOfAdamArePyTorchs(file: String) throws {
    let reference = try PyTorchReference(file)
    let interpreter = try Interpreter(try Self.optimized.run(try Self.model()).module)
    var globals = try reference.parameters("weight")
    for global in interpreter.module.globals where global.kind == .state {
      globals[global.name] = HostTensor(zeros: global.type.extents)
    }
    let losses = try reference.tensor("losses").data
    for step in 1...losses.count {
      let outcome = try interpreter.run(
        "train_step", globals: globals,
        arguments: [
          "x": try reference.tensor("x"), "z.noise": try reference.tensor("eps"),
          "hyper.beta": HostTensor(scalar: 1),
          "step": HostTensor(scalar: Double(step)), "rate": HostTensor(scalar: 1e-3),
          "index": HostTensor(zeros: [128]), "seed": HostTensor(zeros: [2]), "epoch": HostTensor(scalar: 0),
        ], images: 128)
      expect(outcome[.metric("loss")], HostTensor(scalar: losses[step - 1]), "loss \(step)")
      globals = outcome.updating(globals)
      guard step == 1 else { continue }
      for (name, weights) in try reference.parameters("after_adam") {
        expect(globals[name], weights, "\(name) after one step")
      }
    }
  }
}
