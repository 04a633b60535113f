import IR
import Kernels

/// What a product multiplies, in words: floats where they lie, or pairs of bfloat16 numbers.
///
/// A product of images with weights sums over channels, so that a word has to hold two neighbouring channels; in memory, two
/// neighbouring images stand side by side. Both factors are interleaved first, to scratch. A weight gradient sums over images, and
/// takes its factors as they lie.
struct ProductFactors {
  /// The factors' types, whose channels are words.
  let types: [TensorType]
  let words: ProductWords
  /// How each factor is interleaved; empty where both are read as they lie.
  private let interleavings: [PairInterleaving]

  /// - Parameters:
  ///   - types: of the first two operands.
  ///   - target: as the product's kernels use it, with blocks of images.
  init(_ operation: String, _ types: [TensorType], _ target: KernelTarget) {
    guard types[0].element == .bf16 else {
      (self.types, words, interleavings) = (types, .floats, [])
      return
    }
    words = .pairs
    guard OpTable.standard[operation]?.isWeightGradient == false else {
      (self.types, interleavings) = (types, [])
      return
    }
    let (source, weights) = (types[0].extents, types[1].extents)
    let positions = source.dropFirst().reduce(1, *)
    // The weights' axis that the product sums over: inputs, or where it leads back to these, outputs.
    let axis = ["dense", "conv2d"].contains(operation) ? 1 : 0
    interleavings = [
      PairInterleaving(outer: 1, depth: source[0], inner: positions * target.blockImages),
      PairInterleaving(
        outer: weights[..<axis].reduce(1, *), depth: weights[axis],
        inner: weights[(axis + 1)...].reduce(1, *)),
    ]
    self.types = zip(types, [1, axis]).map { type, axis in
      var dimensions = type.dimensions
      if case .fixed(let extent) = dimensions[axis] { dimensions[axis] = .fixed((extent + 1) / 2) }
      return TensorType(.f32, dimensions, layout: type.layout)
    }
  }

  /// Memory for the words.
  var scratch: [Scratch] {
    zip(interleavings, [true, false]).map { Scratch(bytes: $0.byteCount, isPerBlock: $1) }
  }

  /// The factors as the product's kernels read them, the kernels that make them so, and the scratch that is left.
  func prepare(_ name: String, _ slots: OperationSlots) -> (
    slots: [TensorSlot], before: [Kernel], scratch: [Place]
  ) {
    guard !interleavings.isEmpty else { return (slots.operands, [], slots.scratch) }
    let factors = zip(types, slots.scratch).map { TensorSlot(type: $0, place: $1) }
    let before = [
      interleavings[0].perBlock(name + "_pairs", from: slots.operands[0], to: factors[0]),
      interleavings[1].flat(name + "_weight_pairs", from: slots.operands[1], to: factors[1]),
    ]
    return (factors, before, Array(slots.scratch.dropFirst(2)))
  }
}

extension Product {
  /// The machine as the kernels of a product use it.
  static func target(_ operation: String, _ words: ProductWords, _ target: KernelTarget) -> KernelTarget {
    words == .pairs && OpTable.standard[operation]?.isWeightGradient == true ? target.pairingImages : target
  }
}
