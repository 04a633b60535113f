import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import VDL

/// `vaec format`: models in the canonical layout.
enum FormatCommand {
  private static let files = Positional(
    "FILE", help: "the models' texts, .vdl files; '-' is standard input", isRequired: true, isRepeated: true,
    completion: .files(["vdl"]))
  private static let check = Flag("check", help: "changes nothing and fails where a file is not formatted")
  private static let inPlace = Flag("in-place", short: "i", help: "writes the files instead of standard output")

  static let command = Command(
    "format", summary: "prints models in the canonical layout",
    details: [
      "Comments and the author's line breaks before '|>', '+' and '-' and between arguments stay. What the model "
        + "means does not change."
    ],
    positionals: [files], options: [check, inPlace, VaecCommands.quiet],
    examples: [
      Example("vaec format -i Models/*.vdl", "formats the files"),
      Example("vaec format --check Models/*.vdl", "for a test: status 1 where a file is not formatted"),
    ])

  static func run(_ invocation: Invocation) throws {
    guard !invocation[check] || !invocation[inPlace] else {
      throw UsageError("--check and --in-place exclude each other", "give one of them")
    }
    var errors: [String] = []
    var unformatted: [String] = []
    for path in invocation.all(files) {
      let source = try ModelText.read(path)
      do {
        let text = try format(source)
        if invocation[check] {
          if Array(text.utf8) != source.bytes { unformatted.append(path) }
        } else if invocation[inPlace], path != ModelText.standardInput {
          if Array(text.utf8) != source.bytes {
            try AtomicFile.write(Data(text.utf8), to: path)
            VaecCommands.tell(invocation, "formatted \(path)")
          }
        } else {
          try TextOutput.write(text, to: nil)
        }
      } catch let list as DiagnosticList {
        errors.append(ModelInput.text(of: list, in: [source]))
      }
    }
    if !errors.isEmpty { throw LocatedError(text: errors.joined(separator: "\n")) }
    if !unformatted.isEmpty { throw FormatError.notFormatted(unformatted) }
  }

  /// The formatted text, which is made sure to mean the same.
  private static func format(_ source: SourceText) throws -> String {
    let text = try formatModel(source)
    let result = SourceText(name: source.name, text: text)
    guard (try? parseModel(result).meaning) == (try parseModel(source).meaning) else {
      throw InternalError("formatting \(source.name) would change its meaning")
    }
    return text
  }
}

enum FormatError: Error, CustomStringConvertible {
  case notFormatted([String])

  var description: String {
    switch self {
    case .notFormatted(let paths):
      "not formatted: \(paths.joined(separator: ", ")); 'vaec format --in-place' mends it"
    }
  }
}

/// Models' texts as the language tools read them: diagnostics name the path as it was given.
enum ModelText {
  static let standardInput = "-"

  static func read(_ path: String) throws -> SourceText {
    guard path == standardInput else {
      return SourceText(name: path, text: try ModelInput.text(of: path, sizeLimit: ParserLimits.fileBytes))
    }
    let data = FileHandle.standardInput.readDataToEndOfFile()
    guard let text = String(data: data, encoding: .utf8) else {
      throw FileError(.read, "standard input", reason: "it is not UTF-8 text: save it as UTF-8")
    }
    return SourceText(name: "standard input", text: text)
  }
}
