import Foundation

/// What is read of `vaerun evaluate --json`.
struct Evaluation: Decodable {
  struct Likelihood: Decodable {
    let mean: Double
  }

  let terms: [String: Double]
  let reconstructionError: Double?
  let activeLatents: Int?
  let latents: Int?
  let accuracy: Double?
  let logLikelihood: Likelihood?

  func value(_ figure: Figure) -> Double? {
    switch figure {
    case .total: terms["loss"]
    case .term(let name): terms[name]
    case .error: reconstructionError
    case .activeLatents: activeLatents.map(Double.init)
    case .likelihood: logLikelihood?.mean
    case .accuracy: accuracy.map { $0 * 100 }
    }
  }
}

/// What is read of a run's `environment.json`: the processes that trained it.
struct TrainingSession: Decodable {
  let processorSeconds: Double?
  /// Nil for one that goes on, or was killed.
  let ending: String?
}

extension Figure {
  /// A value as the table shows it: five digits of what is small, two places of what is large.
  func text(_ value: Double) -> String {
    switch self {
    case .activeLatents: String(format: value == value.rounded() ? "%.0f" : "%.1f", value)
    case .accuracy: String(format: "%.1f %%", value)
    default: String(format: abs(value) < 1 ? "%.5f" : "%.2f", value)
    }
  }
}
