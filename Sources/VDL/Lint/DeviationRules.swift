import Diagnostics

// Programs that give a log-variance where a standard deviation is read, or the other way round, train all the same,
// to something that is not the model: the KL is too large or too small, and samples are too wide or too narrow.

extension LintRule {
  static let stdAsLogvar = LintRule(
    id: "std-as-logvar",
    summary:
      "`logvar:` is given what looks like a standard deviation: a layer whose results are never below 0, or "
      + "a name such as std or sigma.",
    check: { model in
      model.values(labeled: ["logvar"]).compactMap { _, value in
        if let layer = value.layer, LayerRange.isNonnegative(layer.text) {
          return value.warning(
            "'logvar:' takes the logarithm of a variance, which may be below 0; '\(layer.text)' gives nothing below 0",
            at: layer, "write 'std:' if this is a standard deviation, or leave '\(layer.text)' out")
        }
        guard let name = value.names.first(where: { $0.text.saysDeviation }) else { return nil }
        if name.text.saysLogarithm {
          return value.warning(
            "'logvar:' takes log(std^2), but '\(name.text)' is named like log(std), half of it", at: name,
            "rename it, or write 'logvar: 2 * \(name.text)'")
        }
        return value.warning(
          "'logvar:' takes the logarithm of a variance, but '\(name.text)' is named like a standard deviation",
          at: name,
          "write 'std:' if this is a standard deviation, or rename it")
      }
    })

  static let logvarAsStd = LintRule(
    id: "logvar-as-std", summary: "`std:` is given what is named like a variance or a logarithm.",
    check: { model in
      model.values(labeled: ["std"]).compactMap { _, value in
        guard let name = value.names.first(where: { $0.text.saysVariance || $0.text.saysLogarithm }) else {
          return nil
        }
        return value.warning(
          "'std:' takes a standard deviation, but '\(name.text)' is named like something else", at: name,
          "write 'logvar:' if this is the logarithm of a variance, or rename it")
      }
    })

  static let unboundedStd = LintRule(
    id: "unbounded-std",
    summary:
      "`std:` or `scale:` is given a layer whose results may be 0 or below, of which there is no logarithm: training ends in NaN.",
    check: { model in
      model.values(labeled: ["std", "scale"]).compactMap { label, value in
        guard let layer = value.layer, !LayerRange.isPositive(layer.text),
          LayerTable.named(layer.text) != nil
        else {
          return nil
        }
        let remedy =
          label == "std"
          ? "end with softplus, or write 'logvar:', which may be any number" : "end with softplus"
        return value.warning(
          "'\(label):' has to be above 0, but '\(layer.text)' gives \(LayerRange.isNonnegative(layer.text) ? "0, too" : "any number")",
          at: layer, remedy)
      }
    })
}

extension String {
  fileprivate var saysDeviation: Bool {
    let name = lowercased()
    return ["std", "sigma", "stddev", "deviation"].contains { name.contains($0) }
  }
  fileprivate var saysLogarithm: Bool { lowercased().contains("log") }
  fileprivate var saysVariance: Bool { lowercased().contains("var") }
}

extension ModelSyntax {
  /// The arguments of those labels that distributions are given.
  fileprivate func values(labeled labels: Set<String>) -> [(label: String, value: ResolvedValue)] {
    distributionArguments.filter { labels.contains($0.label) }.map { ($0.label, $0.value) }
  }
}
