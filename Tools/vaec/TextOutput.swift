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
    try AtomicFile.produce(at: path) { temporary in
      let text = temporary + ".dot"
      defer { try? FileManager.default.removeItem(atPath: text) }
      try Data(module.graphText.utf8).write(to: URL(fileURLWithPath: text))
      try draw(program, ["-T" + (path as NSString).pathExtension, "-o", temporary, text])
    }
  }

  private static func draw(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let messages = Pipe()
    process.standardError = messages
    try process.run()
    let text = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandError.graphvizFailed(
        text.split(separator: "\n").first.map(String.init) ?? "it gave no reason")
    }
  }
}
