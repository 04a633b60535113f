import Foundation
import Testing

/// Files that are not what they should be, given to the programs: the whole text of the error, the status, and no half-made
/// files.
struct MalformedInputTests {
  private static let model = """
    model wrong {
      input x: image[1, 28, 28]
      encoder (x) -> z { z = x |> flatten |> dense(2) }
      decoder (z) -> x { x = z |> dense(700) |> reshape(1, 28, 28) }
      minimize mse(x)
      train { optimizer: adam(rate: 1e-3), batch: 8, epochs: 1 }
    }
    """

  private func compile(_ text: String) throws -> ProgramRun {
    try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/wrong.vdl"))
      let run = try ProgramRun.tool("vaec", "compile wrong.vdl", in: folder)
      #expect(!FileManager.default.fileExists(atPath: folder + "/build"))
      return run
    }
  }

  @Test func anUnknownLayerIsMarkedAndTheNearestNamed() throws {
    let run = try compile(Self.model.replacing("|> flatten", with: "|> flaten"))
    #expect(run.status == 1)
    #expect(
      run.errors == """
        wrong.vdl:3:31: error: unknown layer 'flaten'
            encoder (x) -> z { z = x |> flaten |> dense(2) }
                                        ^~~~~~
        note: did you mean 'flatten'?

        """)
  }

  @Test func aShapeThatDoesNotFitIsMarkedWithBothShapes() throws {
    let run = try compile(Self.model)
    #expect(run.status == 1)
    let lines = run.errors.split(separator: "\n").map(String.init)
    #expect(lines.first == "wrong.vdl:4:45: error: 'reshape' cannot turn f32[N,700] into f32[N,1,28,28]")
    #expect(lines.contains("note: f32[N,700] has 700 elements per image, f32[N,1,28,28] has 784"))
  }

  @Test(arguments: [
    ("compile folder", "vaec: error: cannot read folder: it is a folder: name a file\n"),
    ("compile none.vdl", "vaec: error: cannot read none.vdl: there is no such file\n"),
  ])
  func aModelThatCannotBeReadIsNamed(line: String, message: String) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: false)
      let run = try ProgramRun.tool("vaec", line, in: folder)
      #expect(run.status == 1)
      #expect(run.errors == message)
    }
  }

  /// An IDX header of three dimensions (http://yann.lecun.com/exdb/mnist: magic, then sizes, big-endian) and data.
  private func images(magic: [UInt8], count: UInt8, bytes: Int) -> Data {
    Data(magic + [0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28] + Array(repeating: 0, count: bytes))
  }

  @Test(arguments: [
    (
      [0, 0, 8, 3] as [UInt8], 100,
      "is truncated: its header promises 7840 bytes of data, and at most 100 are there"
    ),
    ([0, 1, 35, 69], 7840, "is not an IDX file: it starts with 00 01 23 45, not with 00 00"),
  ])
  func aDataFileThatIsNotWhole(magic: [UInt8], bytes: Int, message: String) throws {
    try withTemporaryFolder { folder in
      let model = Self.model.replacing("dense(700)", with: "dense(784)")
      try Data(model.utf8).write(to: URL(fileURLWithPath: folder + "/right.vdl"))
      try #require(try ProgramRun.tool("vaec", "compile right.vdl", in: folder).status == 0)
      try FileManager.default.createDirectory(atPath: folder + "/data/mnist", withIntermediateDirectories: true)
      func write(_ name: String, _ data: Data) throws {
        try data.write(to: URL(fileURLWithPath: "\(folder)/data/mnist/\(name)"))
      }
      try write("train-images-idx3-ubyte", images(magic: magic, count: 10, bytes: bytes))
      try write("t10k-images-idx3-ubyte", images(magic: [0, 0, 8, 3], count: 1, bytes: 784))
      try write("train-labels-idx1-ubyte", Data([0, 0, 8, 1, 0, 0, 0, 10] + Array(repeating: 0, count: 10)))
      try write("t10k-labels-idx1-ubyte", Data([0, 0, 8, 1, 0, 0, 0, 1, 0]))
      let run = try ProgramRun.tool("vaerun", "train build/wrong --data mnist --data-dir data", in: folder)
      #expect(run.status == 1)
      #expect(
        run.errors.hasPrefix("vaerun: error: 'data/mnist/train-images-idx3-ubyte' " + message), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/runs"))
    }
  }
}
