import IR

/// Layers that mean something else, or something at all, in training alone.
enum TrainingLayers {
  static let definitions: [LayerDefinition] = [
    LayerDefinition(
      "dropout", [ParameterDefinition("rate", .number(.unit), "share of the elements that become zero")],
      "in training: zeros for a random share of the elements, the others divided by 1 - rate; elsewhere h itself",
      shapes: "any -> the same",
      emit: { arguments, input, entry throws in
        guard entry.isTraining else { return input }
        let rate = arguments.number("rate")
        var attributes = entry.drawAttributes(path: entry.drawPath("dropout"), domain: entry.mode.domain)
        attributes["rate"] = .float(rate)
        attributes["scale"] = .float(1 / (1 - rate))
        return try entry.add("dropout", [input] + entry.counters(), attributes)
      }),
    LayerDefinition(
      "quantize", [ParameterDefinition("codes", .integer(atLeast: 2), "rows of the codebook")],
      "the vector of the channels at each position, or the row, becomes the nearest of the codebook [codes, C], which begins as "
        + "N(0, 1 / codes^2); the gradient passes straight through",
      shapes: "any -> the same", hasWeights: true,
      emit: { arguments, input, entry throws in try entry.quantize(input, codes: arguments.integer("codes")) }),
    LayerDefinition(
      "stop_gradient", [], "h itself, through which no gradient passes", shapes: "any -> the same",
      emit: { _, input, entry throws in try entry.add("stop_gradient", [input]) }),
  ]
}
