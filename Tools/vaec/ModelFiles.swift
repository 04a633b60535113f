import Artifact
import Diagnostics
import VDL

/// Reads the texts of models whose parts a model uses, and keeps them for messages.
final class ModelFiles {
  /// The folder that names are seen from; empty where they are paths.
  private let folder: String
  /// What was read, in that order.
  private(set) var used: [SourceText] = []

  init(folder: String = "") { self.folder = folder }

  func read(_ name: String) throws -> SourceText {
    let path = folder.isEmpty || folder == "." || name.hasPrefix("/") ? name : folder + "/" + name
    let source = SourceText(
      name: name, text: try ModelInput.text(of: path, sizeLimit: ParserLimits.fileBytes))
    used.append(source)
    return source
  }
}
