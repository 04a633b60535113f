import IR

/// Layers that normalise.
enum NormalizationLayers {
  static let definitions: [LayerDefinition] = [
    LayerDefinition(
      "batch_norm",
      [
        ParameterDefinition(
          "momentum", .number(.unit), default: .number(0.1), "share of a batch in the running statistics"),
        ParameterDefinition("epsilon", .number(.positive), default: .number(1e-5), "added to the variance"),
      ],
      "each channel: weight (h - mean) / sqrt(var + epsilon) + bias; of the batch in training, running ones elsewhere",
      shapes: "any -> the same", parameterName: "norm",
      emit: { arguments, input, entry throws in
        try entry.batchNorm(
          input, momentum: arguments.number("momentum"), epsilon: arguments.number("epsilon"))
      }),
    LayerDefinition(
      "layer_norm",
      [ParameterDefinition("epsilon", .number(.positive), default: .number(1e-5), "added to the variance")],
      "each image: weight (h - mean) / sqrt(var + epsilon) + bias, mean and var over all its elements, weight and bias one for "
        + "each number of a row or channel of an image",
      shapes: "any -> the same", parameterName: "norm",
      emit: { arguments, input, entry throws in
        try entry.layerNorm(input, epsilon: arguments.number("epsilon"))
      }),
  ]
}
