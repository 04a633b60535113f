import Diagnostics
import Foundation
import GraphTesting
import IR
import Passes
import Reference
import Testing
import VDL

/// A model of Models/variants with few units: its objective in the float64 reference and in native code.
struct VariantModel: Sendable, CustomTestStringConvertible {
  let name: String
  /// Hypers of the tests, other than 0.75.
  var hypers: [String: Double] = [:]
  /// The prior in place of N(0, 1).
  var prior = NormalPrior()
  /// The objective's metrics per image by a formula of its own, from the named values of the entry.
  let formula: @Sendable (NamedValues) throws -> [String: [Double]]

  var testDescription: String { "\(name), \(prior.text)" }
  static let entries = ["gradients", "evaluate", "evaluate_given", "reconstruct"]

  /// The entries of the objective as the text says them, with shapes and gradients.
  func plain() throws -> Module {
    try Pipeline([.simplify, .differentiate]).run(try elaborated()).module
  }

  func native() throws -> NativeModule {
    let options = PassOptions(blockImages: TestTarget.host.blockImages)
    return try NativeModule(
      try Pipeline.standard.run(try elaborated(), options: options).module, target: .host)
  }

  private func elaborated() throws -> Module {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Models/variants/\(name).vdl")
    let text = try String(contentsOf: file, encoding: .utf8)
      .replacingOccurrences(of: NormalPrior().text, with: prior.text)
    let source = SourceText(name: "\(name).vdl", text: text)
    let syntax = try parseModel(source)
    let configs = syntax.declarations.compactMap {
      if case .config(let node) = $0 { node.name.text } else { nil }
    }
    let settings = ["hidden": "9", "latent": "3"].filter { configs.contains($0.key) }
    // What encode makes tells the other entries the shapes of noise.
    var module = try Pipeline([.inferShapes]).run(try elaborate(syntax, settings: settings)).module
    module.entries = module.entries.filter { Self.entries.contains($0.name) }
    return module
  }

  func values(_ module: Module, _ entry: Entry, images: Int) throws -> EntryValues {
    var values = EntryValues(module, entry: entry, images: images)
    values.globals = try module.initialValues(seed: testSeed).mapValues(\.rounded)
    for argument in entry.arguments where argument.role == .label {
      guard let name = entry[argument.value].name,
        let classes = module.classes.first(where: { $0.name == name })
      else { continue }
      let labels = (values.arguments[name]?.data ?? []).map {
        $0.truncatingRemainder(dividingBy: classes.value)
      }
      values.arguments[name]?.data = labels
    }
    for argument in entry.arguments where argument.role == .hyper {
      guard let name = entry[argument.value].name else { continue }
      let value = hypers[String(name.dropFirst("hyper.".count))] ?? 0.75
      values.arguments[name] = HostTensor(scalar: value).rounded
    }
    return values
  }
}

/// A normal prior of the tests.
struct NormalPrior: Sendable {
  var mean = 0
  var std = 1

  var text: String { "normal(mean: \(mean), std: \(std))" }

  /// The draw that standard normal noise makes.
  func draw(_ noise: Double) -> Double { Double(mean) + Double(std) * noise }

  func logDensity(_ z: Double) -> Double {
    let standard = (z - Double(mean)) / Double(std)
    return -standard * standard / 2 - log(Double(std)) - log(2 * Double.pi) / 2
  }
}

/// Values of an entry by the names that the IR gives them.
struct NamedValues {
  let images: Int
  let tensor: (String) throws -> HostTensor

  /// The numbers of one image; a scalar is one for all.
  func row(_ name: String, _ image: Int) throws -> [Double] {
    let tensor = try tensor(name)
    guard tensor.count >= images, tensor.shape.first == images else { return tensor.data }
    let size = tensor.count / images
    return Array(tensor.data[image * size..<(image + 1) * size])
  }

  /// The bytes of the input `x` as grey levels.
  func target(_ image: Int) throws -> [Double] { try row("x", image).map { $0 / 255 } }

  /// A number for each image.
  func perImage(_ body: (Int) throws -> Double) rethrows -> [Double] { try (0..<images).map(body) }
}
