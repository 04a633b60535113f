/// What lowering cannot do; a fault of ours, not of the model's.
public enum LoweringError: Error, CustomStringConvertible {
  case noKernel(operation: String, entry: String)
  case unplanned(operation: String, entry: String)
  case incomplete(entry: String)
  case exchange(entry: String)

  public var description: String {
    switch self {
    case .noKernel(let operation, let entry): "no kernel makes the op '\(operation)' of entry '\(entry)'"
    case .unplanned(let operation, let entry): "'\(operation)' of entry '\(entry)' has no place in memory"
    case .incomplete(let entry):
      "entry '\(entry)' has values of unknown type: run the pass 'infer-shapes' first"
    case .exchange(let entry):
      "entry '\(entry)' returns the old value of a parameter as the new one of another that it returns too"
    }
  }
}
