import Artifact
import CommandLineTable
import Foundation
import IR
import Inspection

/// Where a text or object goes: a file, or standard output.
enum TextOutput {
  static func write(_ text: String, to path: String?) throws { try write(Data(text.utf8), to: path) }

  static func write(_ data: Data, to path: String?) throws {
    if let path { return try AtomicFile.write(data, to: path) }
    if let reason = StandardFiles.write(data, to: STDOUT_FILENO) { throw CommandError.outputFailed(reason) }
  }
}

/// Graphs of programs, drawn by Graphviz where the file's name asks for a picture.
enum GraphOutput {
  /// Endings of files that are drawn.
  private static let pictures = ["svg", "png"]

  /// True for the name of a graph's file.
  static func isGraph(_ path: String) -> Bool {
    (pictures + ["dot"]).contains((path as NSString).pathExtension)
  }

  static func write(_ module: Module, to path: String?) throws {
    guard let path, pictures.contains((path as NSString).pathExtension) else {
      return try TextOutput.write(module.graphText, to: path)
    }
    guard let program = ProgramSearch.find("dot") else { throw CommandError.noGraphviz(path) }
    let picture = try draw(program, "-T" + (path as NSString).pathExtension, module.graphText)
    try AtomicFile.write(picture, to: path)
  }

  /// What Graphviz makes of a text. Both go through files without a name, which cannot fill up as pipes do.
  private static func draw(_ program: String, _ form: String, _ text: String) throws -> Data {
    guard let (input, output) = tmpfile().flatMap({ input in tmpfile().map { (input, $0) } }) else {
      throw CommandError.graphvizFailed("there is no place for temporary files")
    }
    defer {
      fclose(input)
      fclose(output)
    }
    let written = FileHandle(fileDescriptor: fileno(input), closeOnDealloc: false)
    let drawn = FileHandle(fileDescriptor: fileno(output), closeOnDealloc: false)
    try written.write(contentsOf: Data(text.utf8))
    try written.seek(toOffset: 0)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [form]
    process.standardInput = written
    process.standardOutput = drawn
    let messages = Pipe()
    process.standardError = messages
    try process.run()
    let problem = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandError.graphvizFailed(
        problem.split(separator: "\n").first.map(String.init) ?? "it gave no reason")
    }
    try drawn.seek(toOffset: 0)
    return try drawn.readToEnd() ?? Data()
  }
}
