internal import CLLVM

/// What LLVM refused. Only `unknownTarget` and `passesFailed` can be a user's mistake; the others are faults of
/// the code generator.
public enum LLVMError: Error, Hashable, CustomStringConvertible {
  /// The verifier's text about a module that is not well formed.
  case invalidModule(module: String, reason: String)
  /// No code generator for this triple in the LLVM that is linked.
  case unknownTarget(triple: String, reason: String)
  /// The pass pipeline could not be parsed or failed.
  case passesFailed(pipeline: String, reason: String)
  /// No machine code could be made.
  case emissionFailed(reason: String)

  public var description: String {
    switch self {
    case .invalidModule(let module, let reason):
      "the LLVM module '\(module)' is not well formed (a fault of the code generator): \(reason)"
    case .unknownTarget(let triple, let reason):
      "no code generator for the target '\(triple)': \(reason); use a triple such as x86_64-unknown-linux-gnu"
    case .passesFailed(let pipeline, let reason):
      "the LLVM passes '\(pipeline)' could not be run: \(reason)"
    case .emissionFailed(let reason):
      "LLVM could not make machine code: \(reason)"
    }
  }
}

/// The text of a message that LLVM allocated, which is disposed; trailing white space is cut.
func takeMessage(_ message: UnsafeMutablePointer<CChar>?) -> String {
  guard let message else { return "" }
  defer { LLVMDisposeMessage(message) }
  var text = String(cString: message)
  while text.last?.isWhitespace == true { text.removeLast() }
  return text
}
