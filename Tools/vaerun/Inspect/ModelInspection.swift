import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import Runtime

/// A compiled model, read and not loaded.
struct ModelInspection: Encodable {
  struct Library: Encodable {
    let path: String
    let bytes: Int?
    /// Whether it is the file that the manifest describes; nil where it cannot be read.
    let isTheManifests: Bool?
    let problem: String?
  }

  let kind = "model"
  let path: String
  let manifest: Manifest
  let library: Library
  /// Instruction sets that the code needs and this machine lacks.
  let missingFeatures: [String]

  init(manifestPath: String) throws {
    path = manifestPath
    manifest = try Manifest(contentsOf: manifestPath)
    let libraryPath = splitPath(manifestPath).folder + "/" + manifest.library
    do {
      let data = try readFile(libraryPath)
      let isSame = SHA256.hex(of: data) == manifest.libraryDigest
      library = Library(
        path: libraryPath, bytes: data.count, isTheManifests: isSame,
        problem: isSame ? nil : "it is not the file that its manifest describes: compile the model again")
    } catch {
      library = Library(path: libraryPath, bytes: nil, isTheManifests: nil, problem: error.reason)
    }
    missingFeatures = Machine.current.missing(of: manifest.target.features)
  }

  var text: String {
    var facts = Facts()
    facts.add("model", "\(manifest.name), compiled by \(manifest.compiler) from \(manifest.source.file)")
    facts.add("manifest", path)
    let size = library.bytes.map { ", \(byteText($0))" } ?? ""
    facts.add("library", library.path + size + (library.problem.map { ": \($0)" } ?? ""))
    facts.add("digest", manifest.digest)
    facts.add(
      "target",
      "\(manifest.target.cpu), \(manifest.target.triple), blocks of \(manifest.target.blockImages) images")
    facts.add(
      "machine",
      missingFeatures.isEmpty
        ? "this one has the instruction sets" : "this one lacks \(missingFeatures.joined(separator: ", "))")
    for setting in manifest.configuration {
      let value =
        switch setting.value {
        case .number(let number): Terminal.plain(number)
        case .text(let text): text
        }
      facts.add("config", "\(setting.name) = \(value)")
    }
    for hyper in manifest.hypers {
      facts.add("hyper", "\(hyper.name) = \(Terminal.plain(hyper.defaultValue)) by default")
    }
    for input in manifest.inputs {
      facts.add("input", "\(input.name) \(input.element.rawValue)\(shape(input.shape))")
    }
    for latent in manifest.latents { facts.add("latent", "\(latent.name) f32\(shape(latent.shape))") }
    facts.add(
      "objective",
      "\(manifest.objective.direction.rawValue): \(manifest.objective.metrics.joined(separator: ", "))")
    let training = manifest.training
    facts.add(
      "training",
      "\(training.optimizer), rate \(Terminal.plain(training.rate)), batch \(training.batch), "
        + Terminal.count(training.epochs, "epoch")
    )
    let numbers = manifest.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    facts.add(
      "weights",
      "\(grouped(numbers)) in \(manifest.parameters.count) tensors, \(byteText(manifest.weightsBytes))")
    facts.add("state", "\(byteText(manifest.stateBytes)) in training")
    let tables = [facts.text, entries, parameters] + (manifest.schedule.map { [text(of: $0)] } ?? [])
    return tables.joined(separator: "\n\n")
  }

  /// What was chosen for products, a line each.
  private func text(of schedule: [Manifest.ProductSchedule]) -> String {
    (["schedule of products, as it was chosen:"] + schedule.map { "  \($0.text)" }).joined(separator: "\n")
  }

  private var entries: String {
    var table = TextTable([
      ("entry", .left), ("scratch of 1 image", .right), ("of 128", .right), ("arguments", .left),
      ("results", .left),
    ])
    for entry in manifest.entries {
      func scratch(_ images: Int) -> String {
        entry.arena.bytes(images: images, blockImages: manifest.target.blockImages).map(byteText) ?? "-"
      }
      table.add([
        entry.name, scratch(1), scratch(128), entry.arguments.map(tensor).joined(separator: " "),
        results(entry.results),
      ])
    }
    return String(table.text.dropLast())
  }

  /// The results, the gradients of all parameters in one word.
  private func results(_ tensors: [Manifest.Tensor]) -> String {
    let gradients = tensors.count { $0.role == .gradient }
    let others = tensors.filter { $0.role != .gradient }.map(tensor)
    return (others + (gradients > 0 ? ["\(gradients) gradients"] : [])).joined(separator: " ")
  }

  private func tensor(_ tensor: Manifest.Tensor) -> String {
    let extents = tensor.shape.map { if case .fixed(let size) = $0 { "\(size)" } else { "N" } }
    return "\(tensor.name):\(tensor.element.rawValue)[\(extents.joined(separator: ","))]"
  }

  private var parameters: String {
    var table = TextTable([
      ("parameter", .left), ("shape", .left), ("numbers", .right), ("begins as", .left),
    ])
    for parameter in manifest.parameters {
      let beginning =
        switch parameter.initializer {
        case .uniform(let bound): "uniform in ±\(Terminal.significant(bound))"
        case .normal(let deviation): "normal, deviation \(Terminal.significant(deviation))"
        case .constant(let value): Terminal.plain(value)
        }
      table.add([parameter.name, shape(parameter.shape), grouped(parameter.shape.reduce(1, *)), beginning])
    }
    return String(table.text.dropLast())
  }

  private func shape(_ sizes: [Int]) -> String { "[" + sizes.map(String.init).joined(separator: ",") + "]" }
}
