import IR

/// Layers without weights that change the size of images.
enum PoolingLayers {
  static let definitions: [LayerDefinition] = [
    LayerDefinition(
      "avg_pool", window, "mean of each window; zeros of the padding count", shapes: windowShapes,
      emit: { arguments, input, entry throws in
        let kernel = arguments.integer("kernel")
        var attributes = geometry(arguments)
        attributes["scale"] = .float(1 / Double(kernel * kernel))
        return try entry.add("sum_pool2d", [input], attributes)
      }),
    LayerDefinition(
      "max_pool", window,
      "largest element of each window; of several, the gradient goes to the first, row by row",
      shapes: windowShapes,
      emit: { arguments, input, entry throws in
        try entry.add("max_pool2d", [input], geometry(arguments))
      }),
    LayerDefinition(
      "global_avg_pool", [], "mean of each channel", shapes: "C x H x W -> C",
      emit: { _, input, entry throws in try entry.add("mean_positions", [input]) }),
    LayerDefinition(
      "upsample",
      [ParameterDefinition("factor", .integer(atLeast: 1), positional: true, "copies of each row and column")],
      "nearest neighbour: each element becomes a square", shapes: "C x H x W -> C x factor H x factor W",
      emit: { arguments, input, entry throws in
        let square = Attribute.ints([arguments.integer("factor"), arguments.integer("factor")])
        return try entry.add("spread2d", [input], ["kernel": square, "stride": square])
      }),
  ]

  private static let window = [
    ParameterDefinition("kernel", .integer(atLeast: 1), "height and width of the window"),
    ParameterDefinition(
      "stride", .integer(atLeast: 1), default: .symbol("kernel"),
      "step of the window; as large as it by default"),
    ParameterDefinition(
      "pad", .integer(atLeast: 0), default: .integer(0), "rows and columns added around the image"),
  ]

  private static let windowShapes = "C x H x W -> C x floor((H + 2 pad - kernel) / stride) + 1 x the same of W"

  private static func geometry(_ arguments: BoundArguments) -> Attributes {
    let kernel = arguments.integer("kernel")
    let stride = arguments.symbol("stride") == nil ? arguments.integer("stride") : kernel
    return [
      "kernel": .ints([kernel, kernel]), "stride": .ints([stride, stride]),
      "pad": .ints(Array(repeating: arguments.integer("pad"), count: 4)),
    ]
  }
}
