import Lowering

/// Errors in a model, rendered with the lines that they point to.
struct LocatedError: Error {
  let text: String

  /// For errors that the command has shown itself.
  static let shown = LocatedError(text: "")
}

/// What a command cannot do, and what helps.
enum CommandError: Error, CustomStringConvertible {
  case unknownEntry(String, known: [String])
  case unknownTarget(String)
  case noTree(String)
  case objectToTerminal
  case noGraphviz(String)
  case graphvizFailed(String)
  case outputFailed(String)
  /// Files that `--schedule` names.
  case noJSON(String)
  case malformedSchedule(String)

  var description: String {
    switch self {
    case .unknownEntry(let name, let known):
      "the model has no entry '\(name)'; it has \(known.joined(separator: ", "))"
    case .unknownTarget(let name):
      "there is no processor '\(name)'; choose \(TargetSelection.names.joined(separator: ", "))"
    case .noTree(let path): "\(path) is a program, which has no syntax tree: give a .vdl file"
    case .objectToTerminal: "an object file is not shown on a terminal: name a file with -o"
    case .noGraphviz(let path):
      "cannot draw \(path): there is no 'dot' on the PATH; install graphviz, or write the graph as text with -o NAME.dot"
    case .graphvizFailed(let reason): "dot failed: \(reason)"
    case .noJSON(let path):
      "\(path) is no JSON, or a damaged file: give a compiled model's folder, its manifest, or a JSON file with the list "
        + "'schedule'"
    case .malformedSchedule(let path):
      "\(path) is damaged: its list 'schedule' is not of the form that vaec writes; compile the model again"
    case .outputFailed(let reason): "cannot write the standard output: \(reason)"
    }
  }
}

/// A part of the compiler failed: a bug of ours, with the file that reproduces it.
struct ReproducedError: Error, CustomStringConvertible {
  let error: any Error
  /// Nil where the file could not be written.
  let file: String?

  var description: String {
    "\(error); " + (file.map { "please report it with \($0), which repeats it" } ?? "please report it")
  }
}
