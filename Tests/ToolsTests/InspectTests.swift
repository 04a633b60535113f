import Artifact
import Foundation
import Testing

/// `vaerun inspect` on everything that it reads.
@Suite struct InspectTests {
  private func withToy<T>(_ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try ToyModel.make(in: folder)
      return try body(folder)
    }
  }

  private func inspect(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", "inspect \(line)", in: folder)
  }

  private func json(_ line: String, in folder: String) throws -> [String: Any] {
    let run = try inspect("\(line) --json", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  private func writeTensors(_ folder: String) throws {
    try Safetensors.write(
      [
        TensorToWrite("a.weight", [1, -1, .nan, 0.5] as [Float], shape: [2, 2]),
        TensorToWrite("b", [3, 5] as [Int32], shape: [2]),
        TensorToWrite("empty", [] as [UInt8], shape: [0, 4]),
      ], metadata: ["model": "toy", "note": "two\nlines"], to: folder + "/t.safetensors")
  }

  @Test func tensorsAreListedWithTheirShapesAndMetadata() throws {
    try withTemporaryFolder { folder in
      try writeTensors(folder)
      let run = try inspect("t.safetensors", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let bytes = try readFile(folder + "/t.safetensors").count
      #expect(
        run.output == """
          file      t.safetensors, \(bytes) B
          tensors   3 with 6 numbers
          metadata  model = toy
                    note = two\\u{A}lines

          tensor    type  shape  numbers  bytes
          a.weight  F32   [2,2]        4   16 B
          b         I32   [2]          2    8 B
          empty     U8    [0,4]        0    0 B

          """)
    }
  }

  @Test func valuesAreSummedUp() throws {
    try withTemporaryFolder { folder in
      try writeTensors(folder)
      let run = try inspect("--values t.safetensors", in: folder)
      #expect(
        run.output.hasSuffix(
          """
          tensor    type  shape  numbers  bytes  least  greatest    mean  deviation  NaN  infinite
          a.weight  F32   [2,2]        4   16 B     -1         1  0.1667     0.8498    1         0
          b         I32   [2]          2    8 B      3         5       4          1    0         0
          empty     U8    [0,4]        0    0 B      -         -       -          -    0         0

          """), "\(run.output)")
      let tensors = try #require(try json("t.safetensors --values", in: folder)["tensors"] as? [[String: Any]])
      #expect(tensors.map { $0["name"] as? String } == ["a.weight", "b", "empty"])
      let values = try #require(tensors.first?["values"] as? [String: Any])
      #expect(values["nans"] as? Int == 1)
      #expect(values["maximum"] as? Double == 1)
    }
  }

  @Test(arguments: ["build/toy", "build/toy/", "build/toy/toy.json", "build/toy/toy.so"])
  func compiledModelsAreShown(path: String) throws {
    try withToy { folder in
      let run = try inspect(path, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.hasPrefix("model      toy, compiled by cc from toy.c\n"), "\(run.output)")
      #expect(run.output.contains("\nmachine    this one has the instruction sets\n"))
      #expect(run.output.contains("\nhyper      beta = 1 by default\n"))
      #expect(run.output.contains("\nweights    1,568 in 1 tensors, 6.27 kB\n"))
      #expect(
        run.output.contains(
          /\nencode +6\.27 kB +6\.27 kB +x:u8\[N,1,28,28\] +z:f32\[N,2\] z\.mean:f32\[N,2\]\n/))
      #expect(run.output.contains(/\nw +\[2,784\] +1,568 +normal, deviation 0\.03\n/))
      let object = try json(path, in: folder)
      #expect(object["kind"] as? String == "model")
      #expect((object["library"] as? [String: Any])?["isTheManifests"] as? Bool == true)
      #expect((object["manifest"] as? [String: Any])?["name"] as? String == "toy")
    }
  }

  @Test func modelThatCannotRunHereIsShownAllTheSame() throws {
    try withToy { folder in
      let path = folder + "/build/toy/toy.json"
      var manifest = try Manifest(contentsOf: path)
      manifest.target.features = ["fma", "cannot-be"]
      try manifest.write(to: path)
      try Data("no library".utf8).write(to: URL(fileURLWithPath: folder + "/build/toy/toy.so"))
      let run = try inspect("build/toy", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("\nmachine    this one lacks cannot-be\n"), "\(run.output)")
      #expect(
        run.output.contains(
          /\nlibrary .*toy\.so, 10 B: it is not the file that its manifest describes: compile/))
      try FileManager.default.removeItem(atPath: folder + "/build/toy/toy.so")
      #expect(try inspect("build/toy/toy.json", in: folder).output.contains("toy.so: there is no such file\n"))
    }
  }

  @Test func runsAreShownWithTheirResults() throws {
    try withToy { folder in
      _ = try ProgramRun.tool("vaerun", "train --data digits --limit 100 --epochs 3 --quiet", in: folder)
      for path in ["runs/toy-001", "runs/toy-001/config.json"] {
        let run = try inspect(path, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.hasPrefix("run "), "\(run.output)")
        for line in [
          #/\nmodel +toy\n/#, #/\nepochs +3\n/#, #/\nhypers\.beta +1\n/#, #/last\.safetensors, [0-9.]+ kB\n/#,
        ] {
          #expect(run.output.contains(line), "\(run.output)")
        }
        #expect(run.output.contains(/\nsplit +epoch +step +loss +reconstruction +kl\n/))
        #expect(run.output.contains(/\ntrain +3 +15 +[0-9.]+ +[0-9.]+ +[0-9.]+ +l(ea|a)st\n/), "\(run.output)")
      }
      let values = try inspect("runs/toy-001 --values", in: folder)
      #expect(values.output.contains(#/\nw +F32 +\[2,784\] +1,568 +6\.27 kB +-[0-9.]+ /#), "\(values.output)")
      let object = try json("runs/toy-001", in: folder)
      #expect((object["configuration"] as? [String: Any])?["seed"] as? Int == 1)
      #expect(
        (object["files"] as? [[String: Any]])?.contains { $0["name"] as? String == "config.json" } == true)
    }
  }

  @Test(arguments: [
    ("none", 1, "cannot read none: there is no such file or folder"),
    (
      "folder", 1,
      "folder holds neither a compiled model nor a run: name a folder that 'vaec compile' or 'vaerun train' wrote"
    ),
    ("empty.safetensors", 1, "empty.safetensors is not a safetensors file: it ends too early"),
    ("a.so", 1, "there is no manifest a.json beside a.so: name a library that 'vaec compile' wrote"),
    ("a.vdl", 1, "a.vdl is a text: 'vaec summary a.vdl' shows what it declares"),
    ("bad.json", 1, "bad.json is not a manifest, it is no JSON: compile the model again with this vaec"),
    ("build/toy --values", 2, "a compiled model has no values: name a .safetensors file with --values"),
    ("", 2, "PATH is missing: it is a compiled model"),
  ])
  func whatCannotBeReadIsNamedInOneLine(_ line: String, _ status: Int32, _ message: String) throws {
    try withToy { folder in
      try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: false)
      for name in ["empty.safetensors", "a.so", "a.vdl", "bad.json"] {
        try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      let run = try inspect(line, in: folder)
      #expect(run.status == status)
      #expect(run.output.isEmpty)
      #expect(run.errors.hasPrefix("vaerun: error: \(message)"), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
  }

  /// Names come from the file: they may hold anything.
  @Test func namesCannotMoveTheCursorOrBreakTheLine() throws {
    try withTemporaryFolder { folder in
      let header = #"{"\u001b[2J\n":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}"#
      let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
      try Data(length + Array(header.utf8) + [1]).write(to: URL(fileURLWithPath: folder + "/t.safetensors"))
      let run = try inspect("t.safetensors", in: folder)
      #expect(run.status == 1)
      #expect(
        run.errors
          == "vaerun: error: t.safetensors: the tensor \\u{1B}[2J\\u{A} has 1 bytes; its shape [2] of U8 needs 2: the file is "
          + "damaged, take another copy\n")
      let missing = try ProgramRun(
        ProgramRun.path(of: "vaerun"), ["inspect", "a\nb\u{1B}[31m"], in: folder)
      #expect(
        missing.errors == "vaerun: error: cannot read a\\u{A}b\\u{1B}[31m: there is no such file or folder\n")
    }
  }
}
