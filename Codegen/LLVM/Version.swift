internal import CLLVM

/// LLVM itself.
public enum LLVMLibrary {
  /// The version whose headers this was built with: `19.1.7`.
  public static let version = LLVM_VERSION_STRING
}
