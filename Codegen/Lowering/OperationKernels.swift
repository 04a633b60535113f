import IR
import Kernels

/// The tensors of an operation as its kernels see them, and its scratch.
struct OperationSlots: Hashable {
  let operands: [TensorSlot]
  let results: [TensorSlot]
  let scratch: [Place]
}

/// Memory that an operation needs for itself.
struct Scratch {
  /// In each block, or in all.
  let bytes: Int
  let isPerBlock: Bool
}

/// The kernels of one operation: what its op's family makes of it. An op with a formula needs no line here.
struct OperationKernels {
  let target: KernelTarget
  /// How the operation's product is cut, where it is one.
  var schedule = KernelSchedule()

  /// The scratch that an operation needs, in the order in which `kernels` expects the places.
  static func scratch(
    _ operation: Operation, _ entry: Entry, _ schedule: KernelSchedule, _ target: KernelTarget
  ) -> [Scratch] {
    guard OpTable.standard[operation.name]?.isProduct == true else { return [] }
    let factors = ProductFactors(operation.name, operation.operands.prefix(2).map(entry.typeOf), target)
    let types = factors.types
    let target = Product.target(operation.name, factors.words, target)
    switch operation.name {
    case "dense_weight_gradient":
      return [
        Scratch(
          bytes: TransposeKernel.Target.byteCount(
            channels: types[1].extents[0], positions: 1, vectors: schedule[.stripVectors], target: target),
          isPerBlock: true)
      ]
    case "conv2d_weight_gradient":
      let geometry = weightGradientGeometry(operation, map: types[0], image: types[1])
      return [
        Scratch(
          bytes: WeightGradientKernels.sumBytes(geometry, schedule: schedule, target: target),
          isPerBlock: false)
      ]
    case "conv2d", "conv2d_transpose":
      let geometry = geometry(operation, types[0], types[1], entry.typeOf(operation.results[0]))
      let packed = ConvolutionKernels.packedBytes(
        geometry, isTransposed: operation.name == "conv2d_transpose", schedule: schedule, target: target)
      return factors.scratch + (packed.map { [Scratch(bytes: $0, isPerBlock: false)] } ?? [])
    default: return factors.scratch
    }
  }

  static func weightGradientGeometry(
    _ operation: Operation, map: TensorType, image: TensorType
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      input: image, output: map, kernel: operation.attributes.ints("kernel"), attributes: operation.attributes)
  }

  /// The kernels of an operation, in order. Throws for an op that no kernel covers.
  ///
  /// - Parameter samples: rows for each image that the operation goes through.
  func kernels(
    _ operation: Operation, _ slots: OperationSlots, samples: Int, name: String, entry: String
  ) throws -> [Kernel] {
    try kernelsOfRow(operation, slots, name: name, entry: entry).map { kernel in
      var kernel = kernel
      kernel.samples = samples
      return kernel
    }
  }

  private func kernelsOfRow(_ operation: Operation, _ slots: OperationSlots, name: String, entry: String) throws
    -> [Kernel]
  {
    let (operands, results) = (slots.operands, slots.results)
    guard let y = results.first else { throw LoweringError.unplanned(operation: operation.name, entry: entry) }
    let attributes = operation.attributes
    switch operation.name {
    case "to_bf16", "to_f32": return [ConversionKernels.kernel(name, from: operands[0], to: y)]
    case "reshape": return operands[0].place == y.place ? [] : [copy(name, from: operands[0], to: y)]
    case "constant":
      return [
        ElementwiseKernels.kernel(
          name, formula: .constant(attributes.float("value")), attributes: [:], operands: [], y: y)
      ]
    case "decode_u8": return [LayoutKernels.load(name, from: operands[0], to: y, target: target)]
    case "relayout":
      // An image's rows lie one behind the other in either layout, as one long row.
      let (from, to) = (operands[0].withRowsAsExtent, y.withRowsAsExtent)
      return attributes.layout("to") == .canonical
        ? [LayoutKernels.store(name, from: from, to: to, target: target)]
        : [LayoutKernels.load(name, from: from, to: to, target: target)]
    default:
      return try productKernels(name, operation, slots)
        ?? poolingKernels(name, operation, operands, y)
        ?? normalizationKernels(name, operation, operands, results)
        ?? pairwiseKernels(name, operation, operands, results)
        ?? channelKernels(name, operation, operands, y)
        ?? smallKernels(operation, name: name, entry: entry, operands: operands, results: results)
    }
  }

  /// The geometry of a convolution or a transposed one from the types of its source, weights and result.
  static func geometry(
    _ operation: Operation, _ source: TensorType, _ weights: TensorType, _ result: TensorType
  ) -> ConvolutionGeometry {
    let isTransposed = operation.name == "conv2d_transpose"
    return ConvolutionGeometry(
      input: isTransposed ? result : source, output: isTransposed ? source : result,
      kernel: Array(weights.extents.suffix(2)), attributes: operation.attributes)
  }

  /// Products; nil for any other op.
  private func productKernels(_ name: String, _ operation: Operation, _ slots: OperationSlots) -> [Kernel]? {
    guard OpTable.standard[operation.name]?.isProduct == true else { return nil }
    let y = slots.results[0]
    let epilogue = EpilogueSlots(slots.operands)
    let words = ProductFactors(operation.name, slots.operands.prefix(2).map(\.type), target)
    let (factors, before, scratch) = words.prepare(name, slots)
    let target = Product.target(operation.name, words.words, target)
    let kernels: [Kernel]
    switch operation.name {
    case "dense":
      kernels = [
        DenseKernels.forward(
          name, operation: operation, x: factors[0], w: factors[1], epilogue: epilogue, y: y,
          words: words.words, schedule: schedule)
      ]
    case "dense_data_gradient":
      kernels = [
        DenseKernels.dataGradient(
          name, operation: operation, dy: factors[0], w: factors[1], epilogue: epilogue, dx: y,
          words: words.words, schedule: schedule)
      ]
    case "dense_weight_gradient":
      let columns = TransposeKernel.Target(
        place: scratch[0], channels: factors[1].type.extents[0], positions: 1,
        vectors: schedule[.stripVectors])
      kernels = [
        TransposeKernel.kernel(name + "_transpose", from: factors[1], to: columns),
        WeightGradientKernels.dense(
          name, dy: factors[0], x: columns, dw: y, words: words.words, schedule: schedule, target: target),
      ]
    case "conv2d":
      kernels = ConvolutionKernels.forward(
        name, operation: operation, x: factors[0], w: factors[1], epilogue: epilogue, y: y,
        geometry: Self.geometry(operation, factors[0].type, factors[1].type, y.type), words: words.words,
        packed: scratch.first, schedule: schedule, target: target)
    case "conv2d_transpose":
      kernels = ConvolutionKernels.transposed(
        name, operation: operation, y: factors[0], w: factors[1], epilogue: epilogue, x: y,
        geometry: Self.geometry(operation, factors[0].type, factors[1].type, y.type), words: words.words,
        packed: scratch.first, schedule: schedule, target: target)
    case "conv2d_weight_gradient":
      kernels = WeightGradientKernels.convolution(
        name, dy: factors[0], x: factors[1], dw: y, sums: scratch[0],
        geometry: Self.weightGradientGeometry(operation, map: factors[0].type, image: factors[1].type),
        words: words.words, schedule: schedule, target: target)
    default: return nil
    }
    return before + kernels.map { $0.with(target) }
  }

  /// Windows that slide over images; nil for any other op.
  private func poolingKernels(_ name: String, _ operation: Operation, _ operands: [TensorSlot], _ y: TensorSlot)
    -> [Kernel]?
  {
    let attributes = operation.attributes
    func geometry(image: TensorSlot, map: TensorSlot) -> ConvolutionGeometry {
      ConvolutionGeometry(
        input: image.type, output: map.type, kernel: attributes.ints("kernel"), attributes: attributes)
    }
    switch operation.name {
    case "sum_pool2d":
      return [
        PoolingKernels.sum(
          name, x: operands[0], y: y, geometry: geometry(image: operands[0], map: y),
          scale: attributes.float("scale"))
      ]
    case "spread2d":
      return [
        PoolingKernels.spread(
          name, y: operands[0], x: y, geometry: geometry(image: y, map: operands[0]),
          scale: attributes.float("scale"))
      ]
    case "max_pool2d":
      return [
        PoolingKernels.largest(name, x: operands[0], y: y, geometry: geometry(image: operands[0], map: y))
      ]
    case "max_pool2d_gradient":
      return [
        PoolingKernels.largestGradient(
          name, dy: operands[0], x: operands[1], dx: y, geometry: geometry(image: y, map: operands[0]))
      ]
    case "max_pool2d_select":
      return [
        PoolingKernels.select(
          name, from: operands[0], x: operands[1], y: y, geometry: geometry(image: operands[1], map: y))
      ]
    case "mean_positions": return [PoolingKernels.meanPositions(name, x: operands[0], y: y)]
    case "repeat_positions":
      return [PoolingKernels.repeatPositions(name, x: operands[0], y: y, scale: attributes.float("scale"))]
    default: return nil
    }
  }

  /// Statistics, numbers and sums of channels; nil for any other op.
  private func normalizationKernels(
    _ name: String, _ operation: Operation, _ operands: [TensorSlot], _ results: [TensorSlot]
  ) -> [Kernel]? {
    let formula = operation.attributes.formula("formula") ?? .operand(0)
    switch operation.name {
    case "channel_statistics":
      return [NormalizationKernels.statistics(name, x: operands[0], mean: results[0], variance: results[1])]
    case "affine_channels":
      return [NormalizationKernels.affine(name, operands: operands, formula: formula, y: results[0])]
    case "channel_sums":
      return [
        NormalizationKernels.sums(
          name, operands: operands, formula: formula, dscale: results[0], dbias: results[1])
      ]
    case "normalization_gradient":
      return [NormalizationKernels.gradient(name, operands: operands, formula: formula, dx: results[0])]
    case "inverse_count", "bessel_correction":
      let isCorrection = operation.name == "bessel_correction"
      return [NormalizationKernels.count(name, of: operands[0], isCorrection: isCorrection, y: results[0])]
    default: return nil
    }
  }

  /// Sums over pairs of images; nil for any other op.
  private func pairwiseKernels(
    _ name: String, _ operation: Operation, _ operands: [TensorSlot], _ results: [TensorSlot]
  ) -> [Kernel]? {
    let formula = operation.attributes.formula("formula") ?? .operand(0)
    let omitsSelf = operation.attributes.symbol("pairs") == "others"
    switch operation.name {
    case "kernel_means":
      return [
        PairwiseKernels.kernelMeans(
          name, a: operands[0], b: operands[1], formula: formula, omitsSelf: omitsSelf, y: results[0])
      ]
    case "kernel_means_gradient":
      return [
        PairwiseKernels.kernelMeansGradient(
          name, dy: operands[0], a: operands[1], b: operands[2], slope: formula.derivative(by: 0),
          omitsSelf: omitsSelf, da: results[0], db: results[1])
      ]
    case "aggregate_posterior":
      return [
        PairwiseKernels.aggregatePosterior(
          name, z: operands[0], mean: operands[1], logvar: operands[2], joint: results[0], marginals: results[1]
        )
      ]
    case "aggregate_posterior_gradient":
      return [
        PairwiseKernels.aggregatePosteriorGradient(
          name, operands: operands, dz: results[0], dmean: results[1], dlogvar: results[2])
      ]
    default: return nil
    }
  }

  /// Parts of channels, and classes; nil for any other op.
  private func channelKernels(_ name: String, _ operation: Operation, _ operands: [TensorSlot], _ y: TensorSlot)
    -> [Kernel]?
  {
    let channels = y.type.extents.first ?? 1
    let positions = y.type.count / max(1, channels)
    let first = operation.attributes.int("from") * positions
    let runs: [ChannelKernels.Run]
    switch operation.name {
    case "nearest_code":
      return [CodebookKernels.nearest(name, z: operands[0], codebook: operands[1], codes: y)]
    case "lookup": return [CodebookKernels.lookup(name, codes: operands[0], codebook: operands[1], q: y)]
    case "lookup_gradient":
      return [CodebookKernels.lookupGradient(name, dq: operands[0], codes: operands[1], dcodebook: y)]
    case "one_hot": return [ChannelKernels.oneHot(name, label: operands[0], y: y)]
    case "log_softmax": return [ReductionKernels.logSoftmax(name, x: operands[0], y: y)]
    case "concat": runs = operands.map { ChannelKernels.Run(from: $0, rows: $0.type.count) }
    case "slice": runs = [ChannelKernels.Run(from: operands[0], first: first, rows: y.type.count)]
    case "place":
      let rows = operands[0].type.count
      runs = [
        ChannelKernels.Run(from: nil, rows: first), ChannelKernels.Run(from: operands[0], rows: rows),
        ChannelKernels.Run(from: nil, rows: y.type.count - first - rows),
      ]
    default: return nil
    }
    return [ChannelKernels.join(name, runs, y: y)]
  }

  /// Everything but the products and the changes of layout.
  private func smallKernels(
    _ operation: Operation, name: String, entry: String, operands: [TensorSlot], results: [TensorSlot]
  ) throws -> [Kernel] {
    let attributes = operation.attributes
    let y = results[0]
    switch operation.name {
    case "sum_per_image": return [ReductionKernels.perImage(name, x: operands[0], y: y, scale: 1)]
    case "mean_per_image":
      return [ReductionKernels.perImage(name, x: operands[0], y: y, scale: 1 / Double(operands[0].type.count))]
    case "broadcast_per_image": return [ReductionKernels.broadcastPerImage(name, x: operands[0], y: y)]
    case "mean_images": return [ReductionKernels.meanImages(name, x: operands[0], y: y)]
    case "split_images": return [ReductionKernels.spreadOverImages(name, x: operands[0], y: y, divides: true)]
    case "repeat_images": return [ReductionKernels.spreadOverImages(name, x: operands[0], y: y, divides: false)]
    case "sum_elements": return [ReductionKernels.sumElements(name, x: operands[0], y: y)]
    case "add_bias": return [ReductionKernels.perChannel(name, x: operands[0], bias: operands[1], y: y)]
    case "broadcast_channels": return [ReductionKernels.perChannel(name, x: nil, bias: operands[0], y: y)]
    case "sum_to_channels": return [ReductionKernels.toChannels(name, x: operands[0], y: y)]
    case "repeat_samples":
      return [
        ElementwiseKernels.kernel(name, formula: .operand(0), attributes: [:], operands: operands, y: y)
      ]
    case "sum_samples": return [SampleKernels.sum(name, x: operands[0], y: y, scale: 1)]
    case "mean_samples":
      return [SampleKernels.sum(name, x: operands[0], y: y, scale: 1 / Double(operands[0].type.samples))]
    case "log_mean_exp_samples": return [SampleKernels.logMeanExp(name, x: operands[0], y: y)]
    case "normal_noise":
      return [LatentKernels.noise(name, noise: LatentKernels.drawn(attributes, operands), y: y)]
    case "reparam_kl", "reparam_kl_given":
      let noise =
        operation.name == "reparam_kl"
        ? LatentKernels.drawn(attributes, Array(operands[2...])) : .given(operands[2])
      return [
        LatentKernels.forward(name, mean: operands[0], logvar: operands[1], noise: noise, z: y, kl: results[1])
      ]
    case "reparam_kl_gradient", "reparam_kl_given_gradient":
      let noise =
        operation.name == "reparam_kl_gradient"
        ? LatentKernels.drawn(attributes, Array(operands[4...])) : .given(operands[4])
      return [
        LatentKernels.backward(
          name, mean: operands[0], logvar: operands[1], dz: operands[2], dkl: operands[3], noise: noise,
          dmean: y, dlogvar: results[1])
      ]
    case "dropout":
      return [
        DrawKernels.dropout(
          name, x: operands[0], source: DrawKernels.Source(attributes, operands[1...]),
          rate: attributes.float("rate"), scale: attributes.float("scale"), y: y)
      ]
    case "bernoulli_draw":
      return [
        DrawKernels.bernoulli(
          name, x: operands[0], source: DrawKernels.Source(attributes, operands[1...]), y: y)
      ]
    case "bernoulli_loglik_sum", "bernoulli_loglik_sum_gradient":
      return [
        LikelihoodKernels.bernoulli(
          name, logits: operands[0], target: operands[1], d: operands.count > 2 ? operands[2] : nil, loglik: y,
          dlogits: results.count > 1 ? results[1] : nil)
      ]
    case "map2", "map3":
      return [
        OptimizerKernels.step(name, formulas: operation.formulas, operands: operands, results: results)
      ]
    case "square_sums": return [OptimizerKernels.squareSums(name, x: operands[0], y: y)]
    case "map_sum_per_image":
      return [
        ElementwiseKernels.sumPerImage(
          name, formula: attributes.formula("formula") ?? .operand(0), scale: attributes.float("scale"),
          operands: operands, y: y)
      ]
    case "bias_correction":
      return [
        OptimizerKernels.biasCorrection(name, decay: attributes.float("decay"), step: operands[0], y: y)
      ]
    default:
      guard let formula = operation.formula else {
        throw LoweringError.noKernel(operation: operation.name, entry: entry)
      }
      return [
        ElementwiseKernels.kernel(name, formula: formula, attributes: attributes, operands: operands, y: y)
      ]
    }
  }

  /// The kernel that copies a value to where a result is wanted.
  func copy(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    guard from.type.isPerImage else {
      return ElementwiseKernels.kernel(name, formula: .operand(0), attributes: [:], operands: [from], y: to)
    }
    switch (from.type.layout, to.type.layout) {
    case (.lanes, .canonical): return LayoutKernels.store(name, from: from, to: to, target: target)
    case (.lanes, .lanes):
      return ElementwiseKernels.kernel(name, formula: .operand(0), attributes: [:], operands: [from], y: to)
    case (.canonical, _): return LayoutKernels.copyRows(name, from: from, to: to)
    }
  }
}
