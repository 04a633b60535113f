import Artifact
import Foundation
import Testing

/// A model with one parameter that stands for all.
func sampleManifest() -> Manifest {
  let x = Manifest.Tensor(name: "x", role: .image, element: .u8, shape: [.images, 1, 2, 2])
  let loss = Manifest.Tensor(name: "loss", role: .metric, element: .f32, shape: [])
  return Manifest(
    name: "tiny", compiler: "vaec 0.1", digest: "00ff", source: .init(file: "tiny.vdl", digest: "aa"),
    target: .init(triple: "x86_64", cpu: "x86-64-v3", features: ["avx2"], vectorBytes: 32, blockImages: 4),
    configuration: [.init(name: "hidden", value: .number(100)), .init(name: "act", value: .text("relu"))],
    hypers: [.init(name: "beta", defaultValue: 1)],
    training: .init(optimizer: "adam", rate: 1e-3, batch: 128, epochs: 3),
    inputs: [.init(name: "x", element: .u8, shape: [1, 2, 2])], latents: [.init(name: "z", shape: [2])],
    objective: .init(direction: .maximize, metrics: ["loss"]),
    parameters: [
      .init(name: "w", shape: [2, 3], offset: 0, initializer: .uniform(bound: 0.5)),
      .init(name: "b", shape: [3], offset: 64, initializer: .constant(0)),
      .init(name: "c", shape: [1], offset: 128, initializer: .normal(standardDeviation: 0.1)),
    ], weightsBytes: 192,
    state: [.init(name: "adam.m/w", shape: [2, 3], offset: 0)], stateBytes: 64,
    entries: [
      .init(
        name: "train_step", symbol: "tiny_train_step",
        arguments: [x, .init(name: "hyper.beta", role: .hyper, element: .f32, shape: [])], results: [loss],
        arena: .init(fixedBytes: 64, blockBytes: 256))
    ])
}

@Suite struct ManifestTests {
  @Test func writtenManifestReadsBackEqual() throws {
    try withTemporaryFolder { folder in
      let manifest = sampleManifest()
      try manifest.write(to: folder + "/tiny.json")
      #expect(try Manifest(contentsOf: folder + "/tiny.json") == manifest)
    }
  }

  @Test func aChosenScheduleReadsBackEqual() throws {
    try withTemporaryFolder { folder in
      var manifest = sampleManifest()
      manifest.schedule = [
        .init(product: "dense 2 to 3, blocks of 4", knobs: ["tile_rows": 6, "group_rows": 0])
      ]
      try manifest.write(to: folder + "/tiny.json")
      #expect(try Manifest(contentsOf: folder + "/tiny.json") == manifest)
      #expect(manifest.schedule?[0].text == "dense 2 to 3, blocks of 4: group_rows 0, tile_rows 6")
      manifest.schedule = [0, 0].compactMap { manifest.schedule?[$0] }
      let error = #expect(throws: ManifestProblem.self) { try manifest.validate() }
      #expect(error.map { "\($0)" } == "the manifest's schedule names dense 2 to 3, blocks of 4 twice")
    }
  }

  @Test func imagesDimensionIsWrittenAsN() throws {
    let text = String(decoding: try sampleManifest().json(), as: UTF8.self)
    #expect(text.contains("\"N\","))
    #expect(text.contains("\"default\" : 1"))
    #expect(text.hasSuffix("}\n"))
  }

  @Test func arenaCountsStartedBlocks() {
    let arena = Manifest.Arena(fixedBytes: 10, blockBytes: 100)
    #expect(arena.bytes(images: 8, blockImages: 4) == 210)
    #expect(arena.bytes(images: 9, blockImages: 4) == 310)
    #expect(Manifest.Arena(fixedBytes: 1, blockBytes: .max).bytes(images: 9, blockImages: 4) == nil)
  }

  @Test(arguments: [
    (
      "\"abi\" : 2", "\"abi\" : 3",
      "t.json was made by ABI 3; this vaerun reads ABI 2: compile the model again with this vaec"
    ),
    ("\"format\" : 1", "\"format\" : 7", "t.json was made in format 7; this vaerun reads format 1: compile"),
    ("\"weightsBytes\"", "\"weights\"", "t.json lacks weightsBytes: compile"),
    (
      "\"element\" : \"u8\"", "\"element\" : \"u9\"",
      "t.json: entries[0].arguments[0].element has a value that is not known here"
    ),
    ("\"batch\" : 128", "\"batch\" : \"many\"", "t.json: training.batch is not a number"),
    ("\"batch\" : 128", "\"batch\" : 0", "t.json: training.batch is 0"),
    ("\"N\"", "\"M\"", "t.json: entries[0].arguments[0].shape[0] has a value that is not known here"),
    (
      "\"offset\" : 128", "\"offset\" : 192",
      "t.json: parameters.c.offset is 192: 4 bytes from there do not lie in the 192"
    ),
    ("\"offset\" : 128", "\"offset\" : 72", "t.json: parameters.c.offset lies inside another tensor"),
    ("\"offset\" : 128", "\"offset\" : -4", "t.json: parameters.c.offset is -4"),
    (
      "\"weightsBytes\" : 192", "\"weightsBytes\" : 9000000000000000000",
      "t.json: weightsBytes is 9000000000000000000"
    ),
    ("tiny_train_step", "system", "t.json: entries.train_step.symbol 'system' does not begin with tiny_"),
    ("tiny.so", "../tiny.so", "t.json: library '../tiny.so' is not the name of a file beside the manifest"),
    ("hyper.beta", "hyper.gamma", "t.json: entries.train_step.arguments.hyper.gamma is not among the hypers"),
    ("\"kind\" : \"uniform\"", "\"kind\" : \"odd\"", "t.json: parameters[0].initializer.kind has a value"),
    ("\"blockBytes\" : 256", "\"blockBytes\" : -1", "t.json: entries.train_step.arena has the size -1"),
    ("{", "", "t.json is not a manifest, it is no JSON"),
  ])
  func damageIsNamed(_ old: String, _ new: String, _ message: String) throws {
    let text = String(decoding: try sampleManifest().json(), as: UTF8.self)
    #expect(text.contains(old))
    let range = try #require(text.range(of: old))
    let damaged = Data(text.replacingCharacters(in: range, with: new).utf8)
    let error = errorText { _ = try Manifest(json: damaged, file: "t.json") }
    #expect(error.hasPrefix(message), "\(error)")
    #expect(error.hasSuffix("compile the model again with this vaec"))
  }

  /// Sizes of memory that native code writes to: 128 is as good a number as 256 for all that can be seen of it.
  @Test(arguments: [
    ("\"blockBytes\" : 256", "\"blockBytes\" : 128"), ("\"epochs\" : 3", "\"epochs\" : 4"),
    ("\"seal\"", "\"deal\""),
    ("}\n", "} \n"),
  ])
  func changeThatMakesSenseIsNoticed(_ old: String, _ new: String) throws {
    let text = String(decoding: try sampleManifest().json(), as: UTF8.self)
    let range = try #require(text.range(of: old))
    let changed = Data(text.replacingCharacters(in: range, with: new).utf8)
    #expect(
      errorText { _ = try Manifest(json: changed, file: "t.json") }
        == "t.json was changed after vaec wrote it: compile the model again with this vaec")
  }

  @Test func shapesWhoseProductOverflowsAreRefused() {
    var manifest = sampleManifest()
    manifest.parameters[0].shape = [.max, .max]
    #expect(errorText { try manifest.validate() } == "the manifest's parameters.w.shape has too many elements")
  }

  @Test func missingFileAndFolderAreNamed() {
    #expect(
      errorText { _ = try Manifest(contentsOf: "/nowhere/m.json") }
        == "cannot read /nowhere/m.json: there is no such file")
    #expect(
      errorText { _ = try Manifest(contentsOf: "/tmp") } == "cannot read /tmp: it is a folder: name a file")
  }
}
