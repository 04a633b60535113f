import Artifact
import CommandLineTable
import Foundation
import Runtime

/// `vaerun inspect`: what a file or folder holds, whoever made it.
enum InspectCommand {
  private static let path = Positional(
    "PATH",
    help:
      "a compiled model (its folder, manifest or library), a run's folder, or a .safetensors file of any origin",
    isRequired: true, completion: .files(["safetensors", "json", "so"]))
  private static let values = Flag(
    "values", help: "read the tensors too: least, greatest, mean, deviation, and how many are NaN or infinite")

  static let command = Command(
    "inspect", summary: "shows what a compiled model, a run or a file of tensors holds",
    details: [
      "A compiled model is read and held against this machine, and not loaded. Of a run it shows configuration, results and "
        + "files; with --values the tensors of its last checkpoint too. Of a file of tensors it shows names, types, shapes, "
        + "sizes and metadata; files of other programs are read as well.",
      "The least, greatest, mean and standard deviation are those of the finite numbers.",
    ],
    positionals: [path], options: [values, CommonOptions.json],
    examples: [
      Example("vaerun inspect build/convvae", "entries, parameters and memory of a compiled model"),
      Example("vaerun inspect runs/convvae-001", "configuration and results of a run"),
      Example("vaerun inspect runs/convvae-001/last.safetensors --values", "whether any weight is NaN"),
    ])

  static func run(_ invocation: Invocation) throws {
    let path = invocation[path] ?? ""
    let isJSON = invocation[CommonOptions.json]
    switch try Subject(path) {
    case .run(let folder):
      let run = try RunInspection(folder, values: invocation[values])
      isJSON ? try Terminal.say(json: run) : Terminal.say(try run.text)
    case .model(let manifest):
      guard !invocation[values] else {
        throw UsageError("a compiled model has no values", "name a .safetensors file with --values")
      }
      let model = try ModelInspection(manifestPath: manifest)
      isJSON ? try Terminal.say(json: model) : Terminal.say(model.text)
    case .tensors(let path):
      let tensors = try TensorInspection(path, values: invocation[values])
      isJSON ? try Terminal.say(json: tensors) : Terminal.say(tensors.text)
    }
  }

  /// What a path names.
  private enum Subject {
    case run(String)
    /// The path of the manifest.
    case model(String)
    case tensors(String)

    init(_ path: String) throws {
      let files = FileManager.default
      var isFolder: ObjCBool = false
      guard files.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw FileError(.read, path, reason: "there is no such file or folder")
      }
      let name = splitPath(path).name
      if isFolder.boolValue {
        if files.fileExists(atPath: path + "/config.json") {
          self = .run(path)
        } else if let manifest = try? CompiledModel.manifestPath(in: path) {
          self = .model(manifest)
        } else {
          throw InspectionError.otherFolder(path)
        }
        return
      }
      switch (path as NSString).pathExtension {
      case "json" where name == "config.json": self = .run(splitPath(path).folder)
      case "json": self = .model(path)
      case "so":
        let manifest = path.dropLast(3) + ".json"
        guard files.fileExists(atPath: String(manifest)) else { throw InspectionError.noManifest(path) }
        self = .model(String(manifest))
      case "vdl", "vir": throw InspectionError.text(path)
      default: self = .tensors(path)
      }
    }
  }
}

/// Why nothing can be said of a path, and what to do.
enum InspectionError: Error, CustomStringConvertible {
  case otherFolder(String)
  case noManifest(String)
  case text(String)

  var description: String {
    switch self {
    case .otherFolder(let path):
      "\(path) holds neither a compiled model nor a run: name a folder that 'vaec compile' or 'vaerun train' wrote"
    case .noManifest(let path):
      "there is no manifest \((splitPath(path).name as NSString).deletingPathExtension).json beside \(path): "
        + "name a library that 'vaec compile' wrote"
    case .text(let path): "\(path) is a text: 'vaec summary \(path)' shows what it declares"
    }
  }
}

/// Names in a column and what they stand for.
struct Facts {
  private var rows: [(name: String, value: String)] = []

  mutating func add(_ name: String, _ value: String?) {
    if let value { rows.append((name, printable(value))) }
  }

  /// Lines without the last break; a name that repeats is written once.
  var text: String {
    let width = (rows.map(\.name.count).max() ?? 0) + 2
    var last = ""
    return rows.map { row in
      defer { last = row.name }
      let name = row.name == last ? "" : row.name
      return name + String(repeating: " ", count: width - name.count) + row.value
    }.joined(separator: "\n")
  }
}
