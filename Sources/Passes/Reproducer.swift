import IR

/// What somebody who mends the compiler needs of a failure: the program that it was given as text, with the command that
/// fails again.
public struct Reproducer: Sendable {
  public let fileName: String
  /// The file's contents: comments, then the module's text.
  public let text: String

  /// - Parameters:
  ///   - module: what the part of the compiler that failed was given.
  ///   - compiler: its version.
  ///   - command: makes the command that fails again, of the file's name.
  public init(_ module: Module, error: any Error, compiler: String, command: (_ file: String) -> String) {
    fileName = "vaec-reproducer-\(module.name).vir"
    let message = "\(error)".split(separator: "\n", omittingEmptySubsequences: false).map { "//   \($0)" }
    let lines =
      ["// \(compiler) failed on this program; please report it with this file."] + message + [
        "// It fails again with:", "//   \(command(fileName))", "",
      ]
    text = lines.joined(separator: "\n") + module.text
  }
}
