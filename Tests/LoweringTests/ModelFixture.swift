import Diagnostics
import Foundation
import GraphTesting
import IR
import Passes
import Reference
import VDL

/// A model of the repository or of the tests, at every stage that the tests need.
enum ModelFixture: String, CaseIterable, Sendable {
  case convvae, densevae, convae, structural, momentum, roots, decoupled, sums, hierarchical, iwae, conditional,
    stochastic
  case denoising, quantizing, conditionalprior, binaryvae

  /// The module as the text says it, with shapes and gradients: no pass that optimizes has run. What it means is what
  /// native code is held against.
  func plain() throws -> Module { try Self.plains[self]?.get() ?? elaborated() }

  private static let plains = Dictionary(
    uniqueKeysWithValues: allCases.map { model in
      (
        model,
        Once { try Pipeline([.inferShapes, .simplify, .differentiate]).run(try model.elaborated()).module }
      )
    })

  /// `plain` with products of bfloat16 numbers where it trains.
  func narrowed() throws -> Module { try Pipeline([.narrowProducts]).run(try plain()).module }

  /// What the compiler makes of it; `isFused` false leaves the fusions out.
  func optimized(for target: TestTarget, isFused: Bool = true) throws -> Module {
    let passes = Pipeline.standard.passes.filter { isFused || !$0.name.hasPrefix("fuse-") }
    let options = PassOptions(blockImages: target.blockImages)
    return try Pipeline(passes).run(try elaborated(), options: options).module
  }

  func elaborated() throws -> Module {
    if let text { return try elaborate(SourceText(name: "\(rawValue).vdl", text: text)) }
    let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../Models")
    let places = ["", "variants/"].map { models.appendingPathComponent("\($0)\(rawValue).vdl") }
    let file = places.first { FileManager.default.fileExists(atPath: $0.path) } ?? places[0]
    return try elaborate(
      SourceText(name: "\(rawValue).vdl", text: try String(contentsOf: file, encoding: .utf8)),
      settings: settings)
  }

  /// Smaller extents, where a model's own would only take time.
  private var settings: [String: String] {
    switch self {
    case .hierarchical: ["hidden": "20", "lower": "5", "upper": "3"]
    case .iwae: ["hidden": "20", "latent": "6", "draws": "3", "side": "8"]
    case .conditionalprior, .binaryvae: ["hidden": "20", "latent": "5"]
    default: [:]
    }
  }

  /// The text of a model that is not the repository's.
  private var text: String? {
    switch self {
    case .structural: structuralModel
    case .momentum: momentumModel
    case .roots: rootsModel
    case .decoupled: decoupledModel
    case .sums: sumsModel
    case .conditional: conditionalModel
    case .stochastic: stochasticModel
    case .denoising: denoisingModel
    case .quantizing: quantizingModel
    default: nil
    }
  }

  /// The entries' names.
  var entries: [String] { (try? plain().entries.map(\.name)) ?? [] }

  /// The model compiled, once for all tests.
  func native(_ target: TestTarget = .host, isFused: Bool = true) throws -> NativeModule {
    guard let made = Self.natives[Key(model: self, target: target, isFused: isFused)] else {
      throw NativeModule.Failure(description: "no code for \(target)")
    }
    return try made.get()
  }

  private struct Key: Hashable {
    var model: ModelFixture
    var target: TestTarget
    var isFused: Bool
  }

  private static let natives: [Key: Once<NativeModule>] = {
    var made: [Key: Once<NativeModule>] = [:]
    for model in allCases {
      for target in TestTarget.available {
        for isFused in [false, true] {
          made[Key(model: model, target: target, isFused: isFused)] = Once {
            try NativeModule(try model.optimized(for: target, isFused: isFused), target: target)
          }
        }
      }
    }
    return made
  }()

  private static let initialValues = Dictionary(
    uniqueKeysWithValues: allCases.map { model in
      (model, Once { try model.plain().initialValues(seed: testSeed).mapValues(\.rounded) })
    })

  /// Initial weights, zero state, and random arguments of an entry.
  func values(_ entryName: String, images: Int) throws -> EntryValues {
    let module = try plain()
    guard let entry = module.entry(entryName) else {
      throw NativeModule.Failure(description: "\(rawValue) has no entry \(entryName)")
    }
    var values = EntryValues(module, entry: entry, images: images)
    values.globals = try Self.initialValues[self]?.get() ?? [:]
    for argument in entry.arguments {
      let scalar: Double
      switch argument.role {
      case .label:
        let classes = module.classes.first.map { Int($0.value) } ?? 1
        guard let name = entry[argument.value].name else { continue }
        values.arguments[name] = HostTensor(
          shape: [images], data: (0..<images).map { Double(($0 * 7 + 1) % classes) })
        continue
      case .step, .epoch: scalar = 1
      case .rate: scalar = 1e-3
      case .decay: scalar = 1e-4
      case .clip: scalar = 0.5
      case .hyper: scalar = 0.75
      default: continue
      }
      if let name = entry[argument.value].name { values.arguments[name] = HostTensor(scalar: scalar).rounded }
    }
    return values
  }
}

extension ModelFixture: CustomStringConvertible {
  var description: String { rawValue }
}

/// An entry of a model and a machine.
struct ModelEntry: Sendable, CustomStringConvertible {
  let model: ModelFixture
  let entry: String
  let target: TestTarget

  var description: String { "\(model) \(entry) \(target)" }

  static func all(_ models: [ModelFixture], _ targets: [TestTarget]) -> [ModelEntry] {
    models.flatMap { model in
      model.entries.flatMap { entry in targets.map { ModelEntry(model: model, entry: entry, target: $0) } }
    }
  }
}
