import Artifact
import Datasets
import Diagnostics
import Foundation
import IR
import Inspection
import Passes
import PictureTesting
import Runtime
import Testing
import VDL
import vaerun

/// Files of every kind that the programs read, with bytes changed, cut out and doubled: they are read or refused in one line, in
/// time, and never end the process. Pictures, NumPy's arrays, MATLAB's and tar files are tried so in `DecoderTests`,
/// `NumpyTests` and `FileSetTests`.
@Suite struct ByteMutationTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rounds: Int
    /// Files that are right, by their paths in `Workbench`'s folder.
    let files: [String]
    /// What is done to the bytes behind the damage.
    var sealed: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    /// Reads the damaged file, which has its own name in a copy of the folder.
    let read: @Sendable (_ path: String) throws -> Void
  }

  static let kinds: [Kind] = [
    Kind(testDescription: "vdl", rounds: 700, files: ["small.vdl"], read: readModel),
    Kind(testDescription: "vir", rounds: 300, files: ["small.vir"], read: readProgram),
    Kind(
      testDescription: "IDX", rounds: 800,
      files: ["sets/mnist/train-images-idx3-ubyte", "sets/mnist/packed-idx3-ubyte.gz"]
    ) { _ = try IDXArray.read(path: $0, rank: 3) },
    Kind(testDescription: "manifest", rounds: 300, files: ["build/small/small.json"]) {
      _ = try Manifest(contentsOf: $0)
    },
    Kind(
      testDescription: "manifest with a new seal", rounds: 700, files: ["build/small/small.json"], sealed: seal
    ) { _ = try Manifest(contentsOf: $0) },
    Kind(testDescription: "config.json", rounds: 700, files: ["runs/small-001/config.json"]) {
      _ = try RunConfiguration(contentsOf: $0)
    },
    Kind(
      testDescription: "a run's files", rounds: 700,
      files: ["runs/small-001/metrics.csv", "runs/small-001/environment.json", "runs/small-001/metrics.jsonl"]
    ) { path in
      let folder = try RunFolder(existing: splitPath(path).folder)
      _ = folder.sessions
      _ = try MetricsTable(folder)
      _ = try RunRecord(folder)
    },
    Kind(testDescription: "safetensors", rounds: 400, files: ["runs/small-002/best.safetensors"]) { path in
      let reader = try SafetensorsReader(path)
      for tensor in reader.tensors { _ = try? reader.floats(of: tensor.name) }
    },
    Kind(testDescription: "checkpoint", rounds: 150, files: ["runs/small-002/last.safetensors"]) { path in
      let model = try CompiledModel(folder: Workbench.root(of: path) + "/build/small")
      _ = try ModelInstance(model).resume(from: path)
    },
  ]

  /// An unoptimized build takes its time for each.
  private static let share: Int = {
    #if DEBUG
      return 5
    #else
      return 1
    #endif
  }()

  @Test(.timeLimit(.minutes(3)), arguments: kinds) func damagedFilesAreReadOrRefused(kind: Kind) throws {
    try Workbench.with { folder in
      try Data(gzipped(Array(try readFile(folder + "/sets/mnist/train-images-idx3-ubyte"))))
        .write(to: URL(fileURLWithPath: folder + "/sets/mnist/packed-idx3-ubyte.gz"))
      let seed: UInt64 = 7
      var mutations = Mutations(seed: seed)
      var refused = 0
      for file in kind.files {
        let path = folder + "/" + file
        let original = Array(try readFile(path))
        for round in 0..<kind.rounds / kind.files.count / Self.share {
          // Half of the damage into the beginning, where headers are.
          let head = min(original.count, 400)
          let bytes =
            round % 2 == 0
            ? mutations.mutated(original) : mutations.mutated(Array(original[..<head])) + original[head...]
          try Data(kind.sealed(bytes)).write(to: URL(fileURLWithPath: path))
          let start = ContinuousClock.now
          do {
            try kind.read(path)
          } catch {
            refused += 1
            let report = Vaerun.table.report(error)
            #expect(report.status == .mistake, "seed \(seed), \(file), round \(round): \(error)")
            #expect(!report.line.contains("\n"), "seed \(seed), \(file), round \(round)")
          }
          #expect(ContinuousClock.now - start < .seconds(10), "seed \(seed), \(file), round \(round)")
        }
        try Data(original).write(to: URL(fileURLWithPath: path))
      }
      #expect(refused > kind.rounds / Self.share / 20, "hardly anything was damaged")
    }
  }

  /// What is said of a model has its place in the text; a model without errors goes through all passes.
  private static func readModel(_ path: String) throws {
    let source = SourceText(name: "small.vdl", text: String(decoding: try readFile(path), as: UTF8.self))
    let found = try ModelCheck.diagnostics(source)
    _ = DiagnosticRenderer(sources: [source]).render(found)
    if found.count(.error) > 0 { throw Refused() }
    try throughPasses(try elaborate(source))
  }

  private static func readProgram(_ path: String) throws {
    let source = SourceText(name: "small.vir", text: String(decoding: try readFile(path), as: UTF8.self))
    do {
      let module = try Module(parsing: source, locatedInText: true)
      try Verifier.verify(module)
      try throughPasses(module)
    } catch let list as DiagnosticList {
      _ = DiagnosticRenderer(sources: [source]).render(list)
      throw Refused()
    }
  }

  private static func throughPasses(_ module: Module) throws {
    do {
      _ = try Pipeline.standard.run(module)
    } catch is DiagnosticList {
      throw Refused()
    }
  }

  private struct Refused: Error, CustomStringConvertible { var description: String { "refused" } }

  /// The damage would else be known by the digest in the first line alone.
  private static func seal(_ bytes: [UInt8]) -> [UInt8] {
    guard let end = bytes.firstIndex(of: 0x2C).map({ bytes.index($0, offsetBy: 2) }), end < bytes.count else {
      return bytes
    }
    let fields = Data(bytes[end...])
    return Array("{\n  \"seal\" : \"\(SHA256.hex(of: fields))\",\n".utf8) + fields
  }

  /// The whole programs, with less memory than a wrong size would ask for.
  @Test(
    .timeLimit(.minutes(3)),
    arguments: [
      ("vaec compile -q small.vdl", "small.vdl"), ("vaec opt small.vir -o /dev/null", "small.vir"),
      ("vaerun train -q build/small --data mnist --data-dir sets", "sets/mnist/t10k-images-idx3-ubyte"),
      ("vaerun encode -q -i images.npy -o c.csv", "images.npy"),
      ("vaerun encode -q -i pictures/2.png -o c.csv", "pictures/2.png"),
      ("vaerun decode -q -i codes.csv -o d.png", "codes.csv"),
      ("vaerun sample -q --run runs/small-002", "runs/small-002/config.json"),
      ("vaerun sample -q --run runs/small-002", "runs/small-002/last.safetensors"),
      ("vaerun sample -q --run runs/small-002", "runs/small-002/model/small.json"),
      ("vaerun runs", "runs/small-002/metrics.csv"),
      ("vaerun inspect --values runs/small-002/last.safetensors", "runs/small-002/last.safetensors"),
    ])
  func programsEndInOrder(line: String, file: String) throws {
    try Workbench.with { folder in
      let path = folder + "/" + file
      let original = Array(try readFile(path))
      var mutations = Mutations(seed: 11)
      for round in 0..<8 {
        let head = min(original.count, 300)
        let bytes = mutations.mutated(Array(original[..<head])) + original[head...]
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let program = String(line.prefix { $0 != " " })
        let rest = line.dropFirst(program.count)
        let run = try ProgramRun(
          "/bin/sh", ["-c", "ulimit -v 6000000; exec \(ProgramRun.path(of: program))\(rest)"], in: folder)
        #expect([0, 1].contains(run.status), "round \(round): \(run.status)\n\(run.errors)")
        let isRefused = run.status == 1
        #expect(isRefused == run.errors.contains("error: "), "round \(round): \(run.errors)")
      }
    }
  }
}
