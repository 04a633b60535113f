import Diagnostics
import IR

/// Why an entry cannot be run with what it was given.
public enum InterpreterError: Error, Equatable, CustomStringConvertible {
  case noEntry(String, there: [String])
  case noImages(Int)
  case missingArgument(String, entry: String, type: TensorType)
  case unknownArgument(String, entry: String, there: [String])
  case missingGlobal(String, type: TensorType)
  case misshapen(String, shape: [Int], wanted: [Int], type: TensorType)
  case notAnElement(String, number: Double, type: TensorType)
  case tooLarge(TensorType, images: Int)

  public var description: String {
    switch self {
    case .noEntry(let name, let there):
      return "the module has no entry @\(name): \(suggestion(for: name, of: there))"
    case .noImages(let count):
      return "an entry runs on 1 image or more, not on \(count)"
    case .missingArgument(let name, let entry, let type):
      return "@\(entry) needs the argument %\(name) : \(type): give it a value"
    case .unknownArgument(let name, let entry, let there):
      return "@\(entry) has no argument %\(name): \(suggestion(for: name, of: there))"
    case .missingGlobal(let name, let type):
      return "there is no value for @\(name) : \(type): give it one, such as its initial value"
    case .misshapen(let name, let shape, let wanted, let type):
      return "\(name) : \(type) has the shape \(wanted) here, not \(shape): give it that shape"
    case .notAnElement(let name, let number, let type):
      return "\(name) : \(type) cannot hold \(number): give it whole numbers of \(type.element.rawValue)"
    case .tooLarge(let type, let images):
      return "\(type) is too large for \(images) images: run fewer at once"
    }
  }
}

private func suggestion(for name: String, of names: [String]) -> String {
  if let match = closestMatch(to: name, in: names) { return "did you mean '\(match)'?" }
  return names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"
}
