/// What the grammar and the design know and no op stands behind yet: refused by name, not as unknown.
enum PlannedConstructs {
  static let layers: Set<String> = [
    "batch_norm", "layer_norm", "dropout", "concat", "slice", "one_hot", "stop_gradient", "quantize",
  ]
  static let distributions: Set<String> = ["categorical", "continuous_bernoulli", "laplace"]
  static let terms: Set<String> = ["iwae", "l1", "l2", "jacobian", "mmd", "total_correlation", "sparsity"]
  static let inputTypes: Set<String> = ["class", "vector"]
  static let optimizers: Set<String> = ["adagrad", "adamw", "rmsprop", "sgd"]

  static func message(_ construct: String) -> String { "'\(construct)' is not supported yet" }
}
