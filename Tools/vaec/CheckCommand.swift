import CommandLineTable
import Diagnostics
import Inspection

/// `vaec check`: what is wrong with models.
enum CheckCommand {
  private static let files = Positional(
    "FILE", help: "the models' texts, .vdl files; '-' is standard input", isRequired: true, isRepeated: true,
    completion: .files(["vdl"]))
  private static let json = Flag("json", help: "prints each message as one line of JSON, for editors")

  static let command = Command(
    "check", summary: "finds errors and likely mistakes in models",
    details: [
      "All errors are shown at once: those of the text, of names and arguments, and of shapes. A model without "
        + "errors is looked through for what is likely a mistake, such as names that nothing uses.",
      "Ends with status 1 where there are errors, with 0 where there are warnings alone.",
    ],
    positionals: [files], options: [json, VaecCommands.set, VaecCommands.noLint],
    examples: [
      Example("vaec check Models/*.vdl", "looks through several models"),
      Example("vaec check --json - < model.vdl", "as an editor calls it"),
    ])

  static func run(_ invocation: Invocation) throws {
    let settings = Dictionary(
      invocation[VaecCommands.set].map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    var hasErrors = false
    for path in invocation.all(files) {
      let source = try ModelText.read(path)
      let used = ModelFiles()
      let found = try ModelCheck.diagnostics(
        source, settings: settings, lints: !invocation[VaecCommands.noLint], read: used.read)
      if invocation[json] {
        try TextOutput.write(found.jsonLines(file: source.name), to: nil)
      } else {
        let text = ModelInput.text(of: found, in: [source] + used.used)
        if !text.isEmpty { VaecCommands.writeError(text + "\n") }
        try TextOutput.write("\(source.name): \(summary(found))\n", to: nil)
      }
      hasErrors = hasErrors || found.count(.error) > 0
    }
    if hasErrors { throw LocatedError.shown }
  }

  /// `2 errors`, `1 warning`; a model has errors or warnings, never both.
  private static func summary(_ found: DiagnosticList) -> String {
    func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
    if found.diagnostics.isEmpty { return "no errors" }
    let errors = found.count(.error)
    return errors > 0 ? counted(errors, "error") : counted(found.count(.warning), "warning")
  }
}
