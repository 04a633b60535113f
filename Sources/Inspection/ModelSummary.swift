import Diagnostics
import IR

/// What a model is made of and what it costs, read from its program behind fusion and before layouts.
public struct ModelSummary: Sendable {
  /// One operation of the encoder or the decoder.
  public struct Layer: Sendable, Equatable {
    /// The entry that it is in: `encode`, `decode`.
    public var entry: String
    /// The parameters' common name, `encoder.h.conv0`; of two layers in one `encoder.h.conv0, norm0`; the value's name, or that of
    /// the input that it is made of.
    public var name: String
    /// `conv2d 3x3, stride 2 + bias + relu`.
    public var operation: String
    /// Extents of one image's result.
    public var output: [Int]
    /// Numbers, trained or frozen, that no layer above has.
    public var parameters: Int
    /// Floating-point operations for one image by the op table.
    public var flops: Int
  }

  /// What one entry needs.
  public struct EntryCost: Sendable, Equatable {
    public var name: String
    public var operations: Int
    /// Of the products alone, for one image.
    public var flops: Int
  }

  /// Bytes of what the caller of a compiled model owns.
  public struct Memory: Sendable {
    public var weightsBytes: Int
    public var stateBytes: Int
    /// Images of a block.
    public var blockImages: Int
    /// Per entry, bytes that all blocks share and bytes of each block.
    public var arenas: [String: (shared: Int, block: Int)]

    public init(
      weightsBytes: Int, stateBytes: Int, blockImages: Int, arenas: [String: (shared: Int, block: Int)]
    ) {
      self.weightsBytes = weightsBytes
      self.stateBytes = stateBytes
      self.blockImages = blockImages
      self.arenas = arenas
    }
  }

  public let model: String
  /// The images that training takes, `x u8[N,1,28,28]`.
  public let inputs: [String]
  /// The classes, with their number: `y of 10`.
  public let classes: [String]
  public let latents: [String]
  public let training: TrainingDefaults
  public let layers: [Layer]
  public let entries: [EntryCost]
  public let parameters: Int
  /// Numbers of other models' parts that training leaves as they are; not among the parameters.
  public let frozen: Int
  /// FLOPs of the products for one image: of the objective's forward half, and of a training step.
  public let forwardFlops: Int
  public let trainingFlops: Int

  /// - Parameter module: with all types known, such as the standard pipeline has before `assign-layouts`.
  public init(_ module: Module) {
    model = module.name
    training = module.training
    parameters = module.parameters.reduce(0) { $0 + $1.type.count }
    frozen = module.globals.reduce(0) { $0 + ($1.kind == .frozen ? $1.type.count : 0) }
    let halves = ["encode", "decode"].compactMap { module.entry($0) }
    var reader = LayerReader(module)
    layers = (halves.isEmpty ? Array(module.entries.prefix(1)) : halves).flatMap { reader.layers(of: $0) }
    entries = module.entries.map {
      EntryCost(name: $0.name, operations: $0.operations.count, flops: $0.productFlopsPerImage)
    }
    forwardFlops = module.entry("evaluate")?.productFlopsPerImage ?? layers.reduce(0) { $0 + $1.flops }
    trainingFlops = module.entry("train_step")?.productFlopsPerImage ?? 0
    classes = module.classes.map { "\($0.name) of \(classCount($0).map(String.init) ?? "?")" }
    inputs = ["train_step", "encode"].compactMap { module.entry($0) }.prefix(1).flatMap { entry in
      entry.arguments.filter { $0.role == .image }.map {
        "\(entry[$0.value].name ?? "") \(entry.typeText($0.value))"
      }
    }
    latents =
      module.entry("decode").map { entry in
        entry.arguments.filter { $0.role == .latent }.map {
          "\(entry[$0.value].name ?? "") \(entry.typeText($0.value))"
        }
      } ?? []
  }
}

/// Reads the layers of entries; parameters count where they are met first.
private struct LayerReader {
  private let module: Module
  private var counted: Set<String> = []

  init(_ module: Module) { self.module = module }

  mutating func layers(of entry: Entry) -> [ModelSummary.Layer] {
    /// The globals that a value is made of, which are those of the layer that reads it.
    var prepared: [ValueID: [String]] = [:]
    let returned = Set(entry.results.map(\.value))
    return entry.operations.compactMap { operation in
      guard operation.name != "constant", let result = operation.results.first,
        let type = entry.type(of: result)
      else { return nil }
      let read = operation.operands.map { entry[$0].global.map { [$0] } ?? prepared[$0] }
      let globals = read.flatMap { $0 ?? [] }
      if !read.isEmpty, !read.contains(nil), !returned.contains(result) {
        prepared[result] = globals
        return nil
      }
      var parameters = 0
      for name in globals where counted.insert(name).inserted {
        if let global = module.global(name), [.parameter, .frozen].contains(global.kind) {
          parameters += global.type.count
        }
      }
      return ModelSummary.Layer(
        entry: entry.name, name: layerName(globals) ?? entry[result].name ?? entry.input(of: operation) ?? "",
        operation: description(of: operation, entry), output: type.extents, parameters: parameters,
        flops: entry.cost(of: operation)?.flops ?? 0)
    }
  }

  /// The first parameter's name without its last part, and where there are others of the same scope, their layers:
  /// `encoder.h.conv0, norm0`.
  private func layerName(_ parameters: [String]) -> String? {
    guard let first = parameters.first.map(layerName) else { return nil }
    let scope = first.lastIndex(of: ".").map { first[...$0] } ?? ""
    var names = [first]
    for other in parameters.map(layerName) where other.hasPrefix(scope) {
      let name = other == first ? first : String(other.dropFirst(scope.count))
      if !names.contains(name) { names.append(name) }
    }
    return names.joined(separator: ", ")
  }

  private func layerName(_ parameter: String) -> String {
    parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? parameter
  }

  private func description(of operation: Operation, _ entry: Entry) -> String {
    var text = operation.name
    let attributes = operation.attributes
    if let kernel = operation.operands.dropFirst().first.flatMap({ entry.type(of: $0) }), kernel.rank == 4 {
      text += " " + kernel.extents.suffix(2).map(String.init).joined(separator: "x")
    }
    let stride = attributes.ints("stride")
    if let first = stride.first, stride.contains(where: { $0 != 1 }) {
      let isSquare = stride.allSatisfy { $0 == first }
      text += ", stride " + (isSquare ? "\(first)" : stride.map(String.init).joined(separator: "x"))
    }
    if OpTable.standard[operation.name]?.isProduct == true, operation.operands.count > 2 {
      // The scale comes from the normalization that was folded in.
      text += operation.operands.count > 3 ? " + normalization" : " + bias"
    }
    if let epilogue = attributes.symbol("epilogue"), epilogue != "none" { text += " + \(epilogue)" }
    return text
  }
}

extension Entry {
  /// The name of the image or the class that an operation reads.
  fileprivate func input(of operation: Operation) -> String? {
    arguments.first { [.image, .label].contains($0.role) && operation.operands.contains($0.value) }
      .flatMap { self[$0.value].name }
  }

  fileprivate func typeText(_ value: ValueID) -> String { type(of: value)?.description ?? "?" }
}
