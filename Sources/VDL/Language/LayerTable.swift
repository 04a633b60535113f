import IR

/// A layer of the language: all that elaboration, error messages and the documentation know of it.
struct LayerDefinition: Sendable {
  typealias Emitter =
    @Sendable (_ arguments: BoundArguments, _ input: ValueID, inout EntryElaborator) throws -> ValueID

  let signature: Signature
  let summary: String
  /// What it does to one image, for the documentation.
  let shapes: String
  /// What its weights are named after, `norm` in `encoder.h.norm0.weight`; nil where it has none. A layer with weights may be
  /// named with `as`.
  let parameterName: String?
  let emit: Emitter

  var name: String { signature.name }

  init(
    _ name: String, _ parameters: [ParameterDefinition], _ summary: String, shapes: String,
    hasWeights: Bool = false, parameterName: String? = nil, emit: @escaping Emitter
  ) {
    signature = Signature(name: name, parameters: parameters)
    self.summary = summary
    self.shapes = shapes
    self.parameterName = parameterName ?? (hasWeights ? name : nil)
    self.emit = emit
  }
}

enum LayerTable {
  static let definitions =
    weightedLayers + NormalizationLayers.definitions + activationLayers + PoolingLayers.definitions
    + shapeLayers + ChannelLayers.definitions + TrainingLayers.definitions

  static func named(_ name: String) -> LayerDefinition? { definitions.first { $0.name == name } }

  private static let initializer = ParameterDefinition(
    "init", .initializer, default: .initializer(.standard), "how the weights begin")
  private static let bias = ParameterDefinition(
    "bias", .yesOrNo, default: .symbol("true"), "whether numbers are added, one for each channel or unit")
  private static let channels = ParameterDefinition(
    "channels", .integer(atLeast: 1), positional: true, "channels of the result")
  private static let kernel = ParameterDefinition(
    "kernel", .integer(atLeast: 1), "height and width of the window")
  private static let stride = ParameterDefinition(
    "stride", .integer(atLeast: 1), default: .integer(1), "step of the window")

  private static let weightedLayers: [LayerDefinition] = [
    LayerDefinition(
      "conv",
      [
        channels, kernel, stride,
        ParameterDefinition("pad", .padding, default: .integer(0), "zeros around the image, or 'same'"),
        initializer, bias,
      ],
      "convolution (correlation); weights [channels, C, kernel, kernel]",
      shapes: "C x H x W -> channels x floor((H + 2 pad - kernel) / stride) + 1 x the same of W; "
        + "same: channels x ceil(H / stride) x the same of W",
      hasWeights: true,
      emit: { arguments, input, entry throws in
        let (channels, kernel) = (arguments.integer("channels"), arguments.integer("kernel"))
        let weight = entry.weight([.fixed(channels), .unknown, .fixed(kernel), .fixed(kernel)], arguments)
        let attributes: Attributes = [
          "stride": squareStride(arguments), "pad": .ints(pads(arguments, kernel: kernel)),
        ]
        let product = try entry.add("conv2d", [input, weight], attributes)
        return try entry.addBias(to: product, .fixed(channels), arguments)
      }),
    LayerDefinition(
      "deconv",
      [
        channels, kernel, stride,
        ParameterDefinition(
          "pad", .integer(atLeast: 0), default: .integer(0), "zeros taken off around the result"),
        ParameterDefinition(
          "output_padding", .integer(atLeast: 0), default: .integer(0), "rows and columns added at the end"),
        initializer, bias,
      ],
      "transposed convolution; weights [C, channels, kernel, kernel]",
      shapes: "C x H x W -> channels x (H - 1) stride + kernel - 2 pad + output_padding x the same of W",
      hasWeights: true,
      emit: { arguments, input, entry throws in
        let (channels, kernel) = (arguments.integer("channels"), arguments.integer("kernel"))
        let weight = entry.weight([.unknown, .fixed(channels), .fixed(kernel), .fixed(kernel)], arguments)
        let extra = arguments.integer("output_padding")
        let attributes: Attributes = [
          "stride": squareStride(arguments), "pad": .ints(pads(arguments, kernel: kernel)),
          "output_padding": .ints([extra, extra]),
        ]
        let product = try entry.add("conv2d_transpose", [input, weight], attributes)
        return try entry.addBias(to: product, .fixed(channels), arguments)
      }),
    LayerDefinition(
      "dense",
      [
        ParameterDefinition("units", .integer(atLeast: 1), positional: true, "numbers in the result"),
        initializer, bias,
      ],
      "dense layer, W h + b; weights [units, features]", shapes: "features -> units", hasWeights: true,
      emit: { arguments, input, entry throws in
        let units = arguments.integer("units")
        let product = try entry.add("dense", [input, entry.weight([.fixed(units), .unknown], arguments)])
        return try entry.addBias(to: product, .fixed(units), arguments)
      }),
  ]

  /// The activations are those of the op table: their definitions there are all that is said of them.
  private static let activationLayers = OpTable.activations.map(activation)

  private static let shapeLayers: [LayerDefinition] = [
    LayerDefinition(
      "flatten", [], "all elements of an image in one row, in the order C, H, W", shapes: "C x H x W -> C H W",
      emit: { _, input, entry throws in try entry.add("reshape", [input], ["shape": .ints([-1])]) }),
    LayerDefinition(
      "reshape",
      [ParameterDefinition("extents", .integers(atLeast: 1), positional: true, "extents of the result")],
      "the same elements under other extents", shapes: "any -> extents, as many elements",
      emit: { arguments, input, entry throws in
        try entry.add("reshape", [input], ["shape": .ints(arguments.integers("extents"))])
      }),
  ]

  private static func activation(_ op: OpDefinition) -> LayerDefinition {
    let parameters = op.attributes.map { attribute in
      var value: ArgumentValue?
      if case .float(let number)? = attribute.defaultValue { value = .number(number) }
      return ParameterDefinition(attribute.name, .number(.nonnegative), default: value, attribute.summary)
    }
    return LayerDefinition(
      op.name, parameters, op.summary.hasSuffix(".") ? String(op.summary.dropLast()) : op.summary,
      shapes: "any -> the same",
      emit: { arguments, input, entry throws in
        let attributes = parameters.map { ($0.name, Attribute.float(arguments.number($0.name))) }
        return try entry.add(
          op.name, [input], Attributes(Dictionary(attributes, uniquingKeysWith: { first, _ in first })))
      })
  }

  private static func squareStride(_ arguments: BoundArguments) -> Attribute {
    .ints([arguments.integer("stride"), arguments.integer("stride")])
  }

  /// Top, bottom, left, right, or what stands for Keras's `same`: with stride 1 it keeps the extent by kernel - 1 zeros, the odd one
  /// behind; with a larger stride the zeros depend on the image's extents.
  private static func pads(_ arguments: BoundArguments, kernel: Int) -> [Int] {
    guard arguments.symbol("pad") != nil else { return Array(repeating: arguments.integer("pad"), count: 4) }
    guard arguments.integer("stride") == 1 else { return ConvolutionAttributes.same }
    let before = (kernel - 1) / 2
    return [before, kernel - 1 - before, before, kernel - 1 - before]
  }
}
