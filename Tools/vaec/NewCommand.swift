import Artifact
import CommandLineTable
import Foundation
import VDL

/// `vaec new`: a model to begin with.
enum NewCommand {
  private static let name = Positional(
    "NAME", help: "the model's name, or the path of the file to write", isRequired: true)
  private static let data = Option(
    "data", .choice(StartingModel.data.map(\.name), "DATA"),
    help: "the data set that the model is for: \(StartingModel.data.map(\.name).joined(separator: ", "))",
    value: "mnist")
  private static let kind = Option(
    "kind", .choice(StartingModel.Kind.allCases.map(\.rawValue)),
    help: "a variational or a plain autoencoder", value: "vae")
  private static let layers = Option(
    "layers", .choice(StartingModel.Layers.allCases.map(\.rawValue)), help: "convolutions or dense layers",
    value: "conv")

  static let command = Command(
    "new", summary: "writes a model to begin with", positionals: [name],
    options: [data, kind, layers, VaecCommands.quiet],
    examples: [
      Example("vaec new first", "writes first.vdl, a convolutional VAE for MNIST"),
      Example("vaec new code --kind ae --layers dense --data fashion-mnist", "a dense autoencoder of clothes"),
    ])

  static func run(_ invocation: Invocation) throws {
    var path = invocation[name] ?? ""
    if !path.hasSuffix(".vdl") { path += ".vdl" }
    let modelName = String(splitPath(path).name.dropLast(4))
    guard let dataSet = StartingModel.data.first(where: { $0.name == invocation[data] }) else {
      throw InternalError("no data set '\(invocation[data] ?? "")'")
    }
    let model = try StartingModel(
      name: modelName, kind: StartingModel.Kind(rawValue: invocation[kind] ?? "") ?? .vae,
      layers: StartingModel.Layers(rawValue: invocation[layers] ?? "") ?? .conv, data: dataSet)
    guard !FileManager.default.fileExists(atPath: path) else { throw NewModelError.exists(path) }
    try AtomicFile.write(Data(model.text.utf8), to: path)
    VaecCommands.tell(invocation, "wrote \(path)")
    VaecCommands.tell(invocation, "next: vaerun train \(path) --data \(dataSet.name)")
  }
}

enum NewModelError: Error, CustomStringConvertible {
  case exists(String)

  var description: String {
    switch self {
    case .exists(let path): "\(path) exists: choose another name, or remove it"
    }
  }
}
