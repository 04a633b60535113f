import Artifact
import Random
import Runtime
import Testing

@Suite struct ModelInstanceTests {
  @Test func encodeAndDecodeGoThroughTheLibrary() throws {
    try TinyModel.withInstance { instance, _ in
      let codes = try instance.results(of: TinyModel.images(700), entry: "encode", result: "z")
      #expect(codes.count == 700)
      #expect(abs(codes[3] - 31.5 / 255) < 1e-6)
      #expect(try instance.decode([0.5, 0.25]) == [0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25])
      #expect(try instance.decode([]) == [])
    }
  }

  @Test func memoryThatCannotBeHadIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder) { manifest in
        for index in manifest.entries.indices { manifest.entries[index].arena.fixedBytes = 1 << 40 }
      }
      let instance = try ModelInstance(try CompiledModel(folder: path))
      #expect(
        errorText { _ = try instance.decode([1]) }
          == "1099511627792 bytes of memory cannot be had: use a smaller batch, or fewer images")
      #expect(
        errorText { _ = try instance.sample(count: 1 << 40, seed: 1) }
          == "4398046511104 bytes of memory cannot be had: use a smaller batch, or fewer images")
    }
  }

  @Test func samplesDependOnTheirIndexNotOnTheCall() throws {
    try TinyModel.withInstance { instance, _ in
      let many = try instance.sample(count: 300, seed: 2)
      let few = try instance.sample(count: 2, seed: 2)
      #expect(many["z"]?.count == 300)
      #expect(many["z"]?[299] == 499)
      #expect(few["x"] == [200, 200, 200, 200, 201, 201, 201, 201])
    }
  }

  @Test func termsAreMeansOverAllImages() throws {
    try TinyModel.withInstance { instance, _ in
      try instance.set("w", to: [0, 0, 0, 0])
      let images = ImageArray(imageShape: [1, 2, 2], bytes: Array(repeating: 255, count: 4 * 513))
      #expect(try instance.meanTerms(of: images) == ["loss": 4, "count": 1])
    }
  }

  @Test(
    arguments: [
      (["x": EntryValue.u8([1, 2, 3])], 1, "encode: x has 3 elements: it has to have 4"),
      (["x": .f32([1, 2, 3, 4])], 1, "encode: x is f32: it has to be u8"),
      ([:], 1, "encode needs x: give a value for it"),
      (["x": .u8([1, 2, 3, 4]), "y": .u8([])], 1, "encode takes no y: it takes x"),
      (["x": .u8([])], 0, "encode cannot take 0 images: give it at least one and no more than fit the memory"),
      (
        ["x": .u8([])], .max,
        "encode cannot take \(Int.max) images: give it at least one and no more than fit the memory"
      ),
    ] as [([String: EntryValue], Int, String)])
  func callsThatDoNotFitTheManifestAreRefused(_ inputs: [String: EntryValue], _ count: Int, _ message: String)
    throws
  {
    try TinyModel.withInstance { instance, _ in
      #expect(errorText { _ = try instance.call("encode", inputs, count: count) } == message)
    }
  }

  @Test func entriesThatAreNotThereOrRefuseAreNamed() throws {
    try TinyModel.withInstance { instance, _ in
      #expect(
        errorText { _ = try instance.call("score", [:], count: 1) }.hasPrefix(
          "tiny has no entry score: it has "))
      #expect(
        errorText { _ = try instance.call("refuse", ["x": .u8([0, 0, 0, 0])], count: 1) }.hasPrefix(
          "refuse answered with the status 1"))
    }
  }

  @Test func imagesOfAnotherShapeAreRefused() throws {
    try TinyModel.withInstance { instance, _ in
      let images = ImageArray(imageShape: [3, 2, 2], bytes: Array(repeating: 0, count: 24))
      #expect(
        errorText { _ = try instance.meanTerms(of: images) }.hasPrefix(
          "the data's images are 3x2x2 and the model takes 1x2x2: choose other data"))
    }
  }

  @Test func firstWeightsFollowTheirStream() throws {
    try TinyModel.withInstance { instance, _ in
      instance.initialize(seed: 7)
      let stream = RandomStream(seed: 7, domain: .initialize, stream: streamIdentifier(of: "w"))
      let expected = (0..<4).map { Float(0.5 * (2 * stream.uniform(element: $0) - 1)) }
      let weights = try instance.values(of: "w")
      #expect(weights == expected)
    }
  }

  @Test(arguments: [1, 2, 3])
  func threadsDoNotChangeAStep(_ threads: Int) throws {
    let one = try TinyModel.withInstance { try Self.trainedWeights($0, $1) }
    let several = try TinyModel.withInstance(threads: threads) { try Self.trainedWeights($0, $1) }
    #expect(one == several)
  }

  private static func trainedWeights(_ instance: ModelInstance, _ folder: String) throws -> [Float] {
    var trainer = try Trainer(
      instance, data: TrainingData(TinyModel.images(25)),
      options: TrainingOptions(epochs: 20, batch: 8, rate: 0.05))
    _ = try trainer.run()
    return try instance.values(of: "w")
  }
}

@Suite struct CheckpointTests {
  @Test func weightsStateAndPositionReadBack() throws {
    try TinyModel.withInstance { instance, folder in
      var trainer = try Trainer(
        instance, data: TrainingData(TinyModel.images(10)),
        options: TrainingOptions(epochs: 1, batch: 4, rate: 0.1))
      _ = try trainer.run()
      var state = TrainingState(seed: .max, batch: 4)
      state.position = TrainingPosition(epoch: 1, step: 3, seed: .max)
      try instance.save(to: folder + "/a.safetensors", state: state)
      let reader = try SafetensorsReader(folder + "/a.safetensors")
      #expect(try reader.floats(of: "adam.m/w") == [3, 3, 3, 3])
      #expect(reader.metadata["model"] == "tiny")
      let other = try ModelInstance(instance.model)
      #expect(try other.load(from: folder + "/a.safetensors") == state.position)
      #expect(try other.values(of: "w") == instance.values(of: "w"))
    }
  }

  @Test func statisticsBeginAtTheirConstantAndAreKeptWithTheWeights() throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder) { manifest in
        manifest.statistics = [.init(name: "seen", shape: [2], offset: 64, initializer: .constant(1))]
        manifest.weightsBytes = 128
      }
      let instance = try ModelInstance(try CompiledModel(folder: path))
      instance.initialize(seed: 1)
      #expect(try instance.values(of: "seen") == [1, 1])
      try instance.set("seen", to: [2, 3])
      let file = folder + "/a.safetensors"
      try instance.save(to: file, state: TrainingState(seed: 1, batch: 4))
      let other = try ModelInstance(instance.model)
      try other.load(from: file)
      #expect(try other.values(of: "seen") == [2, 3])
      #expect(other.manifest.parameters.map(\.name) == ["w"])
      try instance.set("seen", to: [.nan, 0])
      #expect(!instance.weightsAreFinite)
      try Safetensors.write([TensorToWrite("w", [1, 2, 3, 4] as [Float], shape: [4])], to: file)
      #expect(
        errorText { try other.load(from: file) }
          == "\(file) holds no weights of tiny, it lacks seen: name a file that was trained with this model")
    }
  }

  @Test func weightsOfAnotherModelAreRefusedAndNothingChanges() throws {
    try TinyModel.withInstance { instance, folder in
      let path = folder + "/a.safetensors"
      let before = try instance.values(of: "w")
      try Safetensors.write([TensorToWrite("v", [1] as [Float], shape: [1])], to: path)
      #expect(
        errorText { try instance.load(from: path) }
          == "\(path) holds no weights of tiny, it lacks w: name a file that was trained with this model")
      try Safetensors.write([TensorToWrite("w", [1, 2] as [Float], shape: [2])], to: path)
      #expect(
        errorText { try instance.load(from: path) }
          == "\(path): w has the shape [2] and the model's has [4]: compile the model with the sizes that it was trained with"
      )
      #expect(try instance.values(of: "w") == before)
    }
  }

  /// A model of a weight, a frozen one that is another model's, and a weight of that other's too.
  private static func using(_ manifest: inout Manifest) {
    manifest.frozen = [
      .init(name: "v", shape: [2], offset: 64, initializer: .constant(1), origin: "base.vdl")
    ]
    manifest.weightsBytes = 128
  }

  @Test func aCheckpointGivesWhatHasItsNames() throws {
    try TinyModel.withInstance { instance, folder in
      let path = folder + "/a.safetensors"
      let weights = TensorToWrite("w", [1, 2, 3, 4] as [Float], shape: [4])
      try Safetensors.write([weights, TensorToWrite("other", [5] as [Float], shape: [1])], to: path)
      let taken = try instance.initialize(from: path)
      #expect(taken.tensors == 1 && taken.path == path)
      #expect(taken.digest == SHA256.hex(of: try readFile(path)))
      #expect(try instance.values(of: "w") == [1, 2, 3, 4])
      try Safetensors.write([TensorToWrite("other", [5] as [Float], shape: [1])], to: path)
      #expect(
        errorText { _ = try instance.initialize(from: path) }
          == "\(path) has no tensor of a name that tiny has: name a run of a model whose parts have the same names"
      )
      try Safetensors.write([TensorToWrite("w", [5] as [Float], shape: [1])], to: path)
      #expect(
        errorText { _ = try instance.initialize(from: path) }
          == "\(path): w has the shape [1] and the model's has [4]: compile the model with the sizes that it was trained with"
      )
      #expect(try instance.values(of: "w") == [1, 2, 3, 4])
    }
  }

  @Test func aModelThatUsesPartsOfOthersTakesTheseAlone() throws {
    try withTemporaryFolder { folder in
      let instance = try ModelInstance(
        try CompiledModel(folder: try TinyModel.make(in: folder, Self.using)))
      instance.initialize(seed: 1)
      let before = try instance.values(of: "w")
      let path = folder + "/a.safetensors"
      let weights = TensorToWrite("w", [1, 2, 3, 4] as [Float], shape: [4])
      try Safetensors.write([weights], to: path)
      #expect(
        errorText { _ = try instance.initialize(from: path) }
          == "\(path) lacks v, which tiny takes over frozen: name a run of the model that the part is of")
      try Safetensors.write([weights, TensorToWrite("v", [5, 6] as [Float], shape: [2])], to: path)
      #expect(try instance.initialize(from: path).tensors == 1)
      #expect(try instance.values(of: "w") == before && instance.values(of: "v") == [5, 6])
      // It is kept with the weights.
      let file = folder + "/b.safetensors"
      try instance.save(to: file, state: TrainingState(seed: 1, batch: 4))
      let other = try ModelInstance(instance.model)
      try other.load(from: file)
      #expect(try other.values(of: "v") == [5, 6])
    }
  }
}
