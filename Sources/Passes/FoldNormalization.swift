import IR

extension Pass {
  /// Makes normalization by running statistics a part of the product before it (convolution, transposed convolution, dense
  /// layer), where nothing else reads what is normalized:
  ///
  ///     %0 = conv2d %x, @w : f32[N,32,14,14]
  ///     %1 = add_bias %0, @b : f32[N,32,14,14]
  ///     %2 = channel_scale @weight, @running_var {epsilon = 1e-05} : f32[32]
  ///     %3 = affine_channels %1, %2, @bias, @running_mean : f32[N,32,14,14]
  ///
  /// becomes
  ///
  ///     %0 = channel_scale @weight, @running_var {epsilon = 1e-05} : f32[32]
  ///     %1 = sub @b, @running_mean : f32[32]
  ///     %2 = mul %1, %0 : f32[32]
  ///     %3 = add @bias, %2 : f32[32]
  ///     %4 = conv2d %x, @w, %3, %0 : f32[N,32,14,14]
  ///
  /// so that the activation behind it is fused as behind any other product. The scale is applied to the sums and not to the
  /// weights, of which a call would first have to make a scaled copy: for one image that is as much work as normalization, or
  /// more, while a tile multiplies its sums where it would add the bias.
  ///
  /// Statistics of a batch are made of what they normalize, which then has two readers, and stays.
  public static let foldNormalization = Pass(
    name: "fold-normalization",
    summary: "makes normalization by running statistics a part of the product before it",
    perEntry: { entry, context in
      for normalization in entry.operations {
        guard let folded = entry.folded(normalization),
          entry.replace(folded.replaced, by: folded.operations)
        else { continue }
        context.count("normalizations folded")
      }
    })
}

private let layerProducts: Set<String> = ["conv2d", "conv2d_transpose", "dense"]

extension Entry {
  /// What a normalization may be replaced by, together with the product before it; nil where there is none, or something
  /// else reads that.
  fileprivate mutating func folded(
    _ normalization: Operation
  ) -> (replaced: [Operation], operations: [Operation])? {
    guard normalization.name == "affine_channels", normalization.operands.count == 4,
      normalization.hasPlainFormula
    else { return nil }
    let operands = normalization.operands
    let (scale, bias, mean) = (operands[1], operands[2], operands[3])
    guard isRunningScale(scale), self[bias].global != nil, self[mean].global != nil,
      let before = productBefore(operands[0]), let channels = type(of: mean)
    else { return nil }
    let replaced = before.operations + [normalization]
    let sources = mergedSources(replaced)
    var added: [Operation] = []
    func add(_ op: String, _ operands: [ValueID]) -> ValueID {
      let value = addValue(Value(type: channels))
      added.append(Operation(op, operands, results: [value], sources: sources))
      return value
    }
    // scale * (sum + b - mean) + bias = scale * sum + (bias + (b - mean) * scale)
    let offset =
      before.bias.map { add("add", [bias, add("mul", [add("sub", [$0, mean]), scale])]) }
      ?? add("sub", [bias, add("mul", [mean, scale])])
    var product = before.product
    product.operands = product.operands.prefix(2) + [offset, scale]
    product.results = normalization.results
    product.sources = sources
    return (replaced, added + [product])
  }

  /// Whether a value is the scale of running statistics: made of globals alone.
  private func isRunningScale(_ value: ValueID) -> Bool {
    guard let operation = definition(of: value), operation.name == "channel_scale" else { return false }
    return operation.operands.allSatisfy { self[$0].global != nil }
  }

  /// The product that makes a value, with its bias, where nothing else reads either; with the operations that the two are.
  private func productBefore(
    _ value: ValueID
  ) -> (product: Operation, bias: ValueID?, operations: [Operation])? {
    let uses = useCounts()
    guard uses[value] == 1, let last = definition(of: value) else { return nil }
    if last.isPlainProduct { return (last, last.operands.dropFirst(2).first, [last]) }
    guard last.name == "add_bias", uses[last.operands[0]] == 1, let product = definition(of: last.operands[0]),
      product.isPlainProduct, product.operands.count == 2
    else { return nil }
    return (product, last.operands[1], [product, last])
  }

  private func definition(of value: ValueID) -> Operation? {
    operations.first { $0.results.contains(value) }
  }
}

extension Operation {
  /// A layer's product with nothing fused into it but a bias.
  fileprivate var isPlainProduct: Bool {
    layerProducts.contains(name) && operands.count <= 3 && attributes.symbol("epilogue") ?? "none" == "none"
  }
}
