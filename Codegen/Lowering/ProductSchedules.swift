import IR
import Kernels

/// A product of a program as far as its schedule depends on it, and its name in tables and files.
public struct Product: Sendable, Hashable {
  public let shape: ProductShape
  /// `conv2d 32x14x14 to 64x7x7, kernel 3x3, stride 2x2, pad 1x1, relu, blocks of 16`
  public let name: String
  /// Images of a block.
  public let blockImages: Int

  /// Nil for an operation that is no product with a schedule.
  init?(_ operation: Operation, in entry: Entry, _ target: KernelTarget) {
    let operands = operation.operands.prefix(2).map(entry.typeOf)
    let result = operation.results.first.map(entry.typeOf) ?? .scalar
    guard let named = Self.shape(operation, operands, result) else { return nil }
    let factors = ProductFactors(operation.name, operands, target)
    shape = Self.shape(operation, factors.types, result) ?? named
    blockImages = target.blockImages
    var words: [String]
    switch named {
    case .dense(let rows, let depth, _): words = ["\(operation.name) \(depth) to \(rows)"]
    case .denseWeightGradient(let outputs, let inputs): words = ["\(operation.name) \(inputs) to \(outputs)"]
    case .convolution(let g, _), .convolutionWeightGradient(let g):
      let image = "\(g.inputChannels)x\(g.inputHeight)x\(g.inputWidth)"
      let map = "\(g.outputChannels)x\(g.outputHeight)x\(g.outputWidth)"
      let isTransposed = operation.name == "conv2d_transpose"
      words = [
        "\(operation.name) " + (isTransposed ? "\(map) to \(image)" : "\(image) to \(map)"),
        "kernel \(g.kernelHeight)x\(g.kernelWidth)", "stride \(g.strideHeight)x\(g.strideWidth)",
        "pad \(g.padTop)x\(g.padLeft)",
      ]
    }
    let epilogue = operation.attributes.symbol("epilogue") ?? "none"
    if epilogue != "none" { words.append(epilogue) }
    if ProductEpilogue(operation).isScaled { words.append("scaled") }
    if factors.words == .pairs { words.append("bf16") }
    let rows = operation.samples(in: entry)
    if rows > 1 { words.append("\(rows) rows an image") }
    words.append("blocks of \(target.blockImages)")
    name = words.joined(separator: ", ")
  }

  /// - Parameter types: of the factors.
  private static func shape(_ operation: Operation, _ types: [TensorType], _ result: TensorType)
    -> ProductShape?
  {
    switch operation.name {
    case "dense":
      let (outputs, inputs) = (types[1].extents[0], types[1].extents[1])
      return .dense(rows: outputs, depth: inputs, isGradient: false)
    case "dense_data_gradient":
      let (outputs, inputs) = (types[1].extents[0], types[1].extents[1])
      return .dense(rows: inputs, depth: outputs, isGradient: true)
    case "dense_weight_gradient":
      return .denseWeightGradient(outputs: types[0].extents[0], inputs: types[1].extents[0])
    case "conv2d", "conv2d_transpose":
      let geometry = OperationKernels.geometry(operation, types[0], types[1], result)
      return .convolution(geometry, isTransposed: operation.name == "conv2d_transpose")
    case "conv2d_weight_gradient":
      return .convolutionWeightGradient(
        OperationKernels.weightGradientGeometry(operation, map: types[0], image: types[1]))
    default: return nil
    }
  }
}

/// A schedule that a product cannot have.
public struct ScheduleError: Error, CustomStringConvertible {
  public let product: String
  public let problem: String

  public var description: String { "the schedule does not fit '\(product)': \(problem)" }
}

/// The schedules of a program's products: those that were chosen, by the product's name, and the rules' for all others.
struct ProductSchedules: Sendable {
  let chosen: [String: KernelSchedule]

  /// - Throws: where a schedule that was chosen for one of the module's products cannot be used for it.
  init(_ chosen: [String: KernelSchedule], for module: Module, _ target: KernelTarget) throws(ScheduleError) {
    self.chosen = chosen
    guard !chosen.isEmpty else { return }
    for entry in module.entries {
      for operation in entry.operations {
        for target in [target, target.oneLane] {
          guard let product = Product(operation, in: entry, target), let schedule = chosen[product.name],
            let problem = ScheduleRules(target).problem(schedule, of: product.shape)
          else { continue }
          throw ScheduleError(product: product.name, problem: problem)
        }
      }
    }
  }

  /// That of an operation on a machine; empty for what is no product.
  func schedule(of operation: Operation, in entry: Entry, _ target: KernelTarget) -> KernelSchedule {
    guard let product = Product(operation, in: entry, target) else { return KernelSchedule() }
    return chosen[product.name] ?? ScheduleRules(target).standard(product.shape)
  }
}
