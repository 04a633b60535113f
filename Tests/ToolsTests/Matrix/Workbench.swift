import Artifact
import Foundation
import PictureTesting
import Testing

/// A folder with one of everything that commands take: texts, compiled models, runs, codes, images, pictures. It is made once,
/// and each test gets a copy.
///
///     small.vdl, other.vdl           models of different sizes
///     small.vir                      the program of the first
///     build/small, other/other       compiled
///     runs/small-001, -002           trained for an epoch; the second with --val
///     other/other-001                a run of the other model
///     sorter.vdl, sorter/            a classifier, compiled into sorter/sorter and trained as sorter/sorter-001
///     codes.csv, images.npy          files of two latents, and of six 28x28 images
///     pictures/0.png to 5.png
///     sets/mnist/                    four IDX files of ten images
enum Workbench {
  private static let model = """
    model small {
      hyper beta = 1.0
      config hidden = 8
      input x: image[1, 28, 28]
      encoder (x) -> z {
        let h = x |> flatten |> dense(hidden) |> relu
        z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z) -> x {
        let logits = z |> dense(hidden) |> relu |> dense(28 * 28) |> reshape(1, 28, 28)
        x ~ bernoulli(logits: logits)
      }
      maximize loglik(x) - beta * kl(z)
      train { optimizer: adam(rate: 1e-3), batch: 32, epochs: 1 }
    }

    """

  private static let sorter = """
    model sorter {
      input x: image[1, 28, 28]
      input y: class[10]
      encoder (x) -> z {
        z = x |> flatten |> dense(4) |> relu
      }
      decoder (z) -> y {
        y ~ categorical(logits: z |> dense(10))
      }
      maximize loglik(y)
      train { optimizer: adam(rate: 1e-2), batch: 20, epochs: 1 }
    }

    """

  /// The folder, made on first use and removed by nobody: it lies in the system's folder for temporary files.
  private static let original = Result { try make() }

  /// The copy that a path lies in.
  static func root(of path: String) -> String {
    path.range(of: copyName).map { String(path[..<$0.upperBound]) } ?? path
  }

  private static let copyName = "/bench"

  /// Gives `body` a copy and removes it afterwards.
  static func with<T>(_ body: (String) throws -> T) throws -> T {
    let original = try original.get()
    return try withTemporaryFolder { folder in
      let copy = folder + copyName
      try FileManager.default.copyItem(atPath: original, toPath: copy)
      return try body(copy)
    }
  }

  private static func make() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-\(UUID().uuidString)").path
    try makeFolder(folder + "/pictures")
    try write(Array(model.utf8), folder + "/small.vdl")
    let other = model.replacing("model small", with: "model other").replacing("hidden = 8", with: "hidden = 9")
    try write(Array(other.utf8), folder + "/other.vdl")
    try write(Array(sorter.utf8), folder + "/sorter.vdl")
    try write(Array("z1,z2\n0,0\n1,-1\n0.5,2\n".utf8), folder + "/codes.csv")
    for number in 0..<6 {
      let pixels = (0..<784).map { UInt8(($0 * (number + 3)) % 256) }
      try write(
        PNGFile(width: 28, height: 28, .grey, pixels).bytes, folder + "/pictures/\(number).png")
    }
    let pixels = (0..<6 * 784).map { UInt8($0 % 256) }
    try write(NumpyBytes.npy("|u1", [6, 28, 28], pixels), folder + "/images.npy")
    try writeDataSet(folder + "/sets/mnist")
    let small = "--data digits --limit 60 --quiet --threads 1"
    for (program, line) in [
      ("vaec", "compile small.vdl --quiet"), ("vaec", "compile other.vdl --quiet -o other/other"),
      ("vaec", "compile sorter.vdl --quiet -o sorter/sorter"),
      ("vaerun", "train sorter/sorter \(small) -o sorter/sorter-001"),
      ("vaerun", "train build/small \(small)"), ("vaerun", "train build/small \(small) --val 20"),
      ("vaerun", "train other/other \(small) --output other/other-001"),
    ] {
      let run = try ProgramRun.tool(program, line, in: folder)
      try #require(run.status == 0, "\(run.errors)")
    }
    try FileManager.default.copyItem(atPath: folder + "/build/small/small.vir", toPath: folder + "/small.vir")
    // Copies are made for every test: without what no command reads.
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder)
    where path.hasSuffix(".png") && !path.hasPrefix("pictures/") {
      try FileManager.default.removeItem(atPath: folder + "/" + path)
    }
    return folder
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// Ten images and their classes for each of the two parts (http://yann.lecun.com/exdb/mnist).
  private static func writeDataSet(_ folder: String) throws {
    try makeFolder(folder)
    for part in ["train", "t10k"] {
      let images = [0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 28, 0, 0, 0, 28] + (0..<7840).map { UInt8($0 % 251) }
      try write(images, "\(folder)/\(part)-images-idx3-ubyte")
      try write([0, 0, 8, 1, 0, 0, 0, 10] + Array(0..<10), "\(folder)/\(part)-labels-idx1-ubyte")
    }
  }
}

/// What lies in a folder: of each file its size, time and number, which change when it is written.
struct FileTree: Equatable {
  private struct Entry: Equatable {
    let kind: FileAttributeType?
    let size: Int?
    let date: Date?
    let number: Int?
  }

  private var entries: [String: Entry] = [:]

  init(_ folder: String) throws {
    let files = FileManager.default
    for path in try files.subpathsOfDirectory(atPath: folder) {
      let found = try files.attributesOfItem(atPath: folder + "/" + path)
      let kind = found[.type] as? FileAttributeType
      let isFolder = kind == .typeDirectory
      entries[path] = Entry(
        kind: kind, size: isFolder ? nil : found[.size] as? Int,
        date: isFolder ? nil : found[.modificationDate] as? Date, number: found[.systemFileNumber] as? Int)
    }
  }

  /// The files (not folders) that are there and were not before, or are not the same any more.
  func changed(since before: FileTree) -> [String] {
    entries.filter { before.entries[$0.key] != $0.value && $0.value.kind != .typeDirectory }.map(\.key).sorted()
  }
}
