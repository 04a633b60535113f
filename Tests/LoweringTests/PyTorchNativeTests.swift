import IR
import Passes
import ReferenceTesting
import Testing

/// Native code against PyTorch in float64: one step of Models/convvae.vdl on 128 digits, at two states of its weights.
@Suite(.enabled(if: PyTorchReference.folder != nil, "VAEC_REFERENCE_DIR names no folder"))
struct PyTorchNativeTests {
  /// The model with the noise of `train_step` given, one artifact for every vector width.
  private static let natives = Dictionary(
    uniqueKeysWithValues: TestTarget.available.map { target in
      let native = Once {
        let options = PassOptions(blockImages: target.blockImages)
        return try NativeModule(
          try Pipeline.standard.run(try convvaeWithNoiseGiven(), options: options).module, target: target)
      }
      return (target, native)
    })

  private static func native(_ target: TestTarget) throws -> NativeModule {
    try #require(natives[target], "\(target) cannot run here").get()
  }

  private func expect(
    _ made: [Float]?, _ wanted: HostTensor, within tolerance: Double, _ name: String,
    location: Testing.SourceLocation = #_sourceLocation
  ) {
    let distance = distance(made ?? [], wanted)
    #expect(distance <= tolerance, "\(name) is off by \(distance)", sourceLocation: location)
  }

  @Test(arguments: PyTorchReference.files, TestTarget.available)
  func lossAndGradientsArePyTorchs(file: String, target: TestTarget) throws {
    let reference = try PyTorchReference(file)
    let values = EntryValues(
      globals: try reference.parameters("weight"),
      arguments: [
        "x": try reference.tensor("x"), "noise.z": try reference.tensor("eps"),
        "hyper.beta": HostTensor(scalar: 1),
      ], images: 128)
    let made = try Self.native(target).call("gradients", values).results
    for name in ["loss", "reconstruction", "kl"] {
      expect(made[.metric(name)], try reference.number(name), within: Tolerance.forward, name)
    }
    for (name, gradient) in try reference.parameters("gradient") {
      expect(made[.gradient(name)], gradient, within: Tolerance.gradient, "the gradient of \(name)")
    }
  }

  @Test(arguments: PyTorchReference.files)
  func codesAndImagesArePyTorchs(file: String) throws {
    let reference = try PyTorchReference(file)
    let native = try Self.native(.host)
    let weights = try reference.parameters("weight")
    let x = try reference.tensor("x")
    let (mean, logvar, noise) = (
      try reference.tensor("mu"), try reference.tensor("logvar"), try reference.tensor("eps")
    )
    let codes = try native.call("encode", EntryValues(globals: weights, arguments: ["x": x], images: 128))
      .results
    expect(codes[.latent("z.mean")], mean, within: Tolerance.forward, "mu")
    expect(codes[.latent("z.logvar")], logvar, within: Tolerance.forward, "logvar")
    var z = mean
    for index in z.data.indices {
      z.data[index] += ScalarUnary.exp.apply(0.5 * logvar.data[index]) * noise.data[index]
    }
    let images = try native.call("decode", EntryValues(globals: weights, arguments: ["z": z], images: 128))
      .results
    let logits = try reference.tensor("logits")
    let probabilities = HostTensor(shape: logits.shape, data: logits.data.map(ScalarUnary.sigmoid.apply))
    expect(images[.image("x")], probabilities, within: Tolerance.forward, "the images' probabilities")
  }

  @Test(arguments: PyTorchReference.files)
  func tenStepsOfAdamArePyTorchs(file: String) throws {
    let reference = try PyTorchReference(file)
    let native = try Self.native(.host)
    var globals = try reference.parameters("weight")
    for global in native.module.globals where global.kind == .state {
      globals[global.name] = HostTensor(zeros: global.type.extents)
    }
    let losses = try reference.tensor("losses").data
    for step in 1...losses.count {
      let values = EntryValues(
        globals: globals,
        arguments: [
          "x": try reference.tensor("x"), "z.noise": try reference.tensor("eps"),
          "hyper.beta": HostTensor(scalar: 1), "step": HostTensor(scalar: Double(step)),
          "rate": HostTensor(scalar: 1e-3), "index": HostTensor(zeros: [128]), "seed": HostTensor(zeros: [2]),
          "epoch": HostTensor(scalar: 0),
        ], images: 128)
      let made = try native.call("train_step", values).results
      expect(
        made[.metric("loss")], HostTensor(shape: [], data: [losses[step - 1]]), within: Tolerance.forward,
        "loss \(step)")
      for (name, tensor) in globals {
        let updated = try #require(made[.global(name)], "\(name) is not updated")
        globals[name] = HostTensor(shape: tensor.shape, data: updated.map(Double.init))
      }
      guard step == 1 else { continue }
      for (name, weights) in try reference.parameters("after_adam") {
        expect(made[.global(name)], weights, within: Tolerance.gradient, "\(name) after one step")
      }
    }
  }
}
