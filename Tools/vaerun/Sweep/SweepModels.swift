import Artifact
import Foundation
import Runtime
import Synchronization

/// Why a trial has no model.
struct NotCompiled: Error, CustomStringConvertible {
  let description: String
}

/// The models of a sweep, compiled once for the settings that trials have in common.
final class SweepModels: Sendable {
  private let folder: SweepFolder
  private let text: String
  /// One is compiled at a time: two trials may want the same.
  private let turn = Mutex(())

  init(_ folder: SweepFolder, text: String) {
    self.folder = folder
    self.text = text
  }

  /// The folder of the model with these arguments of the compiler.
  /// - Throws: `NotCompiled` with the compiler's first line where the model is not right with them.
  func model(_ arguments: [String]) throws -> String {
    let key = SHA256.hex(of: Data(([text] + arguments).joined(separator: "\n").utf8)).prefix(16)
    let path = "\(folder.models)/\(key)"
    return try turn.withLock { _ in
      if (try? CompiledModel.manifestPath(in: path)) != nil { return path }
      // Renamed when it is whole: a compiler that is killed leaves no half of a model.
      let unfinished = path + ".unfinished"
      try? FileManager.default.removeItem(atPath: unfinished)
      try makeFolder(unfinished)
      let log = unfinished + "/errors"
      _ = FileManager.default.createFile(atPath: log, contents: nil)
      let errors = FileHandle(forWritingAtPath: log)
      defer { try? errors?.close() }
      guard
        try CompilerProgram.run(
          ["compile", "-o", unfinished, "--no-lint"] + arguments + ["--", text], quietly: true, errors: errors)
      else {
        let lines = String(decoding: (try? readFile(log, limit: 1 << 20)) ?? Data(), as: UTF8.self)
          .split(separator: "\n")
        try? FileManager.default.removeItem(atPath: unfinished)
        throw NotCompiled(description: lines.first.map(String.init) ?? "the compiler failed")
      }
      try? FileManager.default.removeItem(atPath: log)
      try FileManager.default.moveItem(atPath: unfinished, toPath: path)
      return path
    }
  }
}
