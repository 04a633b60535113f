import Artifact

/// Why a compiled model or a call of it cannot be had, and what helps.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// No manifest where a compiled model was expected.
  case notCompiled(folder: String, reason: String)
  /// The shared object cannot be loaded.
  case library(path: String, reason: String)
  case missingSymbol(library: String, symbol: String)
  case otherABI(library: String, found: UInt32)
  /// Library and manifest come from different compilations.
  case digestsDiffer(library: String)
  case missingInstructions(library: String, features: [String])
  case noEntry(model: String, entry: String, there: [String])
  case missingArgument(entry: String, argument: String)
  case unknownArgument(entry: String, argument: String, there: [String])
  case otherElement(entry: String, argument: String, needed: String, found: String)
  case otherCount(entry: String, argument: String, needed: Int, found: Int)
  case countOutOfRange(entry: String, count: Int)
  case outOfMemory(bytes: Int)
  /// The entry answered with an error.
  case refused(entry: String, status: Int32)

  public var description: String {
    switch self {
    case .notCompiled(let folder, let reason):
      "\(folder) is not a compiled model: \(reason): compile one with 'vaec compile Models/convvae.vdl'"
    case .library(let path, let reason):
      "cannot load \(path): \(reason): \(Self.again)"
    case .missingSymbol(let library, let symbol):
      "\(library) has no function \(symbol): \(Self.again)"
    case .otherABI(let library, let found):
      "\(library) was made by ABI \(found); this vaerun reads ABI \(Manifest.currentABI): \(Self.again) with the vaec of this version"
    case .digestsDiffer(let library):
      "\(library) and its manifest come from different compilations: \(Self.again)"
    case .missingInstructions(let library, let features):
      "\(library) needs instructions that this machine lacks (\(features.joined(separator: ", "))): compile the model "
        + "on this machine, or with a --cpu that does without them"
    case .noEntry(let model, let entry, let there):
      "\(model) has no entry \(entry): it has \(there.joined(separator: ", "))"
    case .missingArgument(let entry, let argument):
      "\(entry) needs \(argument): give a value for it"
    case .unknownArgument(let entry, let argument, let there):
      "\(entry) takes no \(argument): it takes \(there.joined(separator: ", "))"
    case .otherElement(let entry, let argument, let needed, let found):
      "\(entry): \(argument) is \(found): it has to be \(needed)"
    case .otherCount(let entry, let argument, let needed, let found):
      "\(entry): \(argument) has \(found) elements: it has to have \(needed)"
    case .countOutOfRange(let entry, let count):
      "\(entry) cannot take \(count) images: give it at least one and no more than fit the memory"
    case .outOfMemory(let bytes):
      "\(bytes) bytes of memory cannot be had: use a smaller batch, or fewer images"
    case .refused(let entry, let status):
      "\(entry) answered with the status \(status): \(Self.again)"
    }
  }

  private static let again = "compile the model again"
}
