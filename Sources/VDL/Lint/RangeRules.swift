import Diagnostics

// A last activation of the wrong range is no error to the compiler: the model trains to the best of what it can say, which
// leaves out black or white.

extension LintRule {
  static let boundedLogits = LintRule(
    id: "bounded-logits",
    summary:
      "`logits:` is given an activation: logits are any numbers, of which the distribution makes probabilities itself.",
    check: { model in
      model.distributionArguments.filter { $0.label == "logits" }.compactMap { argument in
        guard let layer = argument.value.layer, let range = LayerRange.words(layer.text) else { return nil }
        return argument.value.warning(
          "'logits:' takes any number, but '\(layer.text)' gives \(range)", at: layer,
          "leave '\(layer.text)' out: '\(argument.distribution)' makes probabilities of logits itself")
      }
    })

  static let outputRange = LintRule(
    id: "output-range",
    summary:
      "A reconstruction or a likelihood's `mean:` ends with an activation whose range is not that of grey levels, 0 to 1.",
    check: { model in
      let means = model.distributionArguments.filter { argument in
        argument.label == "mean" && argument.isLikelihood
      }
      return (means.map(\.value) + model.reconstructions).compactMap { value in
        guard let layer = value.layer, layer.text != "sigmoid", let range = LayerRange.words(layer.text) else {
          return nil
        }
        return value.warning(
          "grey levels lie between 0 and 1, but '\(layer.text)' gives \(range)", at: layer,
          layer.text == "tanh"
            ? "end with sigmoid, or without an activation"
            : "end with sigmoid, or without an activation: where '\(layer.text)' is flat, black is out of reach or learns nothing"
        )
      }
    })
}
