import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import IR
import VDL

/// The text that a command is given: a model (`.vdl`), or the program of one at any phase (`.vir`).
struct ModelInput {
  let path: String
  let source: SourceText
  let settings: [String: String]
  /// The models that the model uses parts of, from when its tree was made.
  let files: ModelFiles
  /// The optimizer that takes the place of the model's.
  private let optimizer: String?

  /// The largest texts that are read; a program of a large model runs to some megabytes.
  private static let sizeLimits = (model: ParserLimits.fileBytes, program: 1 << 26)

  init(_ invocation: Invocation) throws {
    path = invocation[VaecCommands.model] ?? ""
    let limit = Self.isProgram(path) ? Self.sizeLimits.program : Self.sizeLimits.model
    // Ranges name the file without its folder, so that dumps do not depend on where the model lies.
    source = SourceText(name: splitPath(path).name, text: try Self.text(of: path, sizeLimit: limit))
    files = ModelFiles(folder: splitPath(path).folder)
    settings = Dictionary(
      invocation[VaecCommands.set].map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    optimizer = invocation[VaecCommands.optimizer]
    if optimizer != nil, isProgram {
      throw UsageError("--optimizer changes a model's text, and \(path) is a program", "name the .vdl file")
    }
  }

  static func text(of path: String, sizeLimit: Int) throws -> String {
    guard let text = String(data: try readFile(path, limit: sizeLimit), encoding: .utf8) else {
      throw FileError(.read, path, reason: "it is not UTF-8 text: save it as UTF-8")
    }
    return text
  }

  private static func isProgram(_ path: String) -> Bool { path.hasSuffix(".vir") }

  /// True for a program's text.
  var isProgram: Bool { Self.isProgram(path) }

  /// The tree of a model.
  func tree() throws -> ModelSyntax {
    guard !isProgram else { throw CommandError.noTree(path) }
    return try located {
      let tree = try parseModel(source).withUsedModels(read: files.read)
      return try optimizer.map { try tree.replacingOptimizer($0) } ?? tree
    }
  }

  /// The module of a program's text, verified.
  ///
  /// - Parameter locatedInText: gives the operations their places in this text.
  func program(locatedInText: Bool = false) throws -> Module {
    try located {
      // What is wrong is to be shown in this text, not in the model that it was made of.
      let own = try Module(parsing: source, locatedInText: true)
      try Verifier.verify(own)
      return locatedInText ? own : try Module(parsing: source)
    }
  }

  /// The texts that messages may point into.
  var sources: [SourceText] {
    [source] + files.used
      + (optimizer.map { [SourceText(name: ModelSyntax.optimizerTextName, text: $0)] } ?? [])
  }

  /// Errors that point into the text are shown with its lines; others, of what was set on the command line, are a line each.
  static func text(of list: DiagnosticList, in sources: [SourceText]) -> String {
    let renderer = DiagnosticRenderer(sources: sources)
    return list.diagnostics.map { diagnostic in
      guard diagnostic.range == nil else { return renderer.render(diagnostic) }
      let parts = [diagnostic.message] + diagnostic.notes.map(\.message)
      return "vaec: \(diagnostic.severity.rawValue): \(parts.joined(separator: ": "))"
    }.joined(separator: "\n")
  }

  /// Errors as `text` shows them.
  func located<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let list as DiagnosticList {
      throw LocatedError(text: Self.text(of: list, in: sources))
    }
  }
}
