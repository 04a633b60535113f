import Diagnostics
import IR

extension Phase {
  /// Prints the module, reads the text back and compares: the text form loses nothing that a pass makes.
  ///
  /// - Throws: `InternalError` with the first line that differs, or with what the parser refuses.
  public func verifyRoundTrip() throws(InternalError) {
    let text = module.text
    let again: Module
    do {
      again = try Module(parsing: SourceText(name: fileName, text: text))
    } catch {
      throw InternalError(
        pass: name, problem: "made a module whose text cannot be read", diagnostics: error.diagnostics)
    }
    guard again != module else { return }
    let pairs = zip(text.split(separator: "\n"), again.text.split(separator: "\n"))
    let difference =
      pairs.first { $0 != $1 }.map { "'\($0)' is read as '\($1)'" }
      ?? "it prints alike and yet is another module"
    throw InternalError(
      pass: name, problem: "made a module that its text does not give again",
      diagnostics: [Diagnostic(difference, at: nil)])
  }
}
