import IR
import Kernels

/// Kernels of operations that treat an image alone, with something else than images in the lanes. An operation that has none is
/// done by the kernels of blocks, on one lane.
struct SingleImageOperations {
  let target: KernelTarget

  /// The scratch that an operation needs; nil where it has no kernel of its own here.
  static func scratch(_ operation: Operation, _ entry: Entry, _ target: KernelTarget) -> [Scratch]? {
    guard isCovered(operation, entry) else { return nil }
    guard operation.name.hasPrefix("conv2d") else { return [] }
    let geometry = OperationKernels.geometry(
      operation, entry.typeOf(operation.operands[0]), entry.typeOf(operation.operands[1]),
      entry.typeOf(operation.results[0]))
    let convolution = SingleImageConvolution(
      geometry, isTransposed: operation.name == "conv2d_transpose", target: target)
    return [Scratch(bytes: convolution.planeBytes, isPerBlock: true)]
  }

  private static func isCovered(_ operation: Operation, _ entry: Entry) -> Bool {
    isCovered(operation, operation.operands.map { entry.typeOf($0) }, entry.typeOf(operation.results[0]))
  }

  private static func isCovered(_ operation: Operation, _ operands: [TensorType], _ result: TensorType) -> Bool
  {
    switch operation.name {
    case "conv2d", "conv2d_transpose", "dense": ProductEpilogue(operation).third != .activationOutput
    case "decode_u8", "relayout": true
    default:
      operation.formula != nil && result.isPerImage
        && operands.allSatisfy { $0.isPerImage && $0.count == result.count }
    }
  }

  func kernels(_ operation: Operation, _ slots: OperationSlots, name: String) -> [Kernel]? {
    let (operands, y) = (slots.operands, slots.results[0])
    guard Self.isCovered(operation, operands.map(\.type), y.type) else { return nil }
    let epilogue = EpilogueSlots(operands)
    switch operation.name {
    case "dense":
      return [
        SingleImageKernels.dense(
          name, operation: operation, x: operands[0], w: operands[1], epilogue: epilogue, y: y, target: target)
      ]
    case "conv2d", "conv2d_transpose":
      return SingleImageConvolution(
        OperationKernels.geometry(operation, operands[0].type, operands[1].type, y.type),
        isTransposed: operation.name == "conv2d_transpose", target: target
      ).kernels(
        name, operation: operation, from: operands[0], w: operands[1], epilogue: epilogue, to: y,
        planes: slots.scratch[0])
    case "decode_u8", "relayout":
      return [
        SingleImageKernels.map(
          name, formula: .operand(0), attributes: [:], operands: operands, y: y, target: target)
      ]
    default:
      return operation.formula.map { formula in
        [
          SingleImageKernels.map(
            name, formula: formula, attributes: operation.attributes, operands: operands, y: y, target: target)
        ]
      }
    }
  }
}

extension Entry {
  /// The entry with all of an image in canonical layout, for calls with few images; nil where it has no such form, since it
  /// trains, adds images up, or gives numbers of an objective, which are asked for of many images at once.
  var forSingleImages: Entry? {
    let isInference = results.allSatisfy { result in
      switch result.target {
      case .image, .probabilities, .latent: true
      case .metric, .gradient, .global: false
      }
    }
    let couplesImages = operations.contains { OpTable.standard[$0.name]?.couplesImages != false }
    let hasRows = values.contains { ($0.type?.samples ?? 1) > 1 }
    // These gather by a vector of addresses, of which there is none of one lane.
    let gathers = operations.contains { ["nearest_code", "lookup"].contains($0.name) }
    // Words hold pairs of images, or of channels of a block.
    let isNarrow = values.contains { $0.type?.element == .bf16 }
    guard isInference, !couplesImages, !hasRows, !gathers, !isNarrow,
      operations.contains(where: { OpTable.standard[$0.name]?.isProduct == true })
    else { return nil }
    var entry = self
    for index in entry.values.indices {
      let value = ValueID(index)
      entry[value].type = entry.type(of: value)?.with(layout: .canonical)
    }
    return entry
  }
}
